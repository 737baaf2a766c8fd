package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/timeline"
)

// laneLabel is the head of one lane: who, and what the thread does now.
type laneLabel struct {
	lane         int    // index in the run's Lanes
	proc, thread int    // thread is 0 where the name says which it is
	pid          int    // of a process that another one made; else 0
	how          string // who tells, where that isn't the process itself; else ""
	name, tag    string
	big          bool
	word         string   // "blocked in recv"
	of           *entrant // of the first lane of each of several runs: which
	band         string   // its name
}

// lanes lists the lanes of the run, or of the set-up before there is one, as the
// timeline has them from the top.
func (s *session) lanes() []laneLabel {
	if s.Player == nil {
		var out []laneLabel
		for i, p := range s.expected() {
			out = append(out, laneLabel{lane: i, proc: i, name: p.Name, tag: p.Tag, big: p.Role == trace.RoleServer, word: "not started"})
		}
		s.band(out)
		return out
	}
	run := s.Player.Run
	out := make([]laneLabel, len(run.Lanes))
	for i, row := range timeline.Rows(run, timeline.Wide, nil) {
		l := &run.Lanes[row.Lane]
		if l.Role == play.RolePeer {
			out[i] = peerLabel(run, row.Lane, s.pos())
			continue
		}
		out[i] = laneLabel{lane: row.Lane, proc: l.Proc, thread: l.Thread, pid: run.Header.Procs[l.Proc].PID, name: l.Name, tag: l.Tag, big: row.Big,
			word: threadWord(s.Player, l)}
		if run.Straced(l.Proc) {
			out[i].name, out[i].tag, out[i].thread = trace.ThreadName(l.Thread), threadTag(run, l), 0
			if l.Thread >= trace.KernelThread { // of the others the word says that it is the program's own
				out[i].how = "strace"
			}
		}
	}
	s.band(out)
	return out
}

// band names, of lanes from the top, the first of each run of a comparison.
func (s *session) band(lanes []laneLabel) {
	if s.versus == nil {
		return
	}
	k, starts := 0, 0
	for i := range lanes {
		word := strings.TrimPrefix(strings.TrimPrefix(lanes[i].word, "blocked "), "not started")
		lanes[i].word, _, _ = strings.Cut(word, " by ") // the lanes are low and narrow
		if k < len(s.versus.servers) && lanes[i].proc == starts {
			lanes[i].of, lanes[i].band = s.versus.servers[k], s.versus.name(k)
			starts += s.versus.procs(k)
			k++
		}
	}
}

// expected lists the processes that a run of the set-up would have.
func (s *session) expected() []trace.Proc {
	if s.versus == nil {
		return procsOf(s.Lab.Processes(s.Values))
	}
	var all []trace.Proc
	for _, e := range s.versus.servers {
		all = append(all, procsOf(e.lab.Processes(e.values))...)
	}
	return all
}

func procsOf(ps []lab.Process) []trace.Proc {
	out := make([]trace.Proc, len(ps))
	for i := range ps {
		out[i] = ps[i].Proc
	}
	return out
}

// threadWord says in a word or three what a lane's thread does where the player
// is.
func threadWord(p *play.Player, l *play.Lane) string {
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
	case straced && !t.InCall:
		return "between calls" // it runs, or is parked: strace does not tell
	case !t.InCall && t.Calls == 0 && l.Parent > 0:
		return "starting" // from fork to its first call
	case !t.InCall:
		return "running"
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
	switch status := run.Steps[l.Exit].Result; {
	case status > 0:
		return fmt.Sprintf("exited with %d", status)
	case status < 0:
		return "killed by " + trace.SignalName(-status)
	}
	return "exited"
}

// blocked reports whether the call that lane l is in where the player is can be
// called blocked: it has not come back at all, or something else has happened or
// time has passed since it entered, and it did not come back without sleeping.
func blocked(p *play.Player, l *play.Lane) bool {
	run, pos := p.Run, p.Pos()
	c := openCall(run, l, pos)
	switch {
	case c == nil:
		return false
	case c.Return < 0:
		return true
	}
	return (c.Enter < pos-1 || p.Now() > run.Steps[c.Enter].Time) && run.Steps[c.Return].Sleep != trace.Awake
}

// openCall returns the call that lane l is in after pos steps, or nil.
func openCall(run *play.Run, l *play.Lane, pos int) *play.Call {
	k := before(run, l.Calls, pos)
	if k < 0 {
		return nil
	}
	c := &run.Calls[l.Calls[k]]
	if c.Return >= 0 && c.Return < pos {
		return nil
	}
	return c
}

// before returns the place in calls of the last that has entered after pos
// steps, -1 for none.
func before(run *play.Run, calls []int, pos int) int {
	lo, hi := 0, len(calls)
	for lo < hi {
		mid := (lo + hi) / 2
		if run.Calls[calls[mid]].Enter < pos {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// laneList is the column beside the timeline: a button a lane.
type laneList struct {
	app.Compo
	S   *session
	Rev int
}

func (c *laneList) Render() app.UI {
	lanes := c.S.lanes()
	var items []app.UI
	for i := range lanes {
		if e := lanes[i].of; e != nil {
			items = append(items, elc("li", "band").Body(
				anchor(address(e.lab, e.values)).Title("This server's own lab, with the same clients").Text(lanes[i].band)))
		}
		items = append(items, c.lane(&lanes[i]))
	}
	return elc("ol", "lanes").Aria("label", "Threads").Body(items...)
}

func (c *laneList) lane(l *laneLabel) app.UI {
	wide := "wide"
	if l.proc < 0 {
		wide = "wide addr"
	}
	narrow := l.tag
	if l.thread > 0 {
		narrow = shortTag(l.tag, l.thread)
	}
	return laneItem(l.big, l.lane == c.S.lane).Body(
		button(func(app.Context, app.Event) { c.S.pickLane(l.lane) }, app.EventScope(l.lane)).
			Aria("pressed", l.lane == c.S.lane).
			Body(
				el("b").Body(
					elc("span", wide).Body(app.Text(l.name), app.If(l.how != "", func() app.UI {
						return el("em").Text(l.how)
					}), app.If(l.thread > 0, func() app.UI {
						return el("em").Text(fmt.Sprintf("thread %d", l.thread+1))
					}), app.If(l.pid > 0, func() app.UI {
						return el("em").Text("pid " + itoa(int64(l.pid)))
					})),
					elc("span", "narrow").Text(narrow),
				),
				elc("small", "wide").Text(l.word),
			),
	)
}

// laneItem is the place of one lane in a column beside a timeline.
func laneItem(big, selected bool) app.HTMLElem {
	class := ""
	if big {
		class = "big"
	}
	if selected {
		class += " on"
	}
	return elc("li", class)
}

// pickLane selects a lane: its program and its process's kernel view show.
func (s *session) pickLane(i int) {
	s.lane = max(0, min(i, len(s.lanes())-1))
	s.flow, s.picked = flowPick{}, 0
	if s.Player != nil {
		run := s.Player.Run
		if l := &run.Lanes[s.lane]; l.Role == play.RolePeer {
			if c := run.PeerAt(l, s.pos()); c != nil {
				s.flow = flowPick{fixed: true, conn: slices.IndexFunc(run.Conns, func(o play.Conn) bool { return o.Server.FD == c.Server.FD && o.Server.Opened == c.Server.Opened })}
			}
		}
	}
	s.rev++
}

// moveLane selects the lane that stands n places below, or above.
func (s *session) moveLane(n int) {
	lanes := s.lanes()
	at := slices.IndexFunc(lanes, func(l laneLabel) bool { return l.lane == s.lane })
	if at += n; at >= 0 && at < len(lanes) {
		s.pickLane(lanes[at].lane)
	}
}

// proc returns the index of the selected lane's process.
func (s *session) proc() int {
	if s.Player == nil || s.lane >= len(s.Player.Run.Lanes) {
		return s.lane
	}
	return max(0, s.Player.Run.Lanes[s.lane].Proc) // a peer's kernel isn't seen: the server's is
}
