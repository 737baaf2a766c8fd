package run

import (
	"slices"
	"sync/atomic"

	"sockscope/server/trace"
)

// Stats is what a Server does now, and what it has done since its start.
type Stats struct {
	Viewers int   // connections to the control port, now
	Running int   // runs, now
	Queued  int   // runs that wait for their turn, now
	Runs    int64 // runs that have had their turn
	Ended   int64 // runs whose end a worker has told
	Dropped int64 // calls of those that their traces lack
}

// tally is what Stats can't find elsewhere.
type tally struct {
	viewers              atomic.Int64
	runs, ended, dropped atomic.Int64
}

// Stats returns the figures of the moment.
func (s *Server) Stats() Stats {
	st := Stats{
		Viewers: int(s.tally.viewers.Load()),
		Runs:    s.tally.runs.Load(),
		Ended:   s.tally.ended.Load(),
		Dropped: s.tally.dropped.Load(),
	}
	for _, g := range []*gate{s.programs, s.agents} {
		in, waiting := g.count()
		st.Running += in
		st.Queued += waiting
	}
	return st
}

// end takes note of a run's last frame.
func (t *tally) end(frame []byte) {
	t.ended.Add(1)
	trace.Frames(frame, func(m *trace.Message) {
		if m.End != nil {
			t.dropped.Add(m.End.Dropped)
		}
	})
}

// Notes says in sentences what this system lacks to set runs apart and to confine their
// programs. It is empty where nothing is lacking.
func (s *Server) Notes() []string { return s.notes }

// note finds the notes, and logs them.
func (s *Server) note() {
	if s.Isolation() == trace.Shared {
		s.notes = []string{"runs share this machine's loopback: a network namespace for each can't be had here"}
	} else if !s.pool.box.Users {
		s.notes = []string{"the workers of runs are root on this machine: a user namespace for each can't be had here"}
	}
	for _, n := range slices.Concat(s.pool.notes, s.keeper.Notes()) {
		if !slices.Contains(s.notes, n) {
			s.notes = append(s.notes, n)
		}
	}
	for _, n := range s.notes {
		s.cfg.Logger.Warn(n)
	}
}
