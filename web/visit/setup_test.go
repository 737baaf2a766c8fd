package visit

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"sockscope/server/knob"
	"sockscope/server/lab"
)

// What query writes, setup reads, for every value that a page offers.
func TestALinkIsASetUp(t *testing.T) {
	for _, l := range lab.All {
		v, _ := ReadLink(l, "")
		if q := Query(l, v, false); q != "" {
			t.Errorf("%s: the defaults are written as %q", l.ID, q)
		}
		for _, k := range l.Knobs {
			for _, offer := range append(k.Offers, k.Default) {
				v, _ := ReadLink(l, "")
				v[k.Name] = offer
				q := Query(l, v, false)
				back, complaints := ReadLink(l, q)
				if back[k.Name] != offer || len(complaints) > 0 {
					t.Errorf("%s: %s=%q came back as %q, %v", l.ID, k.Name, offer, back[k.Name], complaints)
				}
			}
		}
	}
}

// What is ours and can't be read is said; what isn't ours is left alone.
func TestLinksThatOthersHaveTouched(t *testing.T) {
	l, _ := lab.Find("select")
	for query, want := range map[string]struct {
		clients, messages string
		says              []string // nil for nothing
	}{
		"":                         {"4", "3", nil},
		"clients=2&messages=1":     {"2", "1", nil},
		"clients=2&amp;messages=1": {"2", "1", nil},
		"clients=2&fbclid=x&utm_source=a%20b&ref=%&gclid": {"2", "3", nil},
		"%zz=1&=&&;&clients=2":                            {"2", "3", nil},
		"clients=%32":                                     {"2", "3", nil},
		"clients=99":                                      {"4", "3", []string{`knob clients is "99"`, "1 to 8", "so it is 4 here"}},
		"clients=2%":                                      {"4", "3", []string{`knob clients is "2%"`, "so it is 4 here"}},
		"clients=2;messages=1":                            {"4", "3", []string{`knob clients is "2;messages=1"`}},
		"clients=":                                        {"4", "3", []string{`knob clients is ""`}},
		"clients=2&clients=2":                             {"2", "3", nil},
		"clients=2&clients=3":                             {"2", "3", []string{"knob clients is given twice: the first one counts"}},
		"servers=select,poll":                             {"4", "3", []string{`a knob "servers"`, "select doesn't have"}},
	} {
		v, complaints := ReadLink(l, query)
		if v["clients"] != want.clients || v["messages"] != want.messages {
			t.Errorf("%q: %s clients, %s messages", query, v["clients"], v["messages"])
		}
		all := strings.Join(complaints, " ")
		if (all == "") != (want.says == nil) {
			t.Errorf("%q: it says %q", query, all)
		}
		for _, w := range want.says {
			if !strings.Contains(all, w) {
				t.Errorf("%q: %q does not say %q", query, all, w)
			}
		}
	}
}

// Any link gives a set-up that runs, and a link from it gives the same one.
func FuzzReadLink(f *testing.F) {
	for _, q := range []string{"", "clients=2&amp;messages=1", "timeout=2s&clients=%", "servers=a,b;c&rounds=9", "text=a+b%26c&utm_source=x", "clients=2&clients=3"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, l := range lab.All {
			v, complaints := ReadLink(l, query)
			if _, err := l.Set(v); err != nil {
				t.Fatalf("%s?%q: %v", l.ID, query, err)
			}
			for _, c := range complaints {
				if len(c) > 1000 || !utf8.ValidString(c) {
					t.Fatalf("%s?%q: it says %q", l.ID, query, c)
				}
			}
			if again, complaints := ReadLink(l, Query(l, v, false)); !maps.Equal(v, again) || len(complaints) > 0 {
				t.Fatalf("%s?%q: %v came back as %v, %q", l.ID, query, v, again, complaints)
			}
		}
	})
}

func TestDurationsReadWell(t *testing.T) {
	k := &knob.Knob{Type: knob.Duration}
	for in, want := range map[string]string{"0s": "none", "3ms": "3 ms", "500ms": "500 ms", "20s": "20 s", "1500us": "1.5 ms", "x": "x"} {
		if got := Shown(k, in); got != want {
			t.Errorf("%s is shown as %q, want %q", in, got, want)
		}
	}
}
