package foreign

import (
	"slices"
	"time"

	"sockscope/server/sockdiag"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// sampler reads the kernel's table of sockets beside the programs, for those of theirs. It
// sees them in this process's network namespace; programs elsewhere have no samples.
type sampler struct {
	diag   *sockdiag.Table
	failed bool
	last   time.Time     // when it was read
	took   time.Duration // to read it
	table  []trace.Sock
}

// The time between two readings: while calls come, and while none does. One may take a part
// of the time, one in share: a machine may have many sockets.
const (
	sampleBusy  = 10 * time.Millisecond
	sampleQuiet = 250 * time.Millisecond
	share       = 20
)

// sample adds what has changed in the table to a log.
func (s *sampler) sample(log *strace.Log, now time.Time, busy bool) {
	every := sampleQuiet
	if busy {
		every = sampleBusy
	}
	if s.failed || now.Sub(s.last) < max(every, share*s.took) {
		return
	}
	if s.diag == nil {
		var err error
		if s.diag, err = sockdiag.Open(); err != nil {
			s.failed = true // another system, or one that refuses
			return
		}
	}
	table, err := s.diag.Internet(log.Knows)
	s.last, s.took = now, time.Since(now)
	if err == nil && !slices.Equal(table, s.table) {
		s.table = table
		log.Sample(now.UnixNano(), table)
	}
}

func (s *sampler) close() {
	if s.diag != nil {
		s.diag.Close()
	}
	s.diag, s.failed = nil, true
}
