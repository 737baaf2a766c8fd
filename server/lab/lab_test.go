package lab

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

func TestEveryLabIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range All {
		if seen[l.ID] {
			t.Errorf("two labs are called %s", l.ID)
		}
		seen[l.ID] = true
		if l.Brief == "" || l.Question == "" || len(l.Stops) == 0 && !l.Compares || len(l.True) == 0 || l.Section.Title() == "" {
			t.Errorf("%s lacks a text", l.ID)
		}
		if l.Talks == (l.Serves == "") {
			t.Errorf("%s: its server is %q", l.ID, l.Serves)
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

// A lab has one name: its ID is that of its file and of its variable, as far as Go
// lets a variable be called so.
func TestALabHasOneName(t *testing.T) {
	for _, l := range All {
		name := strings.ReplaceAll(l.ID, "-", "")
		text, err := os.ReadFile(name + ".go")
		if err != nil {
			t.Error(err)
			continue
		}
		if l.ID == "select" {
			name = "selects"
		}
		if m := variable.FindSubmatch(text); m == nil || !strings.EqualFold(string(m[1]), name) {
			t.Errorf("%s: its variable is %q", l.ID, m)
		}
	}
}

var variable = regexp.MustCompile(`(?m)^var (\w+) = (?:talking\()?&Lab\{$`)

// Every offered value of every knob, one at a time, gives a set of processes
// that can start: causes point to earlier processes.
func TestProcessesCanStart(t *testing.T) {
	for _, l := range All {
		if l.Compares {
			continue
		}
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
		{map[string]string{"last": "explodes"}, []string{"closes, resets or half-closes"}},
		{map[string]string{"volume": "11"}, []string{"clients, messages, timeout"}},
		{map[string]string{strings.Repeat("x", 9999): ""}, []string{"does not exist"}},
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

// Every server that can be compared has the same clients, whichever lab it is
// from.
func TestComparedServersHaveTheSameClients(t *testing.T) {
	for _, set := range []map[string]string{
		nil,
		{"clients": "8", "messages": "8"},
		{"pauses": "10ms"},
		{"pause": "10ms", "seed": "3"},
	} {
		given := map[string]string{"servers": "iterative,threads,spin,select,epoll"}
		for name, value := range set {
			given[name] = value
		}
		v, err := compare.Set(given)
		if err != nil {
			t.Fatal(err)
		}
		var first []Process
		for _, l := range All {
			if !l.Talks {
				continue
			}
			own, err := l.Against(v)
			if err != nil {
				t.Errorf("%s, %v: %v", l.ID, set, err)
				continue
			}
			clients := l.Processes(own)[1:]
			if first == nil {
				first = clients
			}
			for i := range clients {
				if c, f := clients[i], first[i]; len(clients) != v.Int("clients") || c.Program != f.Program || !maps.Equal(c.Args, f.Args) || c.Name != f.Name {
					t.Errorf("%s, %v: client %d is %s %v, elsewhere %s %v", l.ID, set, i+1, c.Program, c.Args, f.Program, f.Args)
				}
			}
		}
		if got := len(Servers(v)); got != 5 {
			t.Errorf("%d servers of five", got)
		}
	}
}

func TestServersOfAComparison(t *testing.T) {
	for _, bad := range []string{"", "select", "select,", "select,echo", "a,a", strings.Repeat("select,", 5) + "poll"} {
		_, err := compare.Set(map[string]string{"servers": bad})
		if err == nil || !strings.Contains(err.Error(), "2 to 5 of iterative, ") || len(err.Error()) > 300 {
			t.Errorf("servers %q: %v", bad, err)
		}
	}
	// A server with a timeout outlasts the pauses of its clients.
	sel, _ := Find("select")
	v := Compared()
	v["pause"] = "2s"
	if own, err := sel.Against(v); err != nil || own["timeout"] != "2.5s" {
		t.Errorf("timeout %s, %v", own["timeout"], err)
	}
	spin, _ := Find("spin")
	if _, err := spin.Against(v); err == nil || !strings.Contains(err.Error(), "40ms") {
		t.Errorf("spinning for 2 s: %v", err)
	}
}

// A stop is of the walk through a run whose knobs are those that it is true of.
func TestWalkIsOfTheSetUp(t *testing.T) {
	l := &Lab{Knobs: []knob.Knob{{Name: "a", Default: "1"}}, Stops: []Stop{
		{Say: "any"}, {Say: "one or two", For: Setup{{"a", "1|2"}}}, {Say: "three", For: Setup{{"a", "3"}}}}}
	for a, want := range map[string]string{"": "any, one or two", "1": "any, one or two", "2": "any, one or two", "3": "any, three", "4": "any"} {
		knobs := map[string]string{"a": a}
		if a == "" {
			knobs = nil
		}
		var says []string
		for _, stop := range l.Walk(knobs) {
			says = append(says, stop.Say)
		}
		if got := strings.Join(says, ", "); got != want {
			t.Errorf("%s: %s, not %s", a, got, want)
		}
	}
}

// The course has every lab that can be run here once, in an order in which each comes
// after the one that it needs.
func TestTheCourseLeadsThroughEveryLab(t *testing.T) {
	seen := map[string]bool{}
	for l := All[0]; l != nil; l = l.Next() {
		if seen[l.ID] {
			t.Fatalf("the course comes to %s twice", l.ID)
		}
		if l.Needs != "" && !seen[l.Needs] {
			t.Errorf("%s comes before %s, which it needs", l.ID, l.Needs)
		}
		seen[l.ID] = true
	}
	for _, l := range All {
		if !seen[l.ID] && !l.Unrecorded {
			t.Errorf("the course doesn't come to %s", l.ID)
		}
		for _, try := range l.Tries {
			if _, err := l.Set(try.Knobs.Map()); err != nil || try.Label == "" {
				t.Errorf("%s, try %q: %v", l.ID, try.Label, err)
			}
		}
		for _, stop := range l.Stops {
			for name, values := range stop.For.Map() {
				for _, v := range strings.Split(values, "|") {
					if _, err := l.Set(map[string]string{name: v}); err != nil {
						t.Errorf("%s, %q: %v", l.ID, stop.Say, err)
					}
				}
			}
		}
		if len(l.Stops) > 0 && l.Recap == "" {
			t.Errorf("%s has a walk without a recap", l.ID)
		}
	}
}
