package socket

import (
	"runtime"
	"strings"

	"sockscope/server/ring"
)

// demos is what the names of the programs' functions begin with.
const demos = "sockscope/server/demo/"

// sites are the places that a thread has made calls from. The few places of a program
// make all its calls: what return addresses mean is looked up once for each.
type sites struct {
	area   *ring.Area
	known  map[stack]ring.Site
	recent [16]place // some of those known, to be found without a map
}

// place is what return addresses mean.
type place struct {
	around stack
	site   ring.Site
}

// stack are the return addresses of the functions around a call, innermost first; 0 ends
// them. What is inlined is not among them.
type stack [7]uintptr

// at returns the place of the innermost caller that is a program's, zero when none
// is.
func (s *sites) at(around *stack) ring.Site {
	p := &s.recent[(around[0]^around[1]>>2^around[2]>>4)%uintptr(len(s.recent))]
	if p.around != *around {
		site, ok := s.known[*around]
		if !ok {
			site = s.add(around)
		}
		*p = place{*around, site}
	}
	return p.site
}

func (s *sites) add(around *stack) (site ring.Site) {
	if s.known == nil {
		s.known = map[stack]ring.Site{}
	}
	var pcs [16]uintptr
	if file, line := locate(pcs[:runtime.Callers(0, pcs[:])]); line > 0 {
		site = s.area.AddPlace(file, line)
	}
	s.known[*around] = site
	return site
}

// locate returns the base name of a program's file, and the line.
func locate(pcs []uintptr) (file string, line int) {
	frames := runtime.CallersFrames(pcs)
	for more := len(pcs) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, demos) {
			return f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line
		}
	}
	return "", 0
}
