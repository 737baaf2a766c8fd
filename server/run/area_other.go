//go:build !linux

package run

import (
	"os"

	"sockscope/server/trace"
)

// newAreaFile makes the memory of one traced process. It is a file, so that it
// can be inherited, and outlives the process; without a name, so that it is
// gone when nobody uses it.
func newAreaFile() (*os.File, error) {
	f, err := os.CreateTemp("", "trace")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if err := f.Truncate(trace.AreaSize); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
