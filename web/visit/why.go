package visit

import (
	"fmt"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Chain is why a call sleeps or came back as it did: the call, the buffer that
// was empty or full, whose call ended its sleep, and what that one had waited
// for.
type Chain struct {
	Links []play.Link

	of     chained
	arrows []play.Wake
}

// chained is what a chain was made of. It tells whether the chain still holds.
type chained struct {
	run    *play.Run
	call   int // index in Run.Calls
	known  int // the position up to which it is told
	picked bool
}

// Chain returns the causes of the call that was picked, else of what the selected
// lane does now; nil for none. A picked call is told to its end, and to where its
// bytes went, even if the position is inside of it.
func (f *Focus) Chain() *Chain {
	if f.Player == nil {
		return nil
	}
	run := f.Player.Run
	of := chained{run: run, picked: f.picked > 0, call: f.picked - 1, known: f.Pos()}
	if !of.picked {
		of.call = f.LastCall()
	}
	if of.call < 0 {
		return nil
	}
	call := &run.Calls[of.call]
	if of.picked && call.Return >= 0 {
		of.known = f.Told()
	}
	if of == f.chain.of {
		return &f.chain
	}
	step := call.Enter
	if call.Return >= 0 && call.Return < of.known {
		step = call.Return
	}
	f.chain = Chain{of: of, Links: run.Why(step, of.known)}
	for i := range f.chain.Links {
		if l := &f.chain.Links[i]; l.Ends > 0 {
			if w := run.WakeOf(l.Ends); w != nil {
				f.chain.arrows = append(f.chain.arrows, *w)
			}
		}
	}
	return &f.chain
}

// LastCall returns the index in Run.Calls of the call that the selected lane is
// in, or came back from last; -1 before its first.
func (f *Focus) LastCall() int {
	run := f.Player.Run
	if f.Lane >= len(run.Lanes) {
		return -1
	}
	calls := run.Lanes[f.Lane].Calls
	if k := entered(run, calls, f.Pos()); k >= 0 {
		return calls[k]
	}
	return -1
}

// Pick follows the causes of the call with the index in Run.Calls: its lane is
// selected, its chain opens where there is one to tell, and its bytes show.
func (f *Focus) Pick(call int) {
	c := &f.Player.Run.Calls[call]
	f.PickLane(c.Lane)
	f.picked = call + 1
	f.showFlow(c.Enter)
}

// Unpick follows the lane again.
func (f *Focus) Unpick() {
	f.picked = 0
	f.moved()
}

// Picked names the call that was picked: "recv(4) of the server, from step 41";
// "" for none.
func (f *Focus) Picked() string {
	if f.picked == 0 {
		return ""
	}
	run := f.Player.Run
	c := &run.Calls[f.picked-1]
	e := run.Step(c.Enter)
	name := e.Call.String()
	if e.FD >= 0 {
		name += fmt.Sprintf("(%d)", e.FD)
	}
	return fmt.Sprintf("%s of %s, from step %d", name, run.Lanes[c.Lane].Name, c.Enter+1)
}

// tells reports whether the causes of a call lead anywhere: it slept or sleeps,
// or it moved bytes.
func (f *Focus) tells(call int) bool {
	run := f.Player.Run
	c := &run.Calls[call]
	if c.Return < 0 || run.Gist(c.Return).Sleep == trace.Slept {
		return true
	}
	_, _, _, moved := run.Flow(c.Return)
	return moved
}

// Visit goes to where a step has just happened, and to its lane. The chain that
// led there stays.
func (f *Focus) Visit(step int) {
	if w := f.Chain(); w != nil {
		f.picked = w.of.call + 1
	}
	f.Seek(step + 1)
	e := f.Player.Run.Step(step)
	for i := range f.Player.Run.Lanes {
		if l := &f.Player.Run.Lanes[i]; l.Proc == e.Proc && l.Thread == e.Thread {
			f.Lane = i
		}
	}
	f.showFlow(step)
}

// Cross goes from a send to the first recv that got its bytes, or from a recv to
// the first send that brought them, and picks it. It reports whether there is
// one by now.
func (f *Focus) Cross() bool {
	w := f.Chain()
	if w == nil {
		return false
	}
	run := f.Player.Run
	others := run.Carried(run.Calls[w.of.call].Enter, f.Told())
	if len(others) == 0 {
		return false
	}
	f.GoTo(others[0].Step)
	return true
}

// GoTo goes to where a step has just happened, and picks its call.
func (f *Focus) GoTo(step int) {
	f.Seek(step + 1)
	if call := f.Player.Run.CallIndex(step); call >= 0 {
		f.Pick(call)
	}
}

// Told is the position up to which may be told what happens: all there is, but
// where a question waits for its answer no more than up to that.
func (f *Focus) Told() int { return min(f.Player.Len(), f.Quiz.Horizon()) }
