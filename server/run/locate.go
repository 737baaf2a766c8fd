package run

import (
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// locator turns program counters into places in the sources of a run. The
// same few places make all the calls, so each is looked up once.
type locator struct {
	sources map[string]int // a source's name: its index, plus one
	known   map[[4]uintptr]place
}

type place struct{ file, line int }

func newLocator(sources []trace.Source) *locator {
	l := &locator{sources: map[string]int{}, known: map[[4]uintptr]place{}}
	for i, s := range sources {
		l.sources[s.Name] = i + 1
	}
	return l
}

// at returns the index of the source, plus one, and the line; zeros when the
// call was made by none of the run's sources.
func (l *locator) at(pcs [4]uintptr) (file, line int) {
	p, ok := l.known[pcs]
	if !ok {
		name, line := socket.Locate(pcs[:])
		if f := l.sources[name]; f > 0 {
			p = place{f, line}
		}
		l.known[pcs] = p
	}
	return p.file, p.line
}
