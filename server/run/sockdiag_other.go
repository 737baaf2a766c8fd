//go:build !linux

package run

import (
	"errors"

	"sockscope/server/trace"
)

// sockDiag is the kernel's table of TCP sockets, which only Linux gives away
// by namespace.
type sockDiag struct{}

func newSockDiag() (*sockDiag, error) { return nil, errors.ErrUnsupported }

func (*sockDiag) close() {}

func (*sockDiag) table(func(*trace.Sock) bool) ([]trace.Sock, error) {
	return nil, errors.ErrUnsupported
}
