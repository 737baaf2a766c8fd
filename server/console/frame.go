package console

import (
	"encoding/binary"
	"errors"
	"time"
)

type kind byte

const (
	open kind = iota + 1
	data
	grant
	shut
	taken
	set
)

const (
	headSize = 4
	maxBody  = 4092 // with its head, what a driver of the console takes at once
)

// SeedSize is how many random bytes a machine gets.
const SeedSize = 32

// Setting is what a machine is told when it wakes: it was made some time ago, and the
// same for everybody.
type Setting struct {
	Now  time.Time
	Seed [SeedSize]byte
}

// ErrFrame is wrapped by errors about bytes that are no frames.
var ErrFrame = errors.New("no frame of the console's")

func appendFrame(b []byte, k kind, id byte, body []byte) []byte {
	b = append(b, byte(k), id)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

func appendCount(b []byte, k kind, id byte, n int) []byte {
	return appendFrame(b, k, id, binary.BigEndian.AppendUint32(nil, uint32(n)))
}

func appendSetting(b []byte, s Setting) []byte {
	body := binary.BigEndian.AppendUint64(nil, uint64(s.Now.UnixNano()))
	return appendFrame(b, set, 0, append(body, s.Seed[:]...))
}

func readSetting(body []byte) (s Setting, ok bool) {
	if len(body) != 8+SeedSize {
		return s, false
	}
	s.Now = time.Unix(0, int64(binary.BigEndian.Uint64(body)))
	copy(s.Seed[:], body[8:])
	return s, true
}
