package socket

import (
	"runtime"
	"slices"
	"strings"

	"sockscope/server/ring"
)

// demos is what the names of the programs' functions begin with.
const demos = "sockscope/server/demo/"

// sites are the places that a thread has made calls from. The few places of a program
// make all its calls: what return addresses mean is looked up once for each, and a call
// costs one more look into a map.
type sites struct {
	area  *ring.Area
	known map[stack]ring.Site
}

// stack are the return addresses of a call, innermost first; 0 ends them.
type stack [4]uintptr

// here returns the place of the innermost caller that is a program's, zero when none
// is, after as many frames as runtime.Callers is to skip.
func (s *sites) here(skip int) ring.Site {
	var pcs stack
	n := runtime.Callers(skip, pcs[:])
	site, ok := s.known[pcs]
	if !ok {
		if s.known == nil {
			s.known = map[stack]ring.Site{}
		}
		if file, line := locate(slices.Clone(pcs[:n])); line > 0 {
			site = s.area.AddPlace(file, line)
		}
		s.known[pcs] = site
	}
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
