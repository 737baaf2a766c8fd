package visit

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/web/play"
)

// The turns stand in the order in which they were said, with what became of each.
func TestTalkOfTheRobot(t *testing.T) {
	r := recorded(t, "robot")
	r.Seek(r.Player.Len())
	var got []string
	for _, s := range r.Talk(r.Flows()[0]) {
		got = append(got, fmt.Sprintf("%s: %s (%s) %v", s.Who, s.Text, s.Fate, s.Wait))
	}
	want := []string{
		"server: Welcome to call 10086: 0 for an agent, exit to leave↵ (in one recv) false",
		"client 1: hel (in one recv) false",
		"client 1: lo↵ (in one recv) false",
		"server: please re-enter↵ (in one recv) false",
		"client 1: 0 (in one recv) false",
		"client 1: ↵ (in one recv) false",
		"server: An agent comes. This call may be recorded↵ (in one recv) false",
		"client 1: ex (in one recv) false",
		"client 1: it↵ (in one recv) false",
	}
	if len(got) != len(want)+2 || strings.Join(got[:len(want)], "\n") != strings.Join(want, "\n") {
		t.Errorf("they say\n%s", strings.Join(got, "\n"))
	}
	if ends := strings.Join(got[len(want):], "\n"); !strings.Contains(ends, "server: has hung up: close") || !strings.Contains(ends, "client 1: says no more: shutdown") {
		t.Errorf("it ends with\n%s", ends)
	}
	r.Seek(0)
	if flows := r.Flows(); len(flows) > 0 {
		t.Errorf("before it begins there are %d flows", len(flows))
	}
}

func TestFate(t *testing.T) {
	sent := &play.Move{Off: 10, Len: 6}
	for _, c := range []struct {
		recvs []play.Move
		want  string
	}{
		{nil, "not received yet"},
		{[]play.Move{{Step: 99, Off: 10, Len: 6}}, "not received yet"},
		{[]play.Move{{Off: 10, Len: 6}}, "in one recv"},
		{[]play.Move{{Off: 0, Len: 100}}, "in one recv, with bytes of other sends"},
		{[]play.Move{{Off: 8, Len: 4}, {Off: 12, Len: 4}}, "in 2 recvs: he | llo↵"},
		{[]play.Move{{Off: 10, Len: 2}}, "in one recv, 4 bytes not yet"},
		{[]play.Move{{Off: 10, Len: 1}, {Off: 11, Len: 1}, {Off: 12, Len: 1}, {Off: 13, Len: 1}, {Off: 14, Len: 1}}, "in 5 recvs, 1 byte not yet"},
	} {
		if got := fate(sent, []byte("hello\n"), c.recvs, 50); got != c.want {
			t.Errorf("%+v: %q, not %q", c.recvs, got, c.want)
		}
	}
}

func TestSpoken(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"ü\n\x00\xff\t":          `ü↵\x00\xff\x09`,
		strings.Repeat("ü", 100): strings.Repeat("ü", 80) + " … 200 bytes",
	} {
		if got := Spoken([]byte(text), int64(len(text))); got != want {
			t.Errorf("%q reads %q, not %q", text, got, want)
		}
	}
}
