package visit

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/words"
)

// Reading is a file of the learner's that is read in pieces: a log of strace's of any size,
// or a trace. The page keeps so many events of it. While More says so it takes a piece, and
// then works on that, for a short time again and again: a page must not stand still.
type Reading struct {
	Size, Read int64 // bytes: of the file, and so far

	log   *strace.Log // nil of a trace, and before the first piece
	in    *strace.Input
	piece []byte // of a log, what was not worked on
	parts trace.Parts
	bad   bool // the trace is not whole, or something follows it
	tape  Tape
	file  []byte // what is kept of the file
	most  int    // events; 0 is maxEvents
	cut   bool   // the file was not kept as a whole
	began bool
}

// The limits of a file that is read.
const (
	Piece = 1 << 20 // bytes that are read at once

	maxEvents = 1_500_000 // that a page holds
	maxLog    = 32 << 20  // bytes of a log that are kept, to be saved again
	maxTrace  = 64 << 20  // bytes of a trace, which is kept as a whole
	crumb     = 16 << 10  // bytes of a log that are worked on at once
	handful   = 256       // events of a trace, the same
)

// Take takes the next piece, of at most Piece bytes, which must not change. An error says
// why nothing of the file can be shown.
func (r *Reading) Take(piece []byte) error {
	if !r.began {
		r.began = true
		if strace.IsLog(piece) {
			r.log = new(strace.Log)
			r.in = r.log.Input()
		} else if r.Size > maxTrace {
			return fmt.Errorf("this file is no log of strace's, and a trace has at most %d MiB", maxTrace>>20)
		} else {
			r.file = make([]byte, 0, r.Size)
		}
	}
	if len(piece) == 0 {
		r.Size = r.Read // it has become shorter
	}
	r.Read += int64(len(piece))
	if r.log == nil {
		r.file = append(r.file, piece...)
		return nil
	}
	if r.cut = r.cut || len(r.file)+len(piece) > maxLog; r.cut {
		r.file = nil
	} else {
		r.file = append(r.file, piece...)
	}
	r.piece = piece
	return nil
}

// Progress says how much of the file was read: "3 of 51 MiB".
func (r *Reading) Progress() string {
	return fmt.Sprintf("%d of %d MiB", r.Read>>20, (r.Size+1<<20-1)>>20)
}

// More reports whether another piece is wanted.
func (r *Reading) More() bool { return r.Read < r.Size && !r.full() }

func (r *Reading) full() bool {
	return r.tape.Run != nil && r.tape.Run.Len() > cmp.Or(r.most, maxEvents)
}

// Work works on the piece until a time, and reports whether more of it is left.
func (r *Reading) Work(until time.Time) (more bool) {
	for more = true; more && time.Now().Before(until); {
		if r.log == nil {
			more = r.part()
		} else {
			n := min(len(r.piece), crumb)
			r.in.Write(r.piece[:n])
			r.piece = r.piece[n:]
			r.take(r.log.Take(r.log.Now())) // no line to come is about what was before the newest one
			more = len(r.piece) > 0 && !r.full()
		}
		if r.tape.Run != nil {
			r.tape.prepare()
		}
	}
	return more
}

// part takes the next part of a trace, and reports whether there may be another.
func (r *Reading) part() bool {
	if r.bad || r.full() || r.tape.Run != nil && r.tape.Run.End != nil {
		return false
	}
	begins := r.tape.Run == nil
	m, err := r.parts.Next(r.file, handful)
	switch {
	case err != nil, m != nil && begins && (m.Header == nil || m.Header.Version > trace.Version):
		r.bad = true
	case m != nil:
		r.tape.take(m, nil)
	}
	return m != nil && !r.bad
}

func (r *Reading) take(messages []*trace.Message) {
	for _, m := range messages {
		r.begin()
		r.tape.take(m, nil)
	}
}

// begin begins the trace of a log: not before there are lines, which tell its clock.
func (r *Reading) begin() {
	if r.tape.Run == nil {
		r.tape.take(&trace.Message{Header: r.log.Header()}, nil)
	}
}

// Tape returns what was read. Where that isn't the whole file, the run's end says so.
func (r *Reading) Tape() (*Tape, error) {
	t, whole := &r.tape, r.Read >= r.Size
	what, end := "file", &trace.End{Reason: trace.EndDone}
	switch {
	case r.log != nil:
		if what = "log"; whole && !r.full() {
			for r.Work(time.Now().Add(time.Second)) {
			}
			r.in.Close()
			r.take(r.log.End())
		}
		r.begin()
		end.Dropped = r.log.Missed()
		t.file, t.ending = r.file, ".strace"
	case whole && !r.full() && (t.Run == nil || t.Run.End == nil || len(bytes.TrimSpace(r.file[r.parts.Whole():])) > 0):
		return ReadTape(r.file) // which says what is wrong
	case t.Run == nil:
		return nil, fmt.Errorf("reading was stopped before anything could be shown")
	case t.Run.End != nil:
		end = t.Run.End
		t.file = r.file[:r.parts.Whole():r.parts.Whole()]
	default:
		t.file = r.file[:r.parts.Whole():r.parts.Whole()]
	}
	at := fmt.Sprintf("after %s of the %s", r.Progress(), what)
	switch {
	case t.Run.End != nil:
	case r.full():
		end.Reason, end.Message = trace.EndLimit, fmt.Sprintf("a page holds %s, which there were %s: what follows is left out", words.Count(int64(cmp.Or(r.most, maxEvents)), "event"), at)
	case !whole:
		end.Reason, end.Message = trace.EndLimit, "reading was stopped "+at
	}
	if t.Run.End == nil {
		end.Time = t.Run.Duration()
		t.Run.End = end
	}
	t.prepare()
	return t, nil
}
