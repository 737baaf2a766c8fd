//go:build !linux

package capture

import "errors"

// Loopback captures the packets of a network namespace, which only Linux has.
type Loopback struct{}

// Open returns an error here.
func Open() (*Loopback, error) { return nil, errors.ErrUnsupported }

// Close ends the capture.
func (*Loopback) Close() {}

// Read gives nothing here.
func (*Loopback) Read(func(time int64, frame []byte, length int)) int { return 0 }

// Dropped returns 0 here.
func (*Loopback) Dropped() int64 { return 0 }
