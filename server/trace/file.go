package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// File is a trace as it was saved.
type File struct {
	Header   *Header
	Messages []*Message // what follows the header, its End last
	Whole    []byte     // the bytes of the header and of Messages
}

// Parts takes a trace apart that is being read, so that no part takes long.
type Parts struct {
	whole int     // bytes of the messages that were taken as a whole
	in    decoder // of the message whose events are being taken
	left  int     // of its events
	size  int     // of its frame
}

// Next returns the next message of a file of which so much is there, or so many of one's
// events at most; nil where there is no whole message more. The bytes of events stay those
// of the file, which must not change. Nothing comes behind an error.
func (p *Parts) Next(file []byte, most int) (*Message, error) {
	if p.left == 0 {
		rest := file[p.whole:]
		if len(rest) < 4 {
			return nil, nil
		}
		n := int64(binary.BigEndian.Uint32(rest))
		if n == 0 || n > MaxFrame {
			return nil, fmt.Errorf("%w: length %d, from 1 to %d is allowed", ErrFrame, n, MaxFrame)
		}
		if int64(len(rest)-4) < n {
			return nil, nil
		}
		p.size = 4 + int(n)
		body := rest[4:p.size]
		p.in = decoder{in: body, lends: true}
		if f := p.in.fields(); f.left == 1 && p.in.next(&f) && f.key == 5 && !p.in.null() {
			p.left = p.in.open(cborArray, maxItems, 1)
		}
		if p.left == 0 {
			m, err := decodeMessage(body)
			p.whole += p.size
			return m, err
		}
	}
	events := make([]Event, min(p.left, most))
	for i := range events {
		p.in.event(&events[i])
	}
	if p.left -= len(events); p.left == 0 && p.in.err == "" {
		p.in.close()
		p.in.close()
		p.whole += p.size
		return &Message{Events: events}, p.in.end()
	}
	if p.in.err != "" {
		return nil, p.in.end()
	}
	return &Message{Events: events}, nil
}

// Whole returns how many bytes the messages have that were taken as a whole.
func (p *Parts) Whole() int { return p.whole }

// Fault is what is wrong with a trace file.
type Fault uint8

const (
	NotATrace Fault = iota + 1 // it doesn't begin with a header
	CutOff                     // it ends before the run's end
	Damaged                    // bytes of it were changed
	Newer                      // a version wrote it that this one can't read
)

// FileError says what is wrong with a trace file, in a sentence for people. The File
// beside it has what is whole.
type FileError struct {
	Fault   Fault
	At      int    // the byte where it is, counted from 0: where the message begins that isn't whole
	Size    int    // bytes of the file
	Version int    // of a file that is Newer
	Detail  string // of a message that can't be read; else ""
}

func (e *FileError) Error() string {
	shown := "what is before is shown"
	if e.At == 0 {
		shown = "nothing of it can be shown"
	}
	switch e.Fault {
	case NotATrace:
		return "this file is not a trace: a saved trace begins with a run's header"
	case Newer:
		return fmt.Sprintf("a newer version of Sockscope wrote this trace: it has format %d, and this version reads %d; take the newer version to open it", e.Version, Version)
	case CutOff:
		if e.At == e.Size {
			return "this trace is cut off: the file has whole messages, but not the run's end; what there is is shown"
		}
		return fmt.Sprintf("this trace is cut off: the file ends at byte %d, in the middle of a message; %s", e.Size, shown)
	}
	return fmt.Sprintf("this trace is damaged at byte %d of %d; %s; mail and version control may change line ends: send it in an archive", e.At, e.Size, shown)
}

// Open reads a trace file. An error is a *FileError; what is whole is in the File all
// the same, whose Header is nil where not even that is.
//
// Where each LF of a file became CR LF, Open reads the file as it was before. White
// space behind the run's end is no fault.
func Open(file []byte) (File, error) {
	f, err := open(file)
	if err == nil || err.Fault == Newer {
		return f, orNil(err)
	}
	before, errBefore := open(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")))
	if errBefore == nil || errBefore.Fault == Newer || before.Header != nil && errBefore.Fault == CutOff {
		return before, orNil(errBefore)
	}
	return f, err
}

// orNil returns a nil error for a nil pointer.
func orNil(err *FileError) error {
	if err == nil {
		return nil
	}
	return err
}

func open(file []byte) (f File, err *FileError) {
	fault := func(what Fault, at int) (File, *FileError) {
		f.Whole = file[:at]
		return f, &FileError{Fault: what, At: at, Size: len(file)}
	}
	for at := 0; ; {
		rest := file[at:]
		if at == 0 && !beginsTrace(rest) {
			return fault(NotATrace, 0)
		}
		if len(rest) < 4 {
			return fault(CutOff, at)
		}
		n := int64(binary.BigEndian.Uint32(rest))
		if n == 0 || n > MaxFrame {
			return fault(Damaged, at)
		}
		if int64(len(rest)-4) < n {
			return fault(CutOff, at)
		}
		m, bad := decodeMessage(rest[4 : 4+n])
		if bad != nil {
			f, err := fault(Damaged, at)
			err.Detail = bad.Error()
			return f, err
		}
		switch {
		case at == 0 && m.Header == nil:
			return fault(NotATrace, 0)
		case at == 0 && m.Header.Version > Version:
			f, err := fault(Newer, 0)
			err.Version = m.Header.Version
			return f, err
		case at == 0:
			f.Header = m.Header
		default:
			f.Messages = append(f.Messages, m)
		}
		at += 4 + int(n)
		if m.End != nil {
			f.Whole = file[:at]
			if len(bytes.TrimSpace(file[at:])) > 0 {
				return fault(Damaged, at)
			}
			return f, nil
		}
	}
}

// beginsTrace reports whether a file may begin with a header: a length, then a map of
// one pair with Message's key for it. Each byte of the length may have become two.
func beginsTrace(file []byte) bool {
	const head = "\xa1\x04"
	i := bytes.Index(file[:min(len(file), 8+len(head))], []byte(head))
	return i >= 4 || len(file) < 4+len(head) && len(file) > 0 && file[0] == 0
}
