package visit

import (
	"errors"
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
	room  []trace.Event // for those of a part
	fault error         // what is wrong with the trace, as far as it is known
	crlf  bool          // it is read as it was before its line ends were changed
	cr    []byte        // then, of the piece before: what may be half a line end
	done  bool          // nothing of what was read is left

	tape     Tape
	reserved int    // of the lists: those that there is room in for the rest
	file     []byte // what is kept of the file
	cut      bool   // the file was not kept as a whole
	began    bool
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
			r.file, r.room = make([]byte, 0, r.Size), make([]trace.Event, handful)
		}
	}
	r.reserve()
	if len(piece) == 0 {
		r.Size = r.Read // it has become shorter
	}
	r.Read += int64(len(piece))
	r.done = false
	if r.log == nil {
		r.keep(piece)
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

// keep takes a piece of a trace.
func (r *Reading) keep(piece []byte) {
	if r.crlf {
		piece = append(r.cr, piece...)
		r.cr = nil
		if n := len(piece) - 1; n >= 0 && piece[n] == '\r' && r.Read < r.Size {
			piece, r.cr = piece[:n], []byte{'\r'}
		}
		piece = trace.Unmailed(piece)
	}
	r.file = append(r.file, piece...)
}

// reserve makes room for the rest of a long file, when a piece of it was worked on: in the
// steps, with the next piece in what follows from them, then in what shows them.
func (r *Reading) reserve() {
	if r.Read < Piece || r.tape.Run == nil {
		return
	}
	const more = 1.02 // than there is in the first piece
	k := more * float64(r.Size-r.Read) / float64(r.Read)
	k = min(k, float64(r.tape.room())/float64(max(1, r.tape.Run.Len())))
	switch r.reserved++; r.reserved {
	case 1:
		r.tape.Run.Reserve(k)
	case 2:
		r.tape.Run.ReserveMore(k)
	case 3:
		r.tape.log.reserve(k)
		r.tape.index.Reserve(k)
	}
}

// Progress says how much of the file was read: "3 of 51 MiB".
func (r *Reading) Progress() string { return r.of(r.Read) }

func (r *Reading) of(n int64) string { return fmt.Sprintf("%d of %d MiB", n>>20, (r.Size+1<<20-1)>>20) }

// More reports whether another piece is wanted.
func (r *Reading) More() bool { return r.Read < r.Size && !r.tape.full() && r.fault == nil }

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
			more = len(r.piece) > 0 && !r.tape.full()
		}
		if r.tape.Run != nil {
			r.tape.prepare()
			if r.log == nil {
				r.tape.Run.Forget()
			}
		}
	}
	r.done = !more
	return more
}

// part takes the next part of a trace, and reports whether there may be another.
func (r *Reading) part() bool {
	if r.tape.full() {
		return false
	}
	m, err := r.parts.Next(r.file, r.room)
	if m != nil {
		r.tape.take(m, nil)
		return m.End == nil
	}
	if over := r.Read >= r.Size && r.parts.Over(r.file) != nil; r.fault != nil || err == nil && !over {
		return false
	}
	if !r.crlf && trace.Mailed(r.file) {
		if r.unmail() {
			return true
		}
		if r.Read < r.Size && len(r.file) < 2*trace.MaxFrame {
			return false // not all of the header is there
		}
	}
	var e *trace.FileError
	if r.fault = err; errors.As(err, &e) && !r.crlf {
		e.Size = int(r.Size)
	}
	if err != nil && r.parts.Split() {
		r.again(r.file[:r.parts.Whole()]) // nothing of a damaged message is shown, as some of it is
		return true
	}
	return false
}

// again reads a trace from its beginning.
func (r *Reading) again(file []byte) {
	r.file, r.parts, r.tape, r.reserved = file, trace.Parts{}, Tape{most: r.tape.most}, 0
}

// unmail reads a trace again as it was before its line ends were changed, if that makes
// one of it.
func (r *Reading) unmail() bool {
	var p trace.Parts
	if m, _ := p.Next(trace.Unmailed(r.file), nil); m == nil {
		return false
	}
	was := r.file
	r.crlf = true
	r.again(make([]byte, 0, r.Size))
	r.keep(was)
	return true
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
	what, at := "file", r.Read
	end := &trace.End{Reason: trace.EndDone}
	if r.log != nil {
		if what = "log"; whole && !r.tape.full() {
			for r.Work(time.Now().Add(time.Second)) {
			}
			r.in.Close()
			r.take(r.log.End())
		}
		r.begin()
		end.Dropped = r.log.Missed()
		t.file, t.ending = r.file, ".strace"
	} else {
		whole, at = r.done && (whole || r.fault != nil), int64(r.parts.Whole())
		if whole && !r.tape.full() {
			err := r.fault
			if err == nil {
				err = r.parts.Over(r.file)
			}
			if err != nil && t.Run == nil {
				return nil, err
			} else if err != nil {
				t.Fault = words.Sentence(err.Error())
				end.Reason, end.Message = trace.EndFailed, noMore
			}
		}
		if t.Run == nil {
			return nil, fmt.Errorf("reading was stopped before anything could be shown")
		}
		t.file = r.file[:at:at]
	}
	after := fmt.Sprintf("after %s of the %s", r.of(at), what)
	switch {
	case t.full():
		t.Run.End = nil // which said the same, but not where
		end.Reason, end.Message = trace.EndLimit, fmt.Sprintf("%s, which there were %s: what follows is left out", t.holds(), after)
	case t.Run.End != nil:
	case !whole:
		end.Reason, end.Message = trace.EndLimit, "reading was stopped "+after
	}
	if t.Run.End == nil {
		end.Time = t.Run.Duration()
		t.Run.End = end
	}
	t.prepare()
	return t, nil
}
