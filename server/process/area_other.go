//go:build !linux

package process

import (
	"os"

	"sockscope/server/ring"
)

// NewAreaFile makes the memory that one process is traced into. It is a file, so that
// the process can inherit it, and it outlives the process. It has no name, so that it is
// gone when nobody uses it.
func NewAreaFile() (*os.File, error) {
	f, err := os.CreateTemp("", "trace")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if err := f.Truncate(ring.AreaSize); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
