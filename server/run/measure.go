package run

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/scaling"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// The most idle connections that a run which measures may have, when nothing
// else is said: on a server for this machine alone, and on one for others too.
const (
	MostHere   = 10_000
	MostHosted = 1_000
)

// allow returns an error, for people, when a run is larger than the server's
// host has said that it may be.
func (c *Config) allow(v knob.Values) error {
	if n := v.Int(lab.Largest); n > c.Most {
		return fmt.Errorf("knob %s is %d; here it can be up to %d: who hosts this server has set that (-scaling-max)", lab.Largest, n, c.Most)
	}
	return nil
}

// furtherFiles is how many fds a process that measures may have beside those
// of its idle connections.
const furtherFiles = 64

// forMeasuring changes the limits of a run to those of one that measures.
func (l Limits) forMeasuring(v knob.Values) Limits {
	l.Wall = l.Measure
	l.Files = v.Int(lab.Largest) + furtherFiles
	return l
}

// politeness is the nice value (sched(7)) of what measures: visitors who look at
// calls go first.
const politeness = 10

// measureMain carries out the assignment of a process that measures. What it
// has measured goes to standard output, as frames of Messages.
func measureMain(job assignment) error {
	// The hard limit stays what it is where this process may not raise it: the
	// server says what is out of reach then.
	limit := unix.Rlimit{Cur: uint64(job.Files), Max: uint64(job.Files)}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
			limit.Cur = limit.Max
			unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		}
	}
	unix.Setpriority(unix.PRIO_PROCESS, 0, politeness) // refused, it would measure all the same
	number := func(name string) int {
		n, _ := strconv.Atoi(job.Args[name])
		return n
	}
	plan := scaling.Plan{
		Largest: number(lab.Largest), Repeats: number("repeats"),
		Messages: number("messages"), Payload: number("payload"),
	}
	var failed error
	stopped := socket.Run(func() {
		if job.Program == "crowd" {
			failed = scaling.Crowd(job.Addr, plan.Payload)
			return
		}
		failed = scaling.Serve(job.Addr, plan, func(p *trace.Point) {
			trace.WriteFrame(os.Stdout, &trace.Message{Point: p})
		})
	})
	if stopped != nil {
		return stopped
	}
	return failed
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

// points passes on what process i has measured. Its first word says that it
// listens.
func (e *execution) points(i int, r io.Reader) {
	for {
		var m trace.Message
		if trace.ReadFrame(r, trace.MaxRequest, &m) != nil || m.Point == nil {
			return
		}
		e.happened <- func() {
			e.causes[lab.Cause{Proc: i, Call: trace.Listen}] = true
			e.say(&m)
		}
	}
}
