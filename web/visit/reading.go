package visit

import (
	"cmp"
	"fmt"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// Reading is a file of the learner's that is read in pieces: a log of strace's of any size,
// of which the page keeps so many events, or a trace.
type Reading struct {
	Size, Read int64 // bytes: of the file, and so far

	log    *strace.Log // nil of a trace, and before the first piece
	in     *strace.Input
	tape   Tape
	file   []byte // what is kept of the file
	events int
	most   int  // events; 0 is maxEvents
	cut    bool // the file was not kept as a whole
	began  bool
}

// The limits of a file that is read.
const (
	Piece = 1 << 20 // bytes that are read at once

	maxEvents = 1_000_000 // of a log, that a page holds
	maxLog    = 32 << 20  // bytes of a log that are kept, to be saved again
	maxTrace  = 64 << 20  // bytes of a trace, which is read as a whole
)

func (r *Reading) full() bool { return r.events > cmp.Or(r.most, maxEvents) }

// Take takes the next piece, of at most Piece bytes. more says that another one is wanted.
// An error says why nothing of the file can be shown.
func (r *Reading) Take(piece []byte) (more bool, err error) {
	if !r.began {
		r.began = true
		if strace.IsLog(piece) {
			r.log = new(strace.Log)
			r.in = r.log.Input()
			r.tape.take(&trace.Message{Header: r.log.Header()}, nil)
		} else if r.Size > maxTrace {
			return false, fmt.Errorf("this file is no log of strace's, and a trace has at most %d MiB", maxTrace>>20)
		}
	}
	r.Read += int64(len(piece))
	if r.log == nil {
		r.file = append(r.file, piece...)
		return len(piece) > 0 && r.Read < r.Size && len(r.file) <= maxTrace, nil
	}
	if r.cut = r.cut || len(r.file)+len(piece) > maxLog; r.cut {
		r.file = nil
	} else {
		r.file = append(r.file, piece...)
	}
	r.in.Write(piece)
	r.take(r.log.Take(r.log.Now())) // no line to come is about what was before the newest one
	return len(piece) > 0 && r.Read < r.Size && !r.full(), nil
}

func (r *Reading) take(messages []*trace.Message) {
	for _, m := range messages {
		r.events += len(m.Events)
		r.tape.take(m, nil)
	}
}

// Tape returns what was read. Where that isn't the whole file, the run's end says so.
func (r *Reading) Tape() (*Tape, error) {
	if r.log == nil {
		return ReadTape(r.file)
	}
	whole := r.Read >= r.Size
	if whole {
		r.in.Close()
		r.take(r.log.End())
	}
	t := &r.tape
	end := &trace.End{Time: t.Run.Duration(), Reason: trace.EndDone, Dropped: r.log.Missed()}
	at := fmt.Sprintf("after %d of %d MiB of the log", r.Read>>20, r.Size>>20)
	switch {
	case whole:
	case r.full():
		end.Reason, end.Message = trace.EndLimit, fmt.Sprintf("a page holds %d events, which there were %s: what follows is left out", cmp.Or(r.most, maxEvents), at)
	default:
		end.Reason, end.Message = trace.EndLimit, "reading was stopped "+at
	}
	t.Run.End = end
	t.file, t.ending = r.file, ".strace"
	return t, nil
}
