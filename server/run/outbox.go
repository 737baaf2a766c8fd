package run

import (
	"io"
	"sync"

	"sockscope/server/trace"
)

// outbox carries a run's frames to whoever reads them. Adding never waits, so that a slow
// viewer doesn't hold up the run. The limit on a trace's size bounds what is added.
type outbox struct {
	mu     sync.Mutex
	more   sync.Cond
	frames []byte
	size   int // bytes ever added
	closed bool
	done   chan struct{} // closed when everything is written, or cannot be
}

func newOutbox(w io.Writer) *outbox {
	o := &outbox{done: make(chan struct{})}
	o.more.L = &o.mu
	go o.drain(w)
	return o
}

func (o *outbox) drain(w io.Writer) {
	defer close(o.done)
	var spare []byte
	for {
		o.mu.Lock()
		for len(o.frames) == 0 && !o.closed {
			o.more.Wait()
		}
		if len(o.frames) == 0 {
			o.mu.Unlock()
			return
		}
		out := o.frames
		o.frames = spare[:0]
		o.mu.Unlock()
		if _, err := w.Write(out); err != nil {
			return // the reader is gone, and with it the reason to go on
		}
		spare = out
	}
}

// add appends m as a frame and returns how many bytes were added so far.
func (o *outbox) add(m *trace.Message) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.frames)
	frames, err := trace.AppendFrame(o.frames, m)
	if err != nil {
		return o.size, err
	}
	o.frames = frames
	o.size += len(frames) - before
	o.more.Signal()
	return o.size, nil
}

// close waits until all frames are written, or cannot be.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.more.Signal()
	o.mu.Unlock()
	<-o.done
}
