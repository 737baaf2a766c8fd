package process

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"sockscope/server/lab"
	"sockscope/server/scaling"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// politeness is the nice value (sched(7)) of a program that measures. Visitors who look
// at calls go first.
const politeness = 10

// measure does the job of a process that measures. It writes what it has measured to
// standard output, as frames of Messages.
func (a *Job) measure() error {
	// Where this process may not raise the hard limit, the program says what is out
	// of its reach.
	limit := unix.Rlimit{Cur: uint64(a.Files), Max: uint64(a.Files)}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
			limit.Cur = limit.Max
			unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		}
	}
	unix.Setpriority(unix.PRIO_PROCESS, 0, politeness) // refused, it would measure all the same
	number := func(name string) int {
		n, _ := strconv.Atoi(a.Args[name])
		return n
	}
	plan := scaling.Plan{
		Largest: number(lab.Largest), Repeats: number("repeats"),
		Messages: number("messages"), Payload: number("payload"),
	}
	var failed error
	stopped := socket.Run(func() {
		if a.Program == "crowd" {
			failed = scaling.Crowd(a.Addr, plan.Payload)
			return
		}
		failed = scaling.Serve(a.Addr, plan, func(p *trace.Point) {
			trace.WriteFrame(os.Stdout, &trace.Message{Point: p})
		})
	})
	if stopped != nil {
		return stopped
	}
	return failed
}
