//go:build unix

package bridge

import (
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// program is the TCP connection to a program. To what package net does it adds a
// write that doesn't wait, and a read that takes a buffer only when bytes are
// there. Each is for one goroutine at a time.
type program struct {
	*net.TCPConn
	raw syscall.RawConn

	out      []byte // for tryWrite
	taken    int
	tryWrite func(fd uintptr) (done bool)

	most    int // for tryRead
	in      *piece
	n       int
	err     error
	tryRead func(fd uintptr) (done bool)
}

func newProgram(c *net.TCPConn) *program {
	p := &program{TCPConn: c}
	p.raw, _ = c.SyscallConn()
	// Package net has made the socket a non-blocking one.
	p.tryWrite = func(fd uintptr) bool {
		n, err := unix.Write(int(fd), p.out)
		if p.taken = n; err != nil {
			p.taken = 0
		}
		return true // whatever came of it
	}
	p.tryRead = func(fd uintptr) bool {
		in := newPiece()
		n, err := unix.Read(int(fd), in.payload()[:p.most])
		if err == unix.EAGAIN {
			in.free()
			return false // to be tried again when bytes are there
		}
		p.in, p.n, p.err = in, n, err
		return true
	}
	return p
}

// writeNow returns how many bytes of b the kernel took without waiting. A later write
// that waits finds out why it took no more.
func (p *program) writeNow(b []byte) int {
	p.out, p.taken = b, 0
	p.raw.Write(p.tryWrite)
	p.out = nil
	return p.taken
}

// next waits for bytes and returns a piece with n of them, at least 1 and at most most.
// The caller frees it.
func (p *program) next(most int) (in *piece, n int, err error) {
	for {
		p.most, p.in = most, nil
		if err := p.raw.Read(p.tryRead); err != nil {
			return nil, 0, err
		}
		switch {
		case p.err == nil && p.n > 0:
			return p.in, p.n, nil
		case p.err == nil:
			err = io.EOF
		case p.err == unix.EINTR:
			p.in.free()
			continue
		default:
			err = os.NewSyscallError("read", p.err)
		}
		p.in.free()
		return nil, 0, err
	}
}
