package run

import "sockscope/server/trace"

// locator finds the files of a run's programs among its sources.
type locator map[string]int

func newLocator(sources []trace.Source) locator {
	l := locator{}
	for i, s := range sources {
		l[s.Name] = i + 1
	}
	return l
}

// file returns the index of the source with the name, plus one; 0 where it is none
// of the run's.
func (l locator) file(name string) int { return l[name] }
