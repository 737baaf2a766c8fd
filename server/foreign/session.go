package foreign

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"sockscope/server/confine"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// Session is one trace, of one program or of several on one clock. It is kept whole, for
// whoever opens the page later, up to a limit.
type Session struct {
	mu     sync.Mutex
	log    strace.Log
	inputs int
	frames [][]byte      // the header first
	size   int           // bytes of the frames
	full   bool          // the limit is reached
	late   time.Duration // how late strace was seen to be lately
	lateAt time.Time     // when it was
	over   bool          // the last frame is the End
	more   chan struct{} // closed when there are more frames
	idle   *sync.Cond    // told when there is one input less
	kernel sampler
	file   int64 // of a file that is read: its bytes; 0 for programs
	events int   // in the frames
	most   int   // events, of a file
}

// MaxTrace is how many bytes of a trace a Session keeps. The programs go on beyond it.
const MaxTrace = 256 << 20

// settle is how late strace tells of a call, at most, where it has a processor: it writes
// several at once. Where it was seen to be later, twice as much is waited. quiet is how long
// it writes nothing in the middle of a line until the call there is taken for one that
// waits.
const (
	settle = 200 * time.Millisecond
	quiet  = 10 * time.Millisecond
)

// remembered is how long a strace that was late is expected to be so again, maxSettle the
// most that is waited for it.
const (
	remembered = 5 * time.Second
	maxSettle  = 5 * time.Second
)

// pause is how long events are gathered before they are passed on. gather is how long lines
// are left in the pipe: to be woken for each would cost the program's processor.
const (
	pause  = 20 * time.Millisecond
	gather = 2 * time.Millisecond
)

// NewSession returns a session without a program.
func NewSession() *Session {
	s := &Session{more: make(chan struct{})}
	s.idle = sync.NewCond(&s.mu)
	s.log.Origin = origin
	return s
}

// Read reads what one strace writes until it ends, and closes it. strace waits while nobody
// reads, and its program with it: nothing that is read ends the reading.
func (s *Session) Read(out *os.File) error {
	defer out.Close()
	s.mu.Lock()
	in := s.log.Input()
	s.inputs++
	if s.log.Place == nil {
		texts := texts{add: func(text *trace.Source) { s.tell([]*trace.Message{{Source: text}}) }}
		s.log.Place = texts.at
	}
	s.mu.Unlock()
	chunk := make([]byte, 256<<10)
	var last time.Time // when events were passed on
	for {
		out.SetReadDeadline(time.Now().Add(quiet))
		n, err := out.Read(chunk)
		waits := os.IsTimeout(err)
		s.mu.Lock()
		in.Write(chunk[:n])
		if waits {
			in.Quiet()
		}
		now := time.Now()
		s.kernel.sample(&s.log, now, n > 0)
		if now.Sub(last) > pause {
			last = now
			s.tell(s.log.Take(now.Add(-s.patience(now, n > 0)).UnixNano()))
		}
		s.mu.Unlock()
		if err == nil || waits {
			if n < len(chunk)/2 && !waits {
				time.Sleep(gather)
			}
			continue
		}
		s.mu.Lock()
		in.Close()
		s.kernel.last = time.Time{} // what the program leaves behind shows, too
		s.kernel.sample(&s.log, time.Now(), true)
		s.mu.Unlock()
		s.left()
		if err == io.EOF {
			err = nil
		}
		return err
	}
}

// patience is how long ago a call has to be for no line to come about one before.
func (s *Session) patience(now time.Time, read bool) time.Duration {
	late := now.Sub(time.Unix(0, s.log.Now()))
	if read && (late > s.late || now.Sub(s.lateAt) > remembered) {
		s.late, s.lateAt = late, now
	}
	return min(max(settle, 2*s.late), maxSettle)
}

// left notes that there is one input less.
func (s *Session) left() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs--
	s.idle.Broadcast()
}

// Settle returns when all that was given to Read is read.
func (s *Session) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.inputs > 0 {
		s.idle.Wait()
	}
}

// End ends the trace for a reason; message is for people.
func (s *Session) End(reason, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.tell(s.log.End())
	s.begin()
	end := &trace.End{Time: max(0, s.log.Now()-s.log.Began()), Reason: reason, Message: message, Dropped: s.log.Missed()}
	if s.full {
		end.Reason, end.Message = trace.EndLimit, fmt.Sprintf("the trace has reached its limit of %d MiB; the program went on", MaxTrace>>20)
	}
	s.add(&trace.Message{End: end})
	s.over = true
	s.kernel.close()
}

// begin adds the header, if it isn't there.
func (s *Session) begin() {
	if len(s.frames) == 0 {
		h := s.log.Header()
		if h.File = s.file; h.File == 0 {
			h.Kernel = confine.Kernel()
		}
		s.add(&trace.Message{Header: h})
	}
}

// tell adds messages to the trace. s.mu is held.
func (s *Session) tell(messages []*trace.Message) {
	if len(messages) == 0 {
		return
	}
	s.begin()
	for _, m := range messages {
		if s.full = s.full || s.size > MaxTrace; s.full {
			return
		}
		s.add(m)
	}
}

func (s *Session) add(m *trace.Message) {
	frame, err := trace.AppendFrame(nil, m)
	if err != nil {
		return // longer than a frame can be: no batch of ours is
	}
	s.events += len(m.Events)
	s.put(frame)
}

// put adds a frame. s.mu is held.
func (s *Session) put(frame []byte) {
	s.frames = append(s.frames, frame)
	s.size += len(frame)
	close(s.more)
	s.more = make(chan struct{})
}

// Show gives a viewer the trace by write, from its beginning to its end, until ctx is done
// or write fails.
func (s *Session) Show(ctx context.Context, write func(frame []byte) error) error {
	for next := 0; ; {
		s.mu.Lock()
		frames, over, more := s.frames[next:], s.over, s.more
		s.mu.Unlock()
		for _, frame := range frames {
			if err := write(frame); err != nil {
				return err
			}
		}
		if next += len(frames); over {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WriteTo writes the trace as a file, as far as it has come.
func (s *Session) WriteTo(w io.Writer) (int64, error) {
	s.mu.Lock()
	frames := s.frames
	s.mu.Unlock()
	total := int64(0)
	for _, frame := range frames {
		n, err := w.Write(frame)
		if total += int64(n); err != nil {
			return total, err
		}
	}
	return total, nil
}
