//go:build !linux

package sockdiag

import (
	"errors"

	"sockscope/server/trace"
)

// Counters returns an error here.
func Counters() ([]trace.Counter, error) { return nil, errors.ErrUnsupported }
