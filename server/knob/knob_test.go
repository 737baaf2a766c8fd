package knob

import (
	"strings"
	"testing"
)

var knobs = []Knob{
	{Name: "last", Type: Choice, Offers: []string{"closes", "resets", "half-closes"}, Default: "closes"},
	{Name: "clients", Type: Int, Min: 1, Max: 8, Default: "4"},
	{Name: "pause", Type: Duration, Max: 2e9, Default: "20ms"},
	{Name: "message", Type: Text, Min: 1, Max: 64, Default: "Hello"},
	{Name: "servers", Type: List, Min: 2, Max: 3, Items: []string{"select", "poll"}, Default: "select,poll"},
	{Name: "other", Type: Address, Default: "127.0.0.1:8021"},
}

// What a knob can't take is refused with what it can; what it can is returned.
func TestSet(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes []string
		not   []string
		says  string
	}{
		{"last", []string{"resets"}, []string{"", "explodes", "closes "}, "closes, resets or half-closes"},
		{"clients", []string{"1", "8"}, []string{"", "0", "9", "+4", "04", "four", "99999999999999999999"}, "a whole number from 1 to 8"},
		{"pause", []string{"0s", "2s", "1.5s", "3000us"}, []string{"", "soon", "-1ms", "2001ms", "5"}, "a duration from 0s to 2s"},
		{"message", []string{"x", "ü", strings.Repeat("x", 64)}, []string{"", "a\nb", "\x7f", "\xff", strings.Repeat("x", 65)}, "1 to 64 bytes of printable text"},
		{"servers", []string{"poll,poll", "poll,select,poll"}, []string{"", "poll", "poll,", "a,b", "poll,poll,poll,poll"}, "2 to 3 of select, poll, with commas between them"},
		{"other", []string{"127.0.0.1:0", "[::1]:80"}, []string{"", "localhost:80", "127.0.0.1", "127.0.0.1:99999"}, "an IP address and a port"},
		{"volume", nil, []string{"11"}, "there are last, clients, pause, message, servers, other"},
		{strings.Repeat("x", 9999), nil, []string{strings.Repeat("x", 9999)}, "does not exist"},
	} {
		for _, value := range c.takes {
			v, err := Set(knobs, map[string]string{c.name: value})
			if err != nil || v[c.name] != value || len(v) != len(knobs) {
				t.Errorf("%s=%q: %v, %v", c.name, value, v, err)
			}
		}
		for _, value := range c.not {
			_, err := Set(knobs, map[string]string{c.name: value})
			if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 200 {
				t.Errorf("%s=%q: %v", c.name, value, err)
			}
		}
	}
	if _, err := Set(nil, map[string]string{"x": ""}); err == nil || !strings.Contains(err.Error(), "there are none") {
		t.Error(err)
	}
	if _, err := Set(knobs[:1], map[string]string{"x": ""}); err == nil || !strings.Contains(err.Error(), "there is last") {
		t.Error(err)
	}
}

// Whatever a link or a viewer gives is refused in a short line, or is one of the
// values.
func FuzzSet(f *testing.F) {
	f.Add("clients", "4")
	f.Add("servers", "select,poll,select")
	f.Add("message", "\x00\xff")
	f.Fuzz(func(t *testing.T, name, value string) {
		v, err := Set(knobs, map[string]string{name: value})
		if err != nil && len(err.Error()) > 600 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
		if err == nil && v[name] != value {
			t.Errorf("%s=%q became %q", name, value, v[name])
		}
	})
}
