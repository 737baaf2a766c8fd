package run

import (
	"fmt"
	"io"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/scaling"
	"sockscope/server/trace"
)

// The most idle connections of a run that measures, unless Config.Most says otherwise: on
// a server for this machine alone, and on one for others too.
const (
	MostHere   = 10_000
	MostHosted = 1_000
)

// allow returns an error, for people, when a run is larger than the server's host
// allows.
func (c *Config) allow(v knob.Values) error {
	if n := v.Int(lab.Largest); n > c.Most {
		return fmt.Errorf("knob %s is %d; here it can be up to %d: who hosts this server has set that (-scaling-max)", lab.Largest, n, c.Most)
	}
	return nil
}

// furtherFiles is how many fds a process that measures may have, besides those of its
// idle connections.
const furtherFiles = 64

// forMeasuring changes the limits of a run to those of one that measures.
func (l Limits) forMeasuring(v knob.Values) Limits {
	l.Wall = l.Measure
	l.Files = v.Int(lab.Largest) + furtherFiles
	return l
}

// describeMeasuring is describe for a lab that measures.
func describeMeasuring(procs []lab.Process) (shown []trace.Proc, sources []trace.Source) {
	for _, name := range scaling.Files {
		sources = append(sources, trace.Source{Name: name, Text: scaling.Source(name)})
	}
	for _, p := range procs {
		p.File = 1
		if p.Role == trace.RoleClient {
			p.File = len(sources)
		}
		shown = append(shown, p.Proc)
	}
	return shown, sources
}

// points passes on what process i has measured. The first point says that it listens.
func (e *execution) points(i int, r io.Reader) {
	for {
		var m trace.Message
		if trace.ReadFrame(r, trace.MaxRequest, &m) != nil || m.Point == nil {
			return
		}
		e.happened <- func() {
			e.caused(lab.Cause{Proc: i, Call: trace.Listen}, e.time())
			e.say(&m)
		}
	}
}
