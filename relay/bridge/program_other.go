//go:build !unix

package bridge

import "net"

// program is the TCP connection to a program.
type program struct{ *net.TCPConn }

func newProgram(c *net.TCPConn) *program { return &program{c} }

// writeNow takes nothing: this system has no write that doesn't wait.
func (*program) writeNow([]byte) int { return 0 }

// next waits for bytes and returns a piece with n of them, at least 1 and at most most.
// The caller frees it.
func (p *program) next(most int) (in *piece, n int, err error) {
	in = newPiece()
	if n, err = p.Read(in.payload()[:most]); n == 0 {
		in.free()
		return nil, 0, err
	}
	return in, n, nil // what else was wrong, the next read tells
}
