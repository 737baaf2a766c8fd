package web

import (
	"net/url"
	"strings"
	"testing"

	"sockscope/server/knob"
	"sockscope/server/lab"
)

// What query writes, setup reads, for every value that a page offers.
func TestALinkIsASetUp(t *testing.T) {
	for _, l := range lab.All {
		v, _ := setup(l, nil)
		if q := query(l, v); q != "" {
			t.Errorf("%s: the defaults are written as %q", l.ID, q)
		}
		for _, k := range l.Knobs {
			for _, offer := range append(k.Offers, k.Default) {
				v, _ := setup(l, nil)
				v[k.Name] = offer
				q, err := url.ParseQuery(query(l, v))
				if err != nil {
					t.Fatal(err)
				}
				back, complaints := setup(l, q)
				if back[k.Name] != offer || len(complaints) > 0 {
					t.Errorf("%s: %s=%q came back as %q, %v", l.ID, k.Name, offer, back[k.Name], complaints)
				}
			}
		}
	}
}

func TestABadLinkSaysSo(t *testing.T) {
	l, _ := lab.Find("select")
	v, complaints := setup(l, url.Values{"clients": {"99"}, "timeout": {"2s"}, "volume": {"11"}})
	if v["clients"] != "4" || v["timeout"] != "2s" {
		t.Errorf("values %v", v)
	}
	all := strings.Join(complaints, " ")
	for _, want := range []string{"1 to 8", "so it is 4 here", "volume"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q does not say %q", all, want)
		}
	}
}

func TestDurationsReadWell(t *testing.T) {
	k := &knob.Knob{Type: knob.Duration}
	for in, want := range map[string]string{"0s": "none", "3ms": "3 ms", "500ms": "500 ms", "20s": "20 s", "1500us": "1.5 ms", "x": "x"} {
		if got := shown(k, in); got != want {
			t.Errorf("%s is shown as %q, want %q", in, got, want)
		}
	}
	for ns, want := range map[int64]string{0: "0 ns", 631: "631 ns", 1130: "1.13 µs", 20_000_000: "20 ms", 100_000_000: "100 ms", -4000: "-4 µs", 65_400_000_000: "65.4 s"} {
		if got := span(ns); got != want {
			t.Errorf("%d ns is %q, want %q", ns, got, want)
		}
	}
}
