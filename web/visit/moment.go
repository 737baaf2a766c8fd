package visit

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A link to a moment holds a run and a step of it behind its #, which no server gets
// to see: #at=STEP&run=PACKED. PACKED is the run's trace file in DEFLATE (RFC 1951),
// written as base64url without padding (RFC 4648, section 5).
const (
	maxPacked   = 30 << 10 // bytes; chats and mail cut longer links
	maxUnpacked = 4 << 20  // bytes; a small link could else fill the memory
)

// Moment is what a link to a moment holds.
type Moment struct {
	Tape *Tape
	At   int // the position; one behind the run's end counts as its end
}

// Moment returns what stands behind the # of a link to the step that shows. The error
// of a run that is too large for a link says how large it is.
func (r *Run) Moment() (string, error) {
	if r.Player == nil || r.Phase != Over {
		return "", errors.New("there is no run to link to: it has to end first")
	}
	if err := r.NotKept(); err != nil {
		return "", err
	}
	packed := pack(r.tape.file, flate.BestCompression)
	if n := len(packed); n > maxPacked {
		return "", fmt.Errorf("this run takes %d KB packed, and a link holds %d: save it as a file", n>>10, maxPacked>>10)
	}
	return moment(r.Pos(), packed), nil
}

func pack(file []byte, level int) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, level) // callers have valid ones
	w.Write(file)
	w.Close() // a bytes.Buffer takes all
	return packed.Bytes()
}

func moment(at int, packed []byte) string {
	return fmt.Sprintf("at=%d&run=%s", at, base64.RawURLEncoding.EncodeToString(packed))
}

// maxKept is how large a trace the browser's tab keeps, in bytes as a file: one of 40,000
// events. A browser gives a site a few MB, and a page that is left has little time to pack.
const maxKept = 1 << 20

// Keep returns where a run goes in what the browser's tab keeps, and what it is to keep of
// it: for who reloads the page, or comes back. They are "" where there is nothing to keep:
// no run of the learner's, or one that is too large.
func (r *Run) Keep() (place, text string) {
	if r.keeping() == "" {
		return "", ""
	}
	at := r.Pos()
	if r.Pair != nil {
		at = r.Pair.alone.Pos()
	}
	return r.KeptAt(), moment(at, pack(r.tape.file, flate.BestSpeed))
}

// KeptAt is where the tab keeps a run of the set-up.
func (r *Run) KeptAt() string { return "run of " + address(r.Lab, r.Values) }

// keeping says that the tab keeps the run, "" where it doesn't.
func (r *Run) keeping() string {
	if r.Recorded || r.tape.Run == nil || len(r.tape.file) == 0 || len(r.tape.file) > maxKept {
		return ""
	}
	return "kept in this tab"
}

// ReadKept shows what the tab has kept of a run, and what it was; nothing where it isn't
// what Keep has made.
func (r *Run) ReadKept(text string) {
	m, err := readMoment(text, maxKept)
	if err != nil || m == nil || m.Tape.Run.Header.Lab != r.Lab.ID {
		return
	}
	if m.Tape.Fault != "" { // it had not ended
		m.Tape.Fault, m.Tape.Run.End.Message = "", "the page was left"
	}
	r.Load(m.Tape)
	r.Recorded = false
	r.Seek(m.At)
	r.rejoin()
}

// ReadMoment reads what stands behind the # of a link. It returns nil where that is
// no moment of ours. A link that was cut shows what is whole of its run.
func ReadMoment(fragment string) (*Moment, error) { return readMoment(fragment, maxPacked) }

// readMoment does the same with a run of at most so many bytes, packed.
func readMoment(fragment string, most int) (*Moment, error) {
	m := new(Moment)
	text, found := "", false
	for part := range strings.SplitSeq(fragment, "&") {
		switch name, value, _ := strings.Cut(strings.TrimPrefix(part, "amp;"), "="); name {
		case "at":
			m.At, _ = strconv.Atoi(value) // what is no number is the start
		case "run":
			text, found = value, true
		}
	}
	if !found {
		return nil, nil
	}
	if len(text) > base64.RawURLEncoding.EncodedLen(most) {
		return nil, fmt.Errorf("the run in this link is too large: a link holds %d KB", most>>10)
	}
	packed, err := base64.RawURLEncoding.DecodeString(text)
	var bad base64.CorruptInputError
	if errors.As(err, &bad) { // what stands before it may be whole
		packed, err = base64.RawURLEncoding.DecodeString(text[:int(bad)/4*4])
	}
	if err != nil || len(packed) == 0 {
		return nil, errors.New("the run in this link is damaged: nothing of it can be read")
	}
	file, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxUnpacked+1)) // what is missing at the end is told by ReadTape
	if len(file) > maxUnpacked {
		return nil, fmt.Errorf("the run in this link is too large: unpacked it has more than %d MB", maxUnpacked>>20)
	}
	if m.Tape, err = ReadTape(file); err != nil {
		return nil, fmt.Errorf("the run in this link can't be shown: %w", err)
	}
	if bad != 0 && m.Tape.Fault == "" {
		m.Tape.Fault = "The run in this link is damaged at its end."
	}
	m.At = max(0, min(m.At, m.Tape.Run.Len()))
	return m, nil
}
