package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sockscope/server/foreign"
	"sockscope/server/trace"
)

// traceMain is `relay trace`. It returns the exit status: that of the program, 128 and the
// number of the signal that ended it, 2 for a wrong command line, 1 for what can't be done.
func traceMain(args []string) int {
	t, err := parseTrace(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "relay trace: %v (relay trace -h lists the flags)\n", err)
		return 2
	}
	// The terminal sends ^C to the program, too: it is the program's to end by it, or not.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	run := t.lead
	if t.join {
		run = t.follow
	}
	status, err := run(signals)
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay trace:", err)
		return 1
	}
	if status < 0 {
		return 128 - status
	}
	return status
}

// start starts the program under strace, or strace beside it.
func (t *tracing) start() (*foreign.Command, error) {
	if t.pid > 0 {
		return foreign.Attach(t.pid, foreign.Ours(), t.lines)
	}
	return foreign.Start(t.words, foreign.Ours(), t.lines)
}

// finish waits for the program, and passes signals on to it. ^C reaches it by itself.
func finish(c *foreign.Command, signals <-chan os.Signal) int {
	over := make(chan int, 1)
	go func() { over <- c.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt || c.PID != 0 {
				c.Signal(s)
			}
		case status := <-over:
			return status
		}
	}
}

// lead traces the program on a page of its own.
func (t *tracing) lead(signals <-chan os.Signal) (int, error) {
	session := foreign.NewSession()
	t.foreign = session.Show
	at, leave, err := servePage(t.config)
	if err != nil {
		return 0, err
	}
	defer leave()
	if others, err := foreign.Lead(session); err == nil {
		defer others.Close()
	}
	fmt.Fprintln(os.Stderr, "relay trace:", at)
	c, err := t.start()
	if err != nil {
		return 0, err
	}
	read := make(chan error, 1)
	go func() { read <- session.Read(c.Out()) }()
	status := finish(c, signals)
	<-read
	session.Settle() // those that have joined may go on
	session.End(trace.EndDone, "")
	if t.save != "" {
		if err := t.saveTo(session); err != nil {
			return 0, err
		}
	}
	if !t.quit {
		fmt.Fprintf(os.Stderr, "relay trace: %s; its page stays until ^C: %s\n", ended(t.name(), status), at)
		<-signals
	}
	return status, nil
}

// follow has the relay trace that runs already show the program.
func (t *tracing) follow(signals <-chan os.Signal) (int, error) {
	leader, err := foreign.Join()
	if err != nil {
		return 0, err
	}
	defer leader.Close()
	c, err := t.start()
	if err != nil {
		return 0, err
	}
	if err := leader.Give(c.Out()); err != nil {
		return 0, err
	}
	return finish(c, signals), nil
}
