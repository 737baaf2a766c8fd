package visit

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Mark is what stands beside a line of a program.
type Mark struct {
	Current bool  // the selected lane is here
	Asleep  bool  // a thread sleeps here
	Tags    []Tag // the threads that are here
}

// Tag is one thread at a line.
type Tag struct {
	Text   string
	Asleep bool
}

// Marks finds the line of every thread: by the index of its source, and by the
// number of the line.
func (f *Focus) Marks() map[int]map[int]*Mark {
	out := map[int]map[int]*Mark{}
	if f.Player == nil {
		return out
	}
	run, state := f.Player.Run, f.State()
	for i := range run.Lanes {
		l := &run.Lanes[i]
		t := threadOf(state, l.Proc, l.Thread)
		if t == nil || !t.Started || t.Exited || t.File == 0 || t.Line == 0 {
			continue
		}
		lines := out[t.File-1]
		if lines == nil {
			lines = map[int]*Mark{}
			out[t.File-1] = lines
		}
		m := lines[t.Line]
		if m == nil {
			m = new(Mark)
			lines[t.Line] = m
		}
		asleep := t.InCall && blocked(f.Player, l)
		m.Tags = append(m.Tags, Tag{threadTag(run, l), asleep})
		m.Asleep = m.Asleep || asleep
		m.Current = m.Current || i == f.Lane
	}
	return out
}

// Programs returns the index of the selected lane's program, and the indexes of the
// others. It is -1 when nothing is known yet. An agent has no program: the first one
// shows.
func (f *Focus) Programs() (upper int, others []int) {
	procs, n := f.Procs(), len(f.Sources())
	upper = -1
	if i := f.Proc(); i >= 0 && i < len(procs) {
		upper = procs[i].File - 1
	}
	if upper < 0 && n > 0 {
		upper = 0
	}
	if upper >= n {
		return -1, nil
	}
	for i := range n {
		if i != upper {
			others = append(others, i)
		}
	}
	return upper, others
}

// Other returns which of the other programs shows first, -1 for none. With several
// runs it is another server's, else the one that most processes run.
func (f *Focus) Other(upper int, others []int) int {
	best, most := -1, -1
	if f.Bands != nil {
		for _, p := range f.Procs() {
			if p.Role == trace.RoleServer && p.File-1 != upper {
				return p.File - 1
			}
		}
	}
	for _, file := range others {
		n := 0
		for _, p := range f.Procs() {
			if p.File-1 == file {
				n++
			}
		}
		if n > most {
			best, most = file, n
		}
	}
	return best
}

// Whose names the processes that run a program: "server", "clients 1 to 4". With
// several runs it names the runs whose server it is.
func (f *Focus) Whose(file int) string {
	var names []string
	procs := f.Procs()
	if f.Bands != nil {
		for _, b := range f.Bands {
			if b.First < len(procs) && procs[b.First].File-1 == file {
				names = append(names, b.Name)
			}
		}
		if names == nil {
			return "clients"
		}
		return strings.Join(names, ", ")
	}
	for _, p := range procs {
		if p.File-1 == file {
			names = append(names, p.Name)
		}
	}
	return together(names)
}

// together shortens "client 1", "client 2", "client 3" to "clients 1 to 3".
func together(names []string) string {
	var parts []string
	for i := 0; i < len(names); {
		word, number, _ := strings.Cut(names[i], " ")
		first, _ := strconv.Atoi(number)
		n := 1
		for i+n < len(names) && first > 0 && names[i+n] == word+" "+strconv.Itoa(first+n) {
			n++
		}
		part := names[i]
		if n > 1 {
			plural := word + "s"
			if word == "child" {
				plural = "children"
			}
			part = fmt.Sprintf("%s %d to %d", plural, first, first+n-1)
		}
		parts = append(parts, part)
		i += n
	}
	return strings.Join(parts, ", ")
}

// Doing counts what the threads of a program do, where they are several.
func (f *Focus) Doing(file int) string {
	if f.Player == nil {
		return ""
	}
	run, state := f.Player.Run, f.State()
	awake, asleep := 0, 0
	for i := range run.Lanes {
		l := &run.Lanes[i]
		t := threadOf(state, l.Proc, l.Thread)
		if l.Proc < 0 || run.Header.Procs[l.Proc].File-1 != file || t == nil || !t.Started || t.Exited {
			continue
		}
		if t.InCall && blocked(f.Player, l) {
			asleep++
		} else {
			awake++
		}
	}
	switch {
	case awake+asleep < 2:
		return ""
	case asleep == 0:
		return fmt.Sprintf("%d awake", awake)
	}
	return fmt.Sprintf("%d awake, %d blocked", awake, asleep)
}

// Printed is what a program has written to its standard output.
type Printed struct{ Name, Text string }

// Printed lists what the programs have printed by now.
func (f *Focus) Printed() []Printed {
	var out []Printed
	if state := f.State(); state != nil {
		for i := range state.Procs {
			if o := state.Procs[i].Output; len(o) > 0 && i < len(f.Procs()) {
				out = append(out, Printed{f.Procs()[i].Name + " prints", string(o)})
			}
		}
	}
	return out
}

// Sum returns the thread of a process, as it is at the run's end; nil for none.
func Sum(run *play.Run, proc int) *trace.ThreadState {
	return threadOf(run.State(run.Len()), proc, 0)
}
