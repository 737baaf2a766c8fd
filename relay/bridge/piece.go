package bridge

import "sync"

// piece is a buffer for bytes under way. A session takes one when bytes are
// there and gives it back when they have been passed on: an idle session has
// none.
type piece [headRoom + MaxMessage + 1]byte

// headRoom is how many bytes a piece has for what goes to the browser before the
// payload, in the same write: a grant of credit, and the frame's head.
const headRoom = 64

// payload is the bytes. The last is there to find a message that is too long.
func (p *piece) payload() []byte { return p[headRoom:] }

var pieces = sync.Pool{New: func() any { return new(piece) }}

func newPiece() *piece { return pieces.Get().(*piece) }

func (p *piece) free() { pieces.Put(p) }
