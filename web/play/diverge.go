package play

import (
	"bytes"
	"fmt"

	"sockscope/server/trace"
)

// Difference is how two runs part.
type Difference uint8

const (
	OtherOrder  Difference = iota // the same calls return, in another order
	OtherResult                   // a call returns something else
	OtherCall                     // a client makes another call, or none
)

// Divergence is the first difference between two runs that their clients could
// see. Clients are matched by their order, and calls by their number in a
// client's life.
type Divergence struct {
	What   Difference
	Client int    // index in a's Header.Procs
	StepA  int    // index in Steps of the Return in a; -1 where a has none
	StepB  int    // the same in b
	Text   string // "client 2's recv returns before client 1's"
}

// seen is a call of a client that returned.
type seen struct {
	client int // counted from 0 among the clients
	step   int // of the Return
}

// Diverge returns the first difference between two runs that have ended, or nil
// where they have none. Orders are compared of the calls that a server has a
// say in: connect and recv. Results are compared of all calls, with the bytes
// that they brought; numbers of fds and addresses are left out, and so are a
// knob's pauses. First is what is first in a, or in b where a has nothing.
func Diverge(a, b *Run) *Divergence {
	d := order(a, b)
	if e := results(a, b); e != nil && (d == nil || e.time(a, b) <= d.time(a, b)) {
		d = e
	}
	return d
}

func (d *Divergence) time(a, b *Run) int64 {
	if d.StepA >= 0 {
		return a.Steps[d.StepA].Time
	}
	return b.Steps[d.StepB].Time
}

// clients returns the calls of each client that returned, and the clients'
// processes.
func clients(r *Run) (calls []seen, procs []int) {
	number := map[int]int{}
	for p := range r.Header.Procs {
		if r.Header.Procs[p].Role != trace.RoleServer {
			number[p] = len(procs)
			procs = append(procs, p)
		}
	}
	for i := range r.Steps {
		e := &r.Steps[i]
		n, ok := number[e.Proc]
		if ok && e.Kind == trace.Return && e.Call != trace.Nanosleep && e.Errno != trace.EINTR {
			calls = append(calls, seen{n, i})
		}
	}
	return calls, procs
}

// order finds the first connect or recv that returns out of turn.
func order(a, b *Run) *Divergence {
	as, procs := clients(a)
	bs, _ := clients(b)
	as, bs = answered(a, as), answered(b, bs)
	for k := range min(len(as), len(bs)) {
		x, y := as[k], bs[k]
		if x.client == y.client || x.client >= len(procs) || y.client >= len(procs) {
			continue
		}
		return &Divergence{
			What: OtherOrder, Client: procs[x.client], StepA: x.step, StepB: y.step,
			Text: fmt.Sprintf("%s %v returns next; in the other run it is %s %v",
				a.whose(procs[x.client]), a.Steps[x.step].Call, a.whose(procs[y.client]), b.Steps[y.step].Call),
		}
	}
	return nil
}

// answered keeps the calls that a server has a say in.
func answered(r *Run, calls []seen) []seen {
	var out []seen
	for _, c := range calls {
		if e := &r.Steps[c.step]; e.Call == trace.Connect || e.Call.Receives() {
			out = append(out, c)
		}
	}
	return out
}

// results finds the earliest call of a client that ends otherwise.
func results(a, b *Run) *Divergence {
	as, procs := clients(a)
	bs, others := clients(b)
	lives := make([][]int, max(len(procs), len(others)))
	for _, c := range bs {
		lives[c.client] = append(lives[c.client], c.step)
	}
	next := make([]int, len(lives))
	for _, c := range as {
		k := next[c.client]
		next[c.client]++
		e := &a.Steps[c.step]
		d := &Divergence{Client: procs[c.client], StepA: c.step, StepB: -1}
		who := a.who(d.Client)
		if k >= len(lives[c.client]) {
			d.What, d.Text = OtherCall, fmt.Sprintf("%s calls %v; in the other run it does not", who, e.Call)
			return d
		}
		d.StepB = lives[c.client][k]
		o := &b.Steps[d.StepB]
		switch {
		case e.Call != o.Call:
			d.What, d.Text = OtherCall, fmt.Sprintf("%s calls %v; in the other run %v", who, e.Call, o.Call)
			return d
		case !same(e, o):
			d.What, d.Text = OtherResult, fmt.Sprintf("%s %v returns %s; in the other run %s", a.whose(d.Client), e.Call, result(e), result(o))
			return d
		}
	}
	for _, c := range bs {
		if k := next[c.client]; k < len(lives[c.client]) && lives[c.client][k] == c.step {
			d := &Divergence{What: OtherCall, Client: -1, StepA: -1, StepB: c.step}
			if c.client < len(procs) {
				d.Client = procs[c.client]
			}
			d.Text = fmt.Sprintf("%s calls %v in the other run only", b.who(others[c.client]), b.Steps[c.step].Call)
			return d
		}
	}
	return nil
}

// same reports whether two returns of one call told the program the same.
func same(a, b *trace.Event) bool {
	if a.Errno != b.Errno {
		return false
	}
	switch a.Call {
	case trace.Socket, trace.Accept, trace.EpollCreate, trace.Kqueue:
		return true // the number of an fd
	}
	return a.Result == b.Result && (!a.Call.Receives() || bytes.Equal(a.Data, b.Data))
}
