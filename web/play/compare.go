package play

import (
	"sockscope/server/trace"
)

// Tally is one run in figures. Times are in ns.
type Tally struct {
	Servers, Clients Work

	// Sums of the replies. A reply is a recv of a client that returns bytes. The
	// wait for it begins when a send enters on the same fd and no earlier send waits
	// for a reply. A knob's pause comes before the send and does not count.
	Replies     int
	Unanswered  int   // sends that got no reply
	FirstReply  int64 // since a client first entered connect; -1 without one
	LastReply   int64 // the same
	LongestWait Wait
	OthersWait  int64 // the longest of any other client; -1 without one

	// Backlog is the largest backlog of a listener that was read. It is sampled:
	// between two readings there may have been more.
	Backlog     int
	BacklogStep int // index in Steps of the reading; -1 without one

	// Fairness is Jain's index of the clients' waits, (sum of x)^2 / (n * sum
	// of x^2), where x is how long one client waited for all its replies
	// together: 1 when all waited equally long, 1/n when only one of n did. A
	// wait that got no reply lasts to the run's end. It is 0 when nobody
	// waited. (R. Jain, D. Chiu, W. Hawe: A quantitative measure of fairness,
	// DEC-TR-301, 1984.)
	Fairness float64
}

// Work is what the processes of one side did. A knob's pause is no call.
type Work struct {
	Processes, Threads int   // that made a call
	Calls              int   // that entered
	Sleeps             int   // that returned and had slept
	Wakes              int   // sleeps of which it is inferred who ended them
	Errors             int   // that returned an errno other than "not yet"
	NotYet             int   // that returned EAGAIN and the like
	CPU                int64 // processor time of each thread, from its first return to its last or to its exit. Of a process that another made it is all, with its start. It is -1 on an emulated machine, whose it would be
}

// Wait is the longest wait of a client for a reply.
type Wait struct {
	Time   int64
	Client int // index in Header.Procs; -1 without a wait
	Step   int // index in Steps of the Enter of the send
	Reply  int // index in Steps of the Return of the recv; -1 when there was none
}

// NewTally counts a run, as far as it has come.
func NewTally(r *Run) Tally {
	t := Tally{FirstReply: -1, LastReply: -1, OthersWait: -1, LongestWait: Wait{Client: -1, Step: -1, Reply: -1}}
	for i := range r.Lanes {
		t.side(&r.Lanes[i]).lane(r, &r.Lanes[i])
	}
	if r.Emulated() {
		t.Servers.CPU, t.Clients.CPU = -1, -1
	}
	t.Servers.Processes, t.Clients.Processes = processes(r)
	t.replies(r)
	t.Backlog, t.BacklogStep = r.fullest.backlog, r.fullest.step
	return t
}

func (t *Tally) side(l *Lane) *Work {
	if l.Role == trace.RoleServer {
		return &t.Servers
	}
	return &t.Clients
}

func (w *Work) lane(r *Run, l *Lane) {
	made, first, last := false, -1, -1 // last is the newest Return, first the oldest
	for _, ci := range l.Calls {
		c := &r.Calls[ci]
		if r.Injected(c.Enter) {
			continue
		}
		made = true
		w.Calls++
		if c.Return < 0 {
			continue
		}
		out := r.Gist(c.Return)
		if first < 0 {
			first = c.Return
		}
		last = c.Return
		switch {
		case out.Errno.NotYet():
			w.NotYet++
		case out.Errno != 0:
			w.Errors++
		}
		if out.Sleep == trace.Slept {
			w.Sleeps++
			if r.WakeOf(c.Return) != nil {
				w.Wakes++
			}
		}
	}
	if !made {
		return
	}
	w.Threads++
	before, after := int64(0), int64(0)
	if first >= 0 {
		after = r.Step(last).CPU
		if l.Parent <= 0 {
			before = r.Step(first).CPU
		}
	}
	if l.Exit >= 0 {
		after = max(after, r.Step(l.Exit).CPU) // the exit of a thread that was killed says nothing
	}
	w.CPU += max(after-max(before, 0), 0)
}

// processes counts the processes of each side that made a call.
func processes(r *Run) (servers, clients int) {
	seen := map[int]bool{}
	for i := range r.Lanes {
		l := &r.Lanes[i]
		if len(l.Calls) == 0 || seen[l.Proc] {
			continue
		}
		seen[l.Proc] = true
		if l.Role == trace.RoleServer {
			servers++
		} else {
			clients++
		}
	}
	return servers, clients
}

// replies measures how long the clients waited.
func (t *Tally) replies(r *Run) {
	unanswered := map[endpoint]int{} // the step of the send
	// How long the processes took to start is no part of the comparison.
	began := int64(-1)
	waited := map[int]float64{} // by client
	longest := map[int]int64{}  // the same: its longest wait
	wait := func(client, send, reply int, until int64) {
		d := max(until-r.Gist(send).Time, 0)
		waited[client] += float64(d)
		longest[client] = max(longest[client], d)
		if t.LongestWait.Client < 0 || d > t.LongestWait.Time {
			t.LongestWait = Wait{d, client, send, reply}
		}
	}
	for i := range r.Len() {
		e := r.Gist(i)
		if e.Proc < 0 || e.Proc >= len(r.Header.Procs) || r.Header.Procs[e.Proc].Role == trace.RoleServer {
			continue
		}
		key := endpoint{e.Proc, e.FD}
		send, open := unanswered[key]
		switch {
		case e.Call == trace.Write: // to its standard output
		case e.Kind == trace.Enter && e.Call == trace.Connect && began < 0:
			began = e.Time
		case e.Kind == trace.Enter && e.Call.Sends() && !open:
			unanswered[key] = i
		case e.Kind == trace.Return && e.Call.Sends() && e.Errno != 0 && open && r.CallAt(i) != nil && r.CallAt(i).Enter == send:
			delete(unanswered, key) // nothing was asked
		case e.Kind == trace.Return && e.Call.Receives() && e.Errno == 0 && r.steps.result(i) > 0:
			t.Replies++
			t.LastReply = e.Time - max(began, 0)
			if t.FirstReply < 0 {
				t.FirstReply = t.LastReply
			}
			if open {
				wait(e.Proc, send, i, e.Time)
				delete(unanswered, key)
			}
		}
	}
	for i := range r.Len() { // in their order, so that the figures are the same each time
		e := r.Gist(i)
		if send, open := unanswered[endpoint{e.Proc, e.FD}]; open && send == i {
			t.Unanswered++
			wait(e.Proc, send, -1, r.Duration())
		}
	}
	var xs []float64
	for p := range r.Header.Procs {
		if x, ok := waited[p]; ok {
			xs = append(xs, x)
			if p != t.LongestWait.Client {
				t.OthersWait = max(t.OthersWait, longest[p])
			}
		}
	}
	t.Fairness = jain(xs)
}

// jain returns Jain's fairness index of xs; 0 when there is none, or all are 0.
func jain(xs []float64) float64 {
	var sum, squares float64
	for _, x := range xs {
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / (float64(len(xs)) * squares)
}
