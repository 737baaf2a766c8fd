package bridge

import (
	"fmt"
	"sync"
)

// allowance is the credit that a browser has granted: how many of the program's
// bytes may still be sent.
type allowance struct {
	mu        sync.Mutex
	changed   sync.Cond
	bytes     int
	unlimited bool // a plain pipe, or a session that only drops bytes
}

func newAllowance(bytes int) *allowance {
	a := &allowance{bytes: bytes}
	a.changed.L = &a.mu
	return a
}

// wait waits for credit and returns how much there is, at most limit.
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

// spend takes off n bytes of what wait returned.
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
