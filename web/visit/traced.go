package visit

import (
	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
)

// Traced is a program of anybody's: live, as `relay trace` shows it, then recorded; or a
// log of strace's from a file. The page looks on: it begins by itself, and starts nothing.
type Traced struct {
	Run
	coming *Tape // of a lab that has a page of its own
	lab    *Tape // the same, whole
}

// Open starts over.
func (t *Traced) Open(l *lab.Lab, v knob.Values) {
	t.Desk.open(l, v)
	t.Focus.open(nil, nil, FDs)
	t.Recorded, t.tape = false, Tape{}
	if t.greeted() {
		t.greet()
	}
}

func (t *Traced) greet() {
	if t.Player == nil && !t.Relay.leaving {
		t.Start()
	}
}

// take takes what is told of a program. A trace of a lab is put by: see Opened.
func (t *Traced) take(m *trace.Message, raw []byte) {
	switch {
	case m.Header != nil && m.Header.Lab != t.Lab.ID:
		t.coming = new(Tape)
	case m.Error != nil && t.Phase == Over && t.Player != nil:
		return // it looked on in vain, and a file shows
	case t.coming == nil:
		t.Run.take(m, raw)
		return
	}
	t.coming.take(m, raw)
	if m.End != nil {
		t.lab, t.coming = t.coming, nil
		t.settle(&t.Focus)
	}
}

// Opened returns a trace that has come and belongs on another page, once; nil for none.
func (t *Traced) Opened() *Tape {
	lab := t.lab
	t.lab = nil
	return lab
}

// Start looks on.
func (t *Traced) Start() {
	if t.Busy() || t.Relay.State != link.Live {
		return
	}
	t.Problem = ""
	t.Desk.Rev++
	if t.ask(&trace.Request{Op: trace.OpWatch, Lab: t.Lab.ID}) {
		t.Phase = Asked
	}
}

// Recordings are none: the site has no program of yours.
func (t *Traced) Recordings() []Recording { return nil }

// Pending is nothing: there are no knobs.
func (t *Traced) Pending() string { return "" }
