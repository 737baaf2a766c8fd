//go:build !linux

package sockdiag

import (
	"errors"

	"sockscope/server/trace"
)

// Table is the kernel's tables of sockets. Only Linux tells those of a namespace.
type Table struct{}

// Open returns an error here.
func Open() (*Table, error) { return nil, errors.ErrUnsupported }

// Close closes the table.
func (*Table) Close() {}

// Read returns an error here.
func (*Table) Read(func(*trace.Sock) bool) ([]trace.Sock, error) {
	return nil, errors.ErrUnsupported
}

// All returns an error here.
func (*Table) All() ([]trace.Sock, error) { return nil, errors.ErrUnsupported }

// Counters returns an error here.
func (*Table) Counters() ([]trace.Counter, error) { return nil, errors.ErrUnsupported }

// Internet fails: see Open.
func (*Table) Internet(func(*trace.Sock) bool) ([]trace.Sock, error) {
	return nil, errors.ErrUnsupported
}
