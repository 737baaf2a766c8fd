package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"sockscope/server/confine"
	"sockscope/server/demo"
	"sockscope/server/process"
	"sockscope/server/socket"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/server/witness"
)

// Ending are the signals that end a Go program unless it catches them (package
// os/signal), and that another process sends. [Terminal] passes them on, so that the
// program ends by them and its trace is whole. SIGPIPE is left out: it says that nobody
// reads the trace.
var Ending = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGTERM}

// takes returns an error for an address that a program can't bind or connect: what the
// kernel says of one of another family helps nobody.
func takes(p *demo.Program, addr string) error {
	if p.Needs == demo.Strace {
		return nil // package net takes any
	}
	if local := strings.HasPrefix(addr, "@") || strings.Contains(addr, "/"); p.AnyFamily {
		if _, err := netip.ParseAddrPort(addr); err != nil && !local {
			return fmt.Errorf("%q is no address; program %s takes one with a port, as 127.0.0.1:7777 or [::1]:7777, a path with a slash, or an abstract name as @echo", addr, p.Name)
		}
		return nil
	}
	switch ap, err := netip.ParseAddrPort(addr); {
	case err != nil:
		return fmt.Errorf("%q is no address; program %s takes one of IPv4 with a port, as 127.0.0.1:7777: a number, not a name", addr, p.Name)
	case !ap.Addr().Is4():
		return fmt.Errorf("%s is an address of IPv6; program %s takes one of IPv4, as 127.0.0.1:7777: its sockets are of AF_INET", addr, p.Name)
	}
	return nil
}

// Terminal runs one program on the host's own network and writes its trace to out, as
// strace(1) does: the beginning of a call as soon as it enters the kernel, the rest when
// it returns. The program inherits stdout as its standard output. Its lines on standard
// error go between those of the trace, and so does the address when the kernel chose the
// port. The program gets the signals that come on signals.
//
// The status is the program's exit status, or 128 and the number of the signal that
// ended it. An error means that there was nothing to run.
func Terminal(signals <-chan os.Signal, program, addr string, args map[string]string, stdout *os.File, out io.Writer) (status int, err error) {
	p, err := demo.Find(program)
	if err != nil {
		return 0, err
	}
	if _, err := p.Check(args); err != nil {
		return 0, err
	}
	if err := takes(p, addr); err != nil {
		return 0, err
	}
	if why := lacks(p, confine.Shared); why != "" {
		return 0, fmt.Errorf("program %s %w: %s", program, ErrUnable, why)
	}
	job := process.Job{Program: program, Addr: addr, Args: args, Leashed: true}
	job.Sample = strings.HasSuffix(addr, ":0") // which tells the port that the kernel chose
	straced := p.Needs == demo.Strace
	proc, err := process.Spawn(process.Start{Args: job.Words(), Output: stdout, Strace: straced})
	if err != nil {
		return 0, err
	}
	defer proc.Release()
	if err := errors.Join(proc.Assign(job), proc.Go(0)); err != nil {
		return 0, err
	}
	lines := make(chan string)
	exit := make(chan int64, 1)
	taken := make(chan []trace.Event)
	var complete sync.WaitGroup
	if straced {
		complete.Go(func() {
			w := witness.Reader{
				Out:  proc.Strace,
				Take: func(events []trace.Event) { taken <- events },
				Note: func(text string) { lines <- text },
			}
			w.Read()
		})
	}
	go func() {
		for scan := bufio.NewScanner(proc.Stderr); scan.Scan(); {
			lines <- scan.Text()
		}
		io.Copy(io.Discard, proc.Stderr) // behind a line that is too long
		complete.Wait()
		exit <- proc.Wait()
	}()
	screen := &straceWriter{w: out, threads: straced, strace: straced, pids: []int{proc.Number()}}
	m := merge{
		areas:  []mergeArea{{area: proc.Area}},
		locate: func(string) int { return 0 },
		seen:   func(*trace.Event) {},
		born:   func(_, pid int) { screen.pids = append(screen.pids, pid) },
		gaps:   true,
	}
	if straced {
		m.settle = witness.Settle
	}
	pass := func(all bool) error {
		_, certain, err := m.read(socket.Now())
		if all {
			certain = never
		}
		for _, e := range m.take(certain) {
			screen.event(&e)
		}
		return err
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := pass(false); err != nil {
				return 0, err
			}
		case s := <-signals:
			proc.Signal(s.(syscall.Signal))
		case events := <-taken:
			for _, e := range events {
				m.add(e)
			}
		case line := <-lines:
			// Behind the calls that came before it.
			m.add(trace.Event{Kind: trace.Note, Time: socket.Now(), Note: line})
		case code := <-exit:
			if err := pass(true); err != nil {
				return 0, err
			}
			if n := m.dropped(); n > 0 {
				screen.line(fmt.Sprintf("%d calls are not shown: they were made faster than they could be recorded", n))
			}
			return screen.exit(code), nil
		}
	}
}

// straceWriter writes events as lines of strace's. It ignores errors: a program goes on
// when nobody reads its trace.
type straceWriter struct {
	w       io.Writer
	pids    []int                   // of the processes, by their numbers
	open    map[thread]*trace.Event // calls under way
	partial *thread                 // whose line has no end yet; nil for none
	threads bool                    // there is more than one
	procs   bool                    // the same for processes
	strace  bool                    // strace takes the calls, and goroutines tell theirs
}

// thread is a thread of a process, by their numbers.
type thread struct{ proc, thread int }

func (s *straceWriter) event(e *trace.Event) {
	who := thread{e.Proc, e.Thread}
	switch e.Kind {
	case trace.Note:
		s.line(e.Note)
	case trace.Gap:
		s.line(fmt.Sprintf("%s+++ %d calls were not recorded here +++", s.prefix(who), e.Result))
	case trace.Start:
		s.threads = s.threads || e.Thread > 0
		s.procs = s.procs || e.Proc > 0
	case trace.Exit:
		// Who waited for the first process tells its end.
		if e.Proc > 0 && e.Thread == 0 {
			s.line(s.prefix(who) + exitLine(e.Result))
		}
	case trace.Enter:
		if s.open == nil {
			s.open = map[thread]*trace.Event{}
		}
		s.breakLine()
		enter := *e
		s.open[who] = &enter
		s.partial = &who
		fmt.Fprint(s.w, s.prefix(who), beginning(&enter))
	case trace.Return:
		enter := s.open[who]
		if enter == nil {
			return
		}
		delete(s.open, who)
		if s.partial != nil && *s.partial == who {
			s.partial = nil
			fmt.Fprintln(s.w, strings.TrimPrefix(strace.API.Line(enter, e), beginning(enter)))
		} else {
			s.line(s.prefix(who) + strace.API.Resumed(enter, e))
		}
		if e.Call == trace.Bind && e.Errno == 0 && len(e.Queues) > 0 {
			s.line("server: bound to " + e.Queues[0].Local)
		}
	}
}

const unfinished = " <unfinished ...>"

// beginning returns what can be said of a call that has not returned.
func beginning(enter *trace.Event) string {
	return strings.TrimSuffix(strace.API.Line(enter, nil), unfinished)
}

// prefix names the process and the thread, as strace -f does, when there are
// several.
func (s *straceWriter) prefix(who thread) string {
	prefix := ""
	if s.procs {
		prefix = fmt.Sprintf("[pid %d] ", s.pids[who.proc])
	}
	if s.threads {
		name := fmt.Sprintf("thread %d", who.thread+1)
		if s.strace {
			name = trace.ThreadName(who.thread)
		}
		prefix += "[" + name + "] "
	}
	return prefix
}

// breakLine leaves the line of a call that is under way.
func (s *straceWriter) breakLine() {
	if s.partial != nil {
		s.partial = nil
		fmt.Fprintln(s.w, unfinished)
	}
}

func (s *straceWriter) line(text string) {
	s.breakLine()
	fmt.Fprintln(s.w, text)
}

// exit writes how the program ended and returns the status that a shell would
// give it.
func (s *straceWriter) exit(status int64) int {
	if s.strace { // no thread's, but the process's
		s.threads = false
	}
	s.line(s.prefix(thread{}) + exitLine(status))
	if status < 0 {
		return 128 + int(-status)
	}
	return int(status)
}

func exitLine(status int64) string {
	if status < 0 {
		return "+++ killed by " + trace.SignalName(-status) + " +++"
	}
	return fmt.Sprintf("+++ exited with %d +++", status)
}
