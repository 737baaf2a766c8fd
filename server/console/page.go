package console

import (
	"errors"
	"time"
)

const (
	// Piece is the most that the page writes at once, and so into one buffer of the
	// machine's.
	Piece = 1024
	// Pieces is how many of the 16 buffers the page fills.
	Pieces = 8
)

// Page is the page's end.
type Page struct {
	end
	input   func(piece []byte)
	waiting []byte // for buffers
	pieces  []int  // sizes of what was written and not taken
}

// NewPage returns the page's end. input gives a piece to the machine; it must not call
// back. Take gets what the machine says.
func NewPage(input func(piece []byte)) *Page {
	p := &Page{input: input}
	p.conns = map[byte]*Conn{}
	p.write = func(frame []byte) {
		p.waiting = append(p.waiting, frame...)
		p.fill()
	}
	p.end.taken = func(n int) {
		for len(p.pieces) > 0 && n > 0 {
			now := min(n, p.pieces[0])
			n -= now
			if p.pieces[0] -= now; p.pieces[0] == 0 {
				p.pieces = p.pieces[1:]
			}
		}
		p.fill()
	}
	return p
}

// fill gives the machine what it has buffers for. p.mu is held.
func (p *Page) fill() {
	for len(p.waiting) > 0 && len(p.pieces) < Pieces {
		n := min(len(p.waiting), Piece)
		p.input(append([]byte(nil), p.waiting[:n]...))
		p.pieces = append(p.pieces, n)
		p.waiting = append(p.waiting[:0], p.waiting[n:]...)
	}
}

// Take takes what the machine wrote. Its error ends all connections.
func (p *Page) Take(b []byte) error { return p.take(b) }

// Set tells the machine the time, and gives it something random. It comes before
// whatever is written next.
func (p *Page) Set(now time.Time, seed [SeedSize]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(appendSetting(nil, Setting{now, seed}))
}

// ErrFull is returned where no more connections fit.
var ErrFull = errors.New("the machine's console has no more connections")

// Open opens a connection to the native server.
func (p *Page) Open() (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	for id := byte(1); id != 0; id++ {
		if p.conns[id] == nil {
			c := p.add(id)
			p.write(appendFrame(nil, open, id, nil))
			return c, nil
		}
	}
	return nil, ErrFull
}

// Quit ends all connections: there is no machine any more.
func (p *Page) Quit(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail(err)
}
