package play

import (
	"bytes"
	"fmt"
	"slices"

	"sockscope/server/trace"
	"sockscope/web/words"
)

// Heard is what the clients of a run got, or its servers: their calls, in the order of
// their returns. Runs are compared by it. It is small, so it is kept where the run is not.
type Heard struct {
	calls   []heard
	names   []string // of the clients
	lives   [][]int  // by client: its calls, indexes in calls
	answers [][]int  // the same, of its recvs: what comes from the server
}

// heard is one call of a client that returned.
type heard struct {
	client int   // counted from 0 among the clients
	step   int   // index in Steps of the Return
	time   int64 // of it
	nth    int   // of the client's calls of this kind, from 1
	call   trace.Call
	errno  trace.Errno
	result int64
	data   []byte // that a recv brought
}

// Hear returns what the clients of a run got. A knob's pauses are left out, and
// calls that a signal interrupted.
func Hear(r *Run) *Heard { return heardBy(r, false) }

// HearServers returns what the servers of a run got, as Hear does.
func HearServers(r *Run) *Heard { return heardBy(r, true) }

func heardBy(r *Run, servers bool) *Heard {
	type kind struct {
		client int
		call   trace.Call
	}
	h, number, made := &Heard{}, map[int]int{}, map[kind]int{}
	for p := range r.Header.Procs {
		if (r.Header.Procs[p].Role == trace.RoleServer) == servers {
			number[p] = len(h.names)
			h.names = append(h.names, r.who(p))
		}
	}
	h.lives, h.answers = make([][]int, len(h.names)), make([][]int, len(h.names))
	for i := range r.Len() {
		g := r.Gist(i)
		client, ok := number[g.Proc]
		if !ok || g.Kind != trace.Return || g.Call == trace.Nanosleep || g.Errno == trace.EINTR {
			continue
		}
		e := r.Step(i)
		made[kind{client, e.Call}]++
		c := heard{client: client, step: i, time: e.Time, nth: made[kind{client, e.Call}], call: e.Call, errno: e.Errno, result: e.Result}
		if e.Call.Receives() {
			c.data = e.Data
		}
		h.lives[client] = append(h.lives[client], len(h.calls))
		if e.Call.Receives() {
			h.answers[client] = append(h.answers[client], len(h.calls))
		}
		h.calls = append(h.calls, c)
	}
	return h
}

// Difference is how two servers' runs part.
type Difference uint8

const (
	OtherOrder  Difference = iota // the same calls return, in another order
	OtherResult                   // a call returns something else
	OtherCall                     // a client makes another call, or none
)

// Divergence is a difference between the runs of two servers that their clients
// could see. Clients are matched by their order, and calls by their number in a
// client's life.
type Divergence struct {
	What  Difference
	StepA int    // index in Steps of the Return, in the first run of a; -1 where there is none
	StepB int    // the same in the first run of b
	A, B  string // what is so in a and in b. B goes on from A: "client 1's first recv returns before client 2's", "after it"
}

// Diverge returns the first difference between each run of a and each run of b. A
// difference that some of the runs lack is not the servers' doing. First is what
// comes first in the first run of a, or of b where a lacks it. Without a difference
// d is nil; alike says that all runs are the same. The order of recvs counts, but not
// that of connects, which the kernel answers without the server. The results and
// bytes of all calls count, but not fd numbers and addresses.
func Diverge(a, b []*Heard) (d *Divergence, alike bool) {
	d = order(a, b)
	if e := results(a, b); e != nil && (d == nil || e.time(a, b) <= d.time(a, b)) {
		d = e
	}
	for _, h := range slices.Concat(a, b) {
		if d != nil || !a[0].alike(h) {
			return d, false
		}
	}
	return nil, true
}

func (d *Divergence) time(a, b []*Heard) int64 {
	from, step := a[0], d.StepA
	if step < 0 {
		from, step = b[0], d.StepB
	}
	for i := range from.calls {
		if from.calls[i].step == step {
			return from.calls[i].time
		}
	}
	return 0
}

// order finds the first recv that returns before another client's recv in each run
// of a, and after it in each run of b.
func order(a, b []*Heard) *Divergence {
	for i := range a[0].calls {
		x := &a[0].calls[i]
		k := slices.Index(a[0].answers[x.client], i)
		if k < 0 {
			continue
		}
		var d *Divergence
		for client := range a[0].answers {
			for m, j := range a[0].answers[client] {
				if client == x.client || !always(a, x.client, k, client, m) || !always(b, client, m, x.client, k) {
					continue
				}
				y := &a[0].calls[j]
				first := &b[0].calls[b[0].answers[client][m]]
				if o := &b[0].calls[b[0].answers[x.client][k]]; o.call != x.call || first.call != y.call || d != nil && d.StepB < first.step {
					continue
				}
				d = &Divergence{
					What: OtherOrder, StepA: x.step, StepB: first.step,
					A: fmt.Sprintf("%s returns before %s", a[0].name(x), a[0].beside(y, x)), B: "after it",
				}
			}
		}
		if d != nil {
			return d
		}
	}
	return nil
}

// always reports whether in each run answer k of a client comes before answer m
// of another.
func always(runs []*Heard, client, k, other, m int) bool {
	for _, h := range runs {
		if max(client, other) >= len(h.answers) || k >= len(h.answers[client]) || m >= len(h.answers[other]) ||
			h.answers[client][k] >= h.answers[other][m] {
			return false
		}
	}
	return true
}

// results finds the earliest call of a client whose end in each run of a differs from
// that in each run of b.
func results(a, b []*Heard) *Divergence {
	var first *Divergence
	for client := range a[0].names {
		for k := 0; ; k++ {
			x, y := a[0].at(client, k), b[0].at(client, k)
			if x == nil && y == nil {
				break
			}
			if !apart(a, b, client, k) {
				continue
			}
			if d := otherwise(a[0], x, y); first == nil || d.time(a, b) < first.time(a, b) {
				first = d
			}
			break
		}
	}
	return first
}

// otherwise says how the ends of a call differ; x or y is nil where it isn't made.
func otherwise(a *Heard, x, y *heard) *Divergence {
	d := &Divergence{What: OtherCall, StepA: -1, StepB: -1}
	if x != nil {
		d.StepA = x.step
	}
	if y != nil {
		d.StepB = y.step
	}
	switch {
	case x == nil:
		d.A, d.B = a.names[y.client]+" makes no call more", fmt.Sprintf("but calls %v", y.call)
	case y == nil:
		d.A, d.B = fmt.Sprintf("%s calls %v", a.names[x.client], x.call), "not"
	case x.call != y.call:
		d.A, d.B = fmt.Sprintf("%s calls %v", a.names[x.client], x.call), y.call.String()
	default:
		d.What = OtherResult
		d.A, d.B = fmt.Sprintf("%s returns %s", a.name(x), x.said()), y.said()
		if x.said() == y.said() {
			d.B = "and brings other bytes"
		}
	}
	return d
}

// apart reports whether call k of a client ends differently in every run of a than in
// every run of b.
func apart(a, b []*Heard, client, k int) bool {
	for _, h := range a {
		for _, o := range b {
			if same(h.at(client, k), o.at(client, k)) {
				return false
			}
		}
	}
	return true
}

// at returns call k of a client; nil where it isn't made.
func (h *Heard) at(client, k int) *heard {
	if client >= len(h.lives) || k >= len(h.lives[client]) {
		return nil
	}
	return &h.calls[h.lives[client][k]]
}

// alike reports whether the clients of both runs got the same, in the same
// order.
func (h *Heard) alike(o *Heard) bool {
	var order [2][]int
	for i, h := range []*Heard{h, o} {
		for _, c := range h.calls {
			if c.call.Receives() {
				order[i] = append(order[i], c.client)
			}
		}
	}
	if len(h.names) != len(o.names) || !slices.Equal(order[0], order[1]) {
		return false
	}
	for client := range h.lives {
		if len(h.lives[client]) != len(o.lives[client]) {
			return false
		}
		for k := range h.lives[client] {
			if !same(h.at(client, k), o.at(client, k)) {
				return false
			}
		}
	}
	return true
}

// same reports whether two calls told the program the same.
func same(a, b *heard) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.call != b.call || a.errno != b.errno:
		return false
	}
	return a.call.MakesFD() || // the number of an fd
		a.result == b.result && bytes.Equal(a.data, b.data)
}

// said is what the call returned.
func (c *heard) said() string { return result(&trace.Event{Errno: c.errno, Result: c.result}) }

// name names a call: "client 1's second recv".
func (h *Heard) name(c *heard) string {
	return fmt.Sprintf("%s's %s %v", h.names[c.client], words.Ordinal(c.nth), c.call)
}

// beside names another client's call after x. It leaves out what both have in
// common: "client 2's".
func (h *Heard) beside(c, x *heard) string {
	if c.call == x.call && c.nth == x.nth {
		return h.names[c.client] + "'s"
	}
	return h.name(c)
}
