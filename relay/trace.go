package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// showing gives a viewer the trace of a program of anybody's.
type showing = func(ctx context.Context, write func(frame []byte) error) error

// tracing is what the command line of `relay trace` says.
type tracing struct {
	config
	beyond bool     // the page may be seen from other machines
	pid    int      // of a process that runs already, or 0
	join   bool     // the page is that of another relay trace
	save   string   // a file for the trace, or ""
	lines  bool     // the page shows from which lines calls are made
	quit   bool     // the page ends with the program
	words  []string // of the program
}

const traceUse = `relay trace [FLAGS] -- COMMAND ARGS   trace a program of yours, live on a page
relay trace [FLAGS] -p PID            trace one that runs already
relay trace -join -- COMMAND ARGS     add one to the page of another relay trace
`

// parseTrace reads the command line behind `relay trace`.
func parseTrace(args []string, help io.Writer) (tracing, error) {
	var t tracing
	t.config, _ = parse([]string{"-control", "127.0.0.1:0", "-echo", "127.0.0.1:0", "-mux", "127.0.0.1:0", "-byteorder", "127.0.0.1:0"}, io.Discard)
	f := flag.NewFlagSet("relay trace", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&t.http, "http", "", "serve the page on this `address`; the default is 127.0.0.1:8080, or where that is in use a port that is free")
	f.BoolVar(&t.beyond, "beyond-loopback", false, "let -http be an address that other machines reach: they see all that the program sends and receives")
	f.IntVar(&t.pid, "p", 0, "trace the process with this `PID`, which runs already")
	f.BoolVar(&t.join, "join", false, "show the program on the page of the relay trace that runs already, on one clock")
	f.StringVar(&t.save, "o", "", "save the trace in this `file`, too, when the program has ended")
	f.BoolVar(&t.lines, "lines", false, "show from which line of its text each call is made, where the program has debug information (cc -g, go build) and strace has -k; it takes the program longer")
	f.BoolVar(&t.quit, "quit", false, "end with the program; without it the page stays until ^C")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, traceUse)
		f.SetOutput(help)
		f.PrintDefaults()
		return t, err
	} else if err != nil {
		return t, err
	}
	t.words = f.Args()
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case t.pid < 0 || given["p"] && t.pid == 0:
		return t, errors.New("-p takes the number of a process, such as 4711")
	case t.pid > 0 && len(t.words) > 0:
		return t, errors.New("either -p PID or -- COMMAND: one program is traced")
	case t.pid == 0 && len(t.words) == 0:
		return t, errors.New("which program? relay trace -- COMMAND ARGS, or relay trace -p PID")
	case t.join && (t.http != "" || t.save != "" || t.quit):
		return t, errors.New("-join has no page and no file of its own: -http, -o and -quit are for the relay trace that it joins")
	}
	page := ownPage{t.http, t.beyond}
	err := page.choose("the program sends and receives")
	t.http = page.http
	return t, err
}

// ended says how a program ended, by its status.
func ended(name string, status int) string {
	if status < 0 {
		return fmt.Sprintf("%s was ended by signal %d", name, -status)
	}
	return fmt.Sprintf("%s has ended with status %d", name, status)
}

// name is what the traced program is called in messages.
func (t *tracing) name() string {
	if t.pid > 0 {
		return fmt.Sprintf("process %d", t.pid)
	}
	name := t.words[0]
	return name[strings.LastIndexByte(name, '/')+1:]
}

// saveTo writes a trace to the file of -o.
func (t *tracing) saveTo(w io.WriterTo) error {
	f, err := os.Create(t.save)
	if err != nil {
		return err
	}
	_, err = w.WriteTo(f)
	return errors.Join(err, f.Close())
}
