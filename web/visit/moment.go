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
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // that level is valid
	w.Write(r.tape.file)
	w.Close() // a bytes.Buffer takes all
	if n := packed.Len(); n > maxPacked {
		return "", fmt.Errorf("this run takes %d KB packed, and a link holds %d: save it as a file", n>>10, maxPacked>>10)
	}
	return fmt.Sprintf("at=%d&run=%s", r.Pos(), base64.RawURLEncoding.EncodeToString(packed.Bytes())), nil
}

// ReadMoment reads what stands behind the # of a link. It returns nil where that is
// no moment of ours. A link that was cut shows what is whole of its run.
func ReadMoment(fragment string) (*Moment, error) {
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
	if len(text) > base64.RawURLEncoding.EncodedLen(maxPacked) {
		return nil, fmt.Errorf("the run in this link is too large: a link holds %d KB", maxPacked>>10)
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
