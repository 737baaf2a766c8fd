package play

// lull is what Lull has found, of how many steps and packets.
type lull struct {
	steps, packets int
	from, to       int64
}

// Lull returns the time in which nothing happened, where that is most of a run that is
// over: no step and no packet came, and whoever was in a call slept on. from and to are
// in ns, and equal where there is no such time.
func (r *Run) Lull() (from, to int64) {
	if r.End == nil || r.Len() == 0 {
		return 0, 0
	}
	l := &r.longest
	if l.steps == r.Len() && l.packets == len(r.Packets) {
		return l.from, l.to
	}
	*l = lull{steps: r.Len(), packets: len(r.Packets)}
	last, p := int64(0), 0
	happens := func(t int64) {
		if t-last > l.to-l.from {
			l.from, l.to = last, t
		}
		last = max(last, t)
	}
	for n, block := range r.steps.gists { // of a million steps each call takes its time
		if r.Breathe != nil {
			r.Breathe()
		}
		for i := range block[:min(r.Len()-n*gistBlock, gistBlock)] {
			t := block[i].Time
			for ; p < len(r.Packets) && r.Packets[p].Time <= t; p++ {
				happens(r.Packets[p].Time)
			}
			if t-last > l.to-l.from {
				happens(t)
			}
			last = max(last, t)
		}
	}
	for ; p < len(r.Packets); p++ {
		happens(r.Packets[p].Time)
	}
	happens(r.Duration())
	if length := l.to - l.from; length < lullShare*(r.Duration()-length) || length == r.Duration() {
		l.from, l.to = 0, 0
	}
	return l.from, l.to
}

// lullShare is how many times as long as all the rest the time must be in which
// nothing happened.
const lullShare = 4
