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
	lends loan    // for its events
	given bool    // some of its events were taken
	left  int     // of its events: those that weren't
	size  int     // of its frame
	ended bool    // the run's end was taken
	wrong *FileError
}

// Next returns the next message of a file of which so much is there, or as many of one's
// events as there is room for; nil where there is no whole message more. The events are
// those in room until the next call, with what they point to, and their bytes stay those of
// the file, which must not change. Where there is no room a message comes as a whole, and
// keeps nothing of either. Nothing comes behind an error, which is a *FileError.
func (p *Parts) Next(file []byte, room []Event) (*Message, error) {
	if p.wrong != nil || p.ended {
		return nil, orNil(p.wrong)
	}
	if p.left == 0 {
		rest := file[p.whole:]
		if p.whole == 0 && len(file) >= beginning && !beginsTrace(file) {
			return p.fail(NotATrace, nil, file)
		}
		if len(rest) < 4 {
			return nil, nil
		}
		n := int64(binary.BigEndian.Uint32(rest))
		if n == 0 || n > MaxFrame {
			return p.fail(Damaged, nil, file)
		}
		if int64(len(rest)-4) < n {
			return nil, nil
		}
		p.size = 4 + int(n)
		body := rest[4:p.size]
		if len(room) > 0 {
			p.in = decoder{in: body, lends: &p.lends}
			if f := p.in.fields(); f.left == 1 && p.in.next(&f) && f.key == 5 && !p.in.null() {
				p.left = p.in.open(cborArray, maxItems, 1)
			}
		}
		if p.left == 0 {
			return p.message(body, file)
		}
		if p.whole == 0 {
			return p.fail(NotATrace, nil, file)
		}
	}
	p.lends.again()
	events := room[:min(p.left, len(room))]
	clear(events)
	for i := range events {
		p.in.event(&events[i])
	}
	p.left -= len(events)
	if p.in.err != "" || p.left == 0 && p.in.left() > 0 {
		return p.fail(Damaged, p.in.end(), file)
	}
	if p.given = p.left > 0; !p.given {
		p.whole += p.size
	}
	return &Message{Events: events}, nil
}

// Split reports whether events of a message were taken that isn't taken as a whole.
func (p *Parts) Split() bool { return p.given }

// message takes a message that is whole.
func (p *Parts) message(body, file []byte) (*Message, error) {
	m, err := decodeMessage(body)
	switch {
	case err != nil:
		return p.fail(Damaged, err, file)
	case p.whole == 0 && m.Header == nil:
		return p.fail(NotATrace, nil, file)
	case p.whole == 0 && m.Header.Version > Version:
		p.fail(Newer, nil, file)
		p.wrong.Version = m.Header.Version
		return nil, p.wrong
	}
	p.ended = m.End != nil
	p.whole += p.size
	return m, nil
}

func (p *Parts) fail(what Fault, why error, file []byte) (*Message, error) {
	p.wrong = &FileError{Fault: what, At: p.whole, Size: len(file)}
	if why != nil {
		p.wrong.Detail = why.Error()
	}
	return nil, p.wrong
}

// Over returns what is wrong with a file of which all is there, when Next has no more of
// it: nil, or a *FileError.
func (p *Parts) Over(file []byte) error {
	switch {
	case p.wrong != nil:
		p.wrong.Size = len(file)
	case p.whole == 0 && !beginsTrace(file):
		p.fail(NotATrace, nil, file)
	case !p.ended:
		p.fail(CutOff, nil, file)
	case len(bytes.TrimSpace(file[p.whole:])) > 0:
		p.fail(Damaged, nil, file)
	}
	return orNil(p.wrong)
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
	if err == nil || !Mailed(file) {
		return f, err
	}
	before, errBefore := open(Unmailed(file))
	if errBefore == nil || before.Header != nil {
		return before, errBefore
	}
	return f, err
}

// Mailed reports whether each LF of a file may have become CR LF, as mail and version
// control do it: there is no other.
func Mailed(file []byte) bool {
	some := false
	for rest := file; ; some = true {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return some
		}
		if i == 0 || rest[i-1] != '\r' {
			return false
		}
		rest = rest[i+1:]
	}
}

// Unmailed returns a file as it was before.
func Unmailed(file []byte) []byte { return bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")) }

// orNil returns a nil error for a nil pointer.
func orNil(err *FileError) error {
	if err == nil {
		return nil
	}
	return err
}

func open(file []byte) (f File, err error) {
	var p Parts
	for {
		m, err := p.Next(file, nil)
		f.Whole = file[:p.whole]
		switch {
		case err != nil || m == nil:
			return f, p.Over(file)
		case f.Header == nil:
			f.Header = m.Header
		default:
			f.Messages = append(f.Messages, m)
		}
	}
}

// beginsTrace reports whether a file may begin with a header: a length, then a map of
// one pair with Message's key for it. Each byte of the length may have become two.
func beginsTrace(file []byte) bool {
	i := bytes.Index(file[:min(len(file), beginning)], []byte(beginsHeader))
	return i >= 4 || len(file) < 4+len(beginsHeader) && len(file) > 0 && file[0] == 0
}

const (
	beginsHeader = "\xa1\x04"
	beginning    = 8 + len(beginsHeader)
)
