package bridge

import (
	"fmt"
	"sync"
)

// allowance is the credit that a browser has granted for bytes from the
// program.
type allowance struct {
	mu        sync.Mutex
	changed   sync.Cond
	bytes     int
	unlimited bool // a plain pipe's, or nothing is forwarded any longer
}

func newAllowance(bytes int) *allowance {
	a := &allowance{bytes: bytes}
	a.changed.L = &a.mu
	return a
}

// wait waits until there is credit, and returns it, at most limit.
func (a *allowance) wait(limit int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.bytes == 0 && !a.unlimited {
		a.changed.Wait()
	}
	if a.unlimited {
		return limit
	}
	return min(a.bytes, limit)
}

// spend takes n bytes off, which wait has returned before.
func (a *allowance) spend(n int) {
	a.mu.Lock()
	if !a.unlimited {
		a.bytes -= n
	}
	a.mu.Unlock()
}

// grant adds n bytes.
func (a *allowance) grant(n int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bytes+n > maxCredit {
		return fmt.Errorf("credit of %d bytes on top of %d; at most %d may be open", n, a.bytes, maxCredit)
	}
	a.bytes += n
	a.changed.Signal()
	return nil
}

// lift ends all waiting, now and later.
func (a *allowance) lift() {
	a.mu.Lock()
	a.unlimited = true
	a.mu.Unlock()
	a.changed.Broadcast()
}
