package visit

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/timeline"
)

// Lane is the head of one lane: who, and what the thread does now.
type Lane struct {
	Index        int    // in the run's Lanes
	Proc, Thread int    // Proc is -1 of a peer; Thread is 0 where the name says which it is
	PID          int    // of a process that another one made; else 0
	How          string // who tells, where that isn't the process itself; else ""
	Name, Tag    string
	Big          bool
	Word         string // "blocked in recv"
	Band         *Band  // of the first lane of each of several runs: which; else nil
}

// Lanes lists the lanes of the run, or of the set-up before there is one, as the
// timeline has them from the top.
func (f *Focus) Lanes() []Lane {
	if f.Player == nil {
		var out []Lane
		for i, p := range f.Planned {
			out = append(out, Lane{Index: i, Proc: i, Name: p.Name, Tag: p.Tag, Big: p.Role == trace.RoleServer, Word: "not started"})
		}
		f.band(out)
		return out
	}
	run := f.Player.Run
	out := make([]Lane, len(run.Lanes))
	for i, row := range timeline.Rows(run, timeline.Wide, nil) {
		l := &run.Lanes[row.Lane]
		if l.Role == play.RolePeer {
			out[i] = peer(run, row.Lane, f.Pos())
			continue
		}
		out[i] = Lane{Index: row.Lane, Proc: l.Proc, Thread: l.Thread, PID: run.Header.Procs[l.Proc].PID, Name: l.Name, Tag: l.Tag, Big: row.Big,
			Word: ThreadWord(f.Player, l)}
		if run.Straced(l.Proc) {
			out[i].Name, out[i].Tag, out[i].Thread = trace.ThreadName(l.Thread), threadTag(run, l), 0
			if l.Thread >= trace.KernelThread { // of the others the word says that it is the program's own
				out[i].How = "strace"
			}
		}
	}
	f.band(out)
	return out
}

// Crowded reports whether a single run has so many lanes that lower ones are needed for
// all to be in view.
func (f *Focus) Crowded() bool {
	const many = 7
	n := len(f.Planned)
	if f.Player != nil {
		n = len(f.Player.Run.Lanes)
	}
	return n > many && f.Bands == nil
}

// Unknown reports whether calls may show of which nobody knows whether they slept: those
// that strace tells of.
func (f *Focus) Unknown() bool {
	return slices.ContainsFunc(f.Procs(), func(p trace.Proc) bool { return p.Tracer != "" })
}

// band names, of lanes from the top, the first of each band.
func (f *Focus) band(lanes []Lane) {
	if f.Bands == nil {
		return
	}
	k := 0
	for i := range lanes {
		word := strings.TrimPrefix(strings.TrimPrefix(lanes[i].Word, "blocked "), "not started")
		lanes[i].Word, _, _ = strings.Cut(word, " by ") // the lanes are low and narrow
		if k < len(f.Bands) && lanes[i].Proc == f.Bands[k].First {
			lanes[i].Band = &f.Bands[k]
			k++
		}
	}
}

// peer is the head of the lane of a peer that is not traced.
func peer(run *play.Run, lane, pos int) Lane {
	l := &run.Lanes[lane]
	fd := strconv.Itoa(l.Thread)
	out := Lane{Index: lane, Proc: -1, Tag: "fd" + fd, Name: "peer of fd " + fd, Word: "not connected yet"}
	c := run.PeerAt(l, pos)
	if c == nil {
		return out
	}
	out.Name = c.Addr
	sent := c.Flows[0].Base
	for i := range c.Flows[0].Recvs {
		if m := &c.Flows[0].Recvs[i]; m.Step < pos {
			sent = m.Off + m.Len
		}
	}
	out.Word = fmt.Sprintf("%d B, not traced", sent)
	if c.Server.Closed >= 0 && c.Server.Closed < pos {
		out.Word = "gone"
	}
	return out
}

// ThreadWord says in a word or three what a lane's thread does where the player
// is.
func ThreadWord(p *play.Player, l *play.Lane) string {
	run, state := p.Run, p.State()
	t := threadOf(state, l.Proc, l.Thread)
	straced := run.Straced(l.Proc)
	switch {
	case straced && l.Thread >= trace.KernelThread && (t == nil || !t.Started):
		return "no call yet"
	case t == nil || !t.Started:
		return "not started"
	case l.GapAt(p.Pos()) != nil && !t.Exited:
		return "not recorded here"
	case t.Exited && l.Thread == 0 && state.Procs[l.Proc].Zombie:
		return exitWord(run, l) + ", a zombie"
	case t.Exited:
		return exitWord(run, l)
	case !t.InCall && l.Role == trace.RoleAgent && run.End == nil:
		return "waiting for you"
	case !t.InCall && len(l.Calls) == 0 && l.Start < 0:
		return "in no call that is recorded"
	case straced && !t.InCall && l.Thread < trace.KernelThread:
		return "told: in no call"
	case (straced || run.Logged(l.Proc)) && !t.InCall:
		return "between calls" // it runs, or is parked: strace does not tell
	case !t.InCall && t.Calls == 0 && l.Parent > 0:
		return "starting" // from fork to its first call
	case !t.InCall:
		return "in no call" // whether it has a processor is not known
	case t.Call == trace.Nanosleep:
		return "paused"
	case t.Call.Told():
		return "told: in " + t.Call.String()
	case blocked(p, l):
		return "blocked in " + t.Call.String()
	}
	return "in " + t.Call.String()
}

func threadOf(state *trace.State, proc, thread int) *trace.ThreadState {
	if state == nil || proc < 0 || proc >= len(state.Procs) || thread >= len(state.Procs[proc].Threads) {
		return nil
	}
	return &state.Procs[proc].Threads[thread]
}

func exitWord(run *play.Run, l *play.Lane) string {
	if l.Exit < 0 {
		return "exited"
	}
	switch status := run.Step(l.Exit).Result; {
	case status > 0:
		return fmt.Sprintf("exited with %d", status)
	case status < 0:
		return "killed by " + trace.SignalName(-status)
	}
	return "exited"
}

// blocked reports whether the call that lane l is in can be called blocked. A call
// that has not come back is blocked. One that comes back after a sleep is, as soon as
// anything else has happened or time has passed.
func blocked(p *play.Player, l *play.Lane) bool {
	run, pos := p.Run, p.Pos()
	c := openCall(run, l, pos)
	switch {
	case c == nil:
		return false
	case c.Return < 0:
		return true
	}
	return (c.Enter < pos-1 || p.Now() > run.Gist(c.Enter).Time) && run.Gist(c.Return).Sleep != trace.Awake
}

// openCall returns the call that lane l is in after pos steps, or nil.
func openCall(run *play.Run, l *play.Lane, pos int) *play.Call {
	k := entered(run, l.Calls, pos)
	if k < 0 {
		return nil
	}
	c := &run.Calls[l.Calls[k]]
	if c.Return >= 0 && c.Return < pos {
		return nil
	}
	return c
}

// entered returns the place in calls of the last call that has entered after pos
// steps, -1 for none.
func entered(run *play.Run, calls []int, pos int) int {
	return sort.Search(len(calls), func(i int) bool { return run.Calls[calls[i]].Enter >= pos }) - 1
}

// threadTag is a short tag of a lane, for the margin of its line; of a process that
// strace traces "g2" is its second goroutine, "t1" its first thread.
func threadTag(run *play.Run, l *play.Lane) string {
	switch {
	case !run.Straced(l.Proc):
		return ShortTag(l.Tag, l.Thread)
	case l.Thread < trace.KernelThread:
		return "g" + strconv.Itoa(l.Thread+1)
	}
	return "t" + strconv.Itoa(l.Thread-trace.KernelThread+1)
}

// ShortTag fits a lane's tag into a line's margin: "srv" is s, client "c3" is 3,
// child "ch3" is itself, as "c3" is a client.
func ShortTag(tag string, thread int) string {
	switch {
	case strings.HasPrefix(tag, "ch"):
	case strings.HasPrefix(tag, "c") && len(tag) > 1:
		tag = tag[1:]
	case tag != "":
		tag = tag[:1]
	}
	if thread > 0 {
		return fmt.Sprintf("%s.%d", tag, thread+1)
	}
	return tag
}
