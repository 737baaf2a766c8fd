package foreign

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// The limits of a file that a Session shows: what a page holds.
const (
	maxFileEvents = 1_000_000
	maxFileTrace  = 64 << 20 // bytes of a trace
	piece         = 1 << 20  // bytes of a log that are read at a time
)

// NewFile returns a session for a file, of size bytes; 0 is unknown.
func NewFile(size int64) *Session {
	s := NewSession()
	s.log.Origin = nil // its processes are gone, and their numbers are others' now
	s.file, s.most = max(size, 1), maxFileEvents
	return s
}

// ReadFile reads a trace, or a log of strace's in pieces, to the end of the trace. read is
// told how many bytes have been read. When ctx is done, it stops there. An error says why
// nothing of the file is shown; what else is wrong, or doesn't fit, is the message of the
// End.
func (s *Session) ReadFile(ctx context.Context, in io.Reader, read func(n int64)) error {
	begin := bufio.NewReaderSize(in, 64<<10)
	head, err := begin.Peek(begin.Size())
	if len(head) == 0 && err != io.EOF {
		return err
	}
	switch {
	case len(head) > 0 && head[0] == 0: // the length of a first message; no text begins so
		return s.readTrace(begin)
	case !strace.IsLog(head):
		_, err := trace.Open(head)
		return err
	}
	return s.readLog(ctx, begin, read)
}

// readTrace takes a trace over.
func (s *Session) readTrace(in io.Reader) error {
	file, err := io.ReadAll(io.LimitReader(in, maxFileTrace+1))
	if err != nil {
		return err
	}
	if len(file) > maxFileTrace {
		return fmt.Errorf("this trace has more than %d MiB, which is what a page takes", maxFileTrace>>20)
	}
	f, err := trace.Open(file)
	if f.Header == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for rest := f.Whole; len(rest) > 0; {
		n := 4 + int(binary.BigEndian.Uint32(rest))
		s.put(rest[:n:n])
		rest = rest[n:]
	}
	for _, m := range f.Messages {
		s.events += len(m.Events)
	}
	if n := len(f.Messages); n == 0 || f.Messages[n-1].End == nil {
		end := &trace.End{Reason: trace.EndFailed, Message: "the file has no more"}
		if err != nil {
			end.Message = err.Error()
		}
		for _, m := range f.Messages {
			for i := range m.Events {
				end.Time = max(end.Time, m.Events[i].Time)
			}
		}
		s.add(&trace.Message{End: end})
	}
	s.over = true
	return nil
}

// readLog reads a log, as far as it fits.
func (s *Session) readLog(ctx context.Context, in io.Reader, read func(n int64)) error {
	lines := s.log.Input()
	chunk := make([]byte, piece)
	var total int64
	for {
		n, err := in.Read(chunk)
		total += int64(n)
		s.mu.Lock()
		lines.Write(chunk[:n])
		// No line to come is about what was before the newest one.
		s.tell(s.log.Take(s.log.Now()))
		events := s.events
		s.mu.Unlock()
		read(total)
		at := fmt.Sprintf("after %d MiB of the log", total>>20)
		if total < 10<<20 {
			at = fmt.Sprintf("after %d bytes of the log", total)
		}
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			s.End(trace.EndFailed, "reading the file failed "+at+": "+err.Error())
			return nil
		case err != nil:
			lines.Close()
			s.End(trace.EndDone, "")
			return nil
		case ctx.Err() != nil:
			s.End(trace.EndStopped, "reading was stopped "+at)
			return nil
		case events > s.most:
			s.End(trace.EndLimit, fmt.Sprintf("a page holds %d events, which there were %s: what follows is left out", s.most, at))
			return nil
		}
	}
}

// Told says what there is of a file that was read, and why that is not all of it.
func (s *Session) Told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf("%d events", s.events)
	if n := len(s.frames); n > 0 {
		var m trace.Message
		if trace.ReadFrame(bytes.NewReader(s.frames[n-1]), trace.MaxFrame, &m) == nil && m.End != nil && m.End.Message != "" {
			text += "; " + m.End.Message
		}
	}
	return text
}
