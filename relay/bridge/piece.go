package bridge

import "sync"

// piece is a buffer for bytes under way. A session takes one when bytes arrive and
// gives it back when they are passed on. An idle session holds none.
type piece [headRoom + MaxMessage + 1]byte

// headRoom is the space in front of the payload, in bytes. There the frame's head is
// put, and a grant of credit, so that one write sends all.
const headRoom = 64

// payload returns the space for bytes: MaxMessage, and one more so that a message
// that is too long is noticed.
func (p *piece) payload() []byte { return p[headRoom:] }

var pieces = sync.Pool{New: func() any { return new(piece) }}

func newPiece() *piece { return pieces.Get().(*piece) }

func (p *piece) free() { pieces.Put(p) }
