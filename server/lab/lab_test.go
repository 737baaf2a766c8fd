package lab

import (
	"strings"
	"testing"

	"sockscope/server/trace"
)

func TestEveryLabIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range All {
		if seen[l.ID] {
			t.Errorf("two labs are called %s", l.ID)
		}
		seen[l.ID] = true
		if l.Brief == "" || l.Question == "" || len(l.Look) == 0 || len(l.True) == 0 || l.Section.Title() == "" {
			t.Errorf("%s lacks a text", l.ID)
		}
		for i := range l.Knobs {
			k := &l.Knobs[i]
			for _, v := range append(k.Offers, k.Default) {
				if err := k.Check(v); err != nil {
					t.Errorf("%s offers what it refuses: %v", l.ID, err)
				}
			}
		}
	}
}

// Every offered value of every knob, one at a time, gives a set of processes
// that can start: causes point to earlier processes.
func TestProcessesCanStart(t *testing.T) {
	for _, l := range All {
		for _, k := range l.Knobs {
			for _, offer := range append(k.Offers, k.Default) {
				v, err := l.Set(map[string]string{k.Name: offer})
				if err != nil {
					t.Fatal(err)
				}
				procs := l.Processes(v)
				if len(procs) < 2 || procs[0].Role != trace.RoleServer || procs[0].After != nil {
					t.Fatalf("%s: the first process is no server: %+v", l.ID, procs)
				}
				tags := map[string]bool{}
				for i, p := range procs {
					if p.After != nil && (p.After.Proc < 0 || p.After.Proc >= i) {
						t.Errorf("%s %s=%s: %s waits for process %d", l.ID, k.Name, offer, p.Name, p.After.Proc)
					}
					if tags[p.Tag] || p.Name == "" {
						t.Errorf("%s: tag %q twice", l.ID, p.Tag)
					}
					tags[p.Tag] = true
				}
			}
		}
	}
}

func TestBadSettingsSayWhatWouldBeRight(t *testing.T) {
	sel, err := Find("select")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		given map[string]string
		want  []string
	}{
		{map[string]string{"clients": "9"}, []string{"clients", "1 to 8"}},
		{map[string]string{"clients": "0"}, []string{"1 to 8"}},
		{map[string]string{"clients": "+4"}, []string{"1 to 8"}},
		{map[string]string{"clients": "99999999999999999999"}, []string{"1 to 8"}},
		{map[string]string{"clients": "four"}, []string{"whole number"}},
		{map[string]string{"timeout": "1h"}, []string{"50ms", "20s"}},
		{map[string]string{"timeout": "soon"}, []string{"duration"}},
		{map[string]string{"last": "explodes"}, []string{"closes, resets, half-closes"}},
		{map[string]string{"volume": "11"}, []string{"clients, messages, timeout"}},
		{map[string]string{strings.Repeat("x", 9999): ""}, []string{"no knob"}},
	} {
		_, err := sel.Set(c.given)
		if err == nil {
			t.Errorf("%v is taken", c.given)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %q does not say %q", c.given, err, w)
			}
		}
		if len(err.Error()) > 300 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
	if _, err := Find("x"); err == nil || !strings.Contains(err.Error(), "select") {
		t.Errorf("an unknown lab: %v", err)
	}
	e, _ := Find("echo")
	for _, bad := range []string{"", "a\nb", "\xff", strings.Repeat("x", 65)} {
		if _, err := e.Set(map[string]string{"message": bad}); err == nil {
			t.Errorf("message %q is taken", bad)
		}
	}
}
