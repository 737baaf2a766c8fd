//go:build !linux

package confine

import (
	"errors"
	"net/netip"
)

// Drop drops what comes for an address in a network namespace: an error here.
func Drop(netip.Addr) error { return errors.ErrUnsupported }
