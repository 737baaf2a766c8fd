//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sockscope/server/foreign"
)

// openMain is `relay open`. It returns the exit status: 2 for a wrong command line, 1 for
// what can't be done.
func openMain(args []string) int {
	o, err := parseOpen(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "relay open: %v (relay open -h lists the flags)\n", err)
		return 2
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := o.run(os.Stdin, os.Stderr, signals); err != nil {
		fmt.Fprintln(os.Stderr, "relay open:", err)
		return 1
	}
	return 0
}

// run shows the file until a signal. One that comes while it is read ends the reading.
func (o *opening) run(in io.Reader, says io.Writer, signals <-chan os.Signal) error {
	size := int64(0)
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return err
		}
		defer f.Close()
		stat, err := f.Stat()
		if err != nil {
			return err
		}
		if stat.IsDir() {
			return fmt.Errorf("%s is a folder", o.file)
		}
		in, size = f, stat.Size()
	}
	session := foreign.NewFile(size)
	o.foreign = session.Show
	at, leave, err := servePage(o.config)
	if err != nil {
		return err
	}
	defer leave()
	fmt.Fprintln(says, "relay open:", at)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- session.ReadFile(ctx, in, progress(says, size)) }()
	for {
		select {
		case <-signals:
			if ctx.Err() != nil { // a second one: nobody waits for a read
				return nil
			}
			stop()
		case err := <-done:
			if err != nil {
				return err
			}
			fmt.Fprintf(says, "relay open: %s; its page stays until ^C: %s\n", session.Told(), at)
			<-signals
			return nil
		}
	}
}

// progress returns what tells, at most once a second, how much has been read.
func progress(says io.Writer, size int64) func(int64) {
	last := time.Now()
	return func(n int64) {
		if now := time.Now(); now.Sub(last) > time.Second {
			last = now
			of := ""
			if size > 0 {
				of = fmt.Sprintf(" of %d", size>>20)
			}
			fmt.Fprintf(says, "relay open: %d%s MiB are read; ^C stops there, and shows them\n", n>>20, of)
		}
	}
}
