// Command server is the native side of Sockscope: it runs programs over real
// sockets and tells every call that they make.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"sockscope/server/demo"
	"sockscope/server/knob"
	"sockscope/server/run"
	"sockscope/server/trace"
)

const usage = `Usage:

  server [flags]                            serve labs, and the standing servers
  server run PROGRAM ADDR [name=value ...]  run one program here, its trace as strace text on stderr
  server list                               name the programs and their settings
  server record DIR [NAME...]               run every lab once, or those named, and keep each trace as DIR/NAME.trace

Flags:

  -control ADDR    where viewers connect           (127.0.0.1:7000)
  -echo ADDR       blocking echo server            (127.0.0.1:9999)
  -mux ADDR        select echo server              (127.0.0.1:10001)
  -byteorder ADDR  numbers in both byte orders     (127.0.0.1:20000)
  -watch           let viewers watch the standing servers, and so everyone's bytes
                   (on where -control is a loopback address; -watch=false is off)
  -scaling-max N   idle connections of the lab scaling, at most; -1 is none of it
                   (10000, or 1000 where -control is no loopback address)
  -v               log what happens

An ADDR is HOST:PORT. With another host than a loopback address, others can
connect too.

Examples:

  server run echo 127.0.0.1:9999 backlog=5
  server run client 127.0.0.1:9999 message=hello
  server run edge 127.0.0.1:10001 -bug
  server run robot 127.0.0.1:8009                 for nc 127.0.0.1 8009
  server run upload 127.0.0.1:9998 -dir DIR       keeps in DIR what its clients send
`

// The exit statuses besides a program's own.
const (
	exitFailed = 1 // it could not be done: a port is in use
	exitUsage  = 2 // it was not said right
)

func main() {
	run.Child()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// command carries out a command line and returns the exit status.
func command(ctx context.Context, args []string, stdout *os.File, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "run":
			return runProgram(args[1:], stdout, stderr)
		case "list":
			return list(args[1:], stdout, stderr)
		case "record":
			return record(ctx, args[1:], stderr)
		case "help":
			fmt.Fprint(stdout, usage)
			return 0
		}
	}
	return serve(ctx, args, stdout, stderr)
}

// serve runs the native server until ctx is done.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var cfg run.Config
	flags.StringVar(&cfg.Control, "control", trace.DefaultControl, "")
	flags.StringVar(&cfg.Echo, "echo", trace.DefaultEcho, "")
	flags.StringVar(&cfg.Mux, "mux", trace.DefaultMux, "")
	flags.StringVar(&cfg.Byteorder, "byteorder", trace.DefaultByteorder, "")
	flags.Var(&cfg.Watch, "watch", "")
	flags.IntVar(&cfg.Most, "scaling-max", 0, "")
	verbose := flags.Bool("v", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return misused(stderr, err.Error()+"; the flags are -control, -echo, -mux, -byteorder, -watch, -scaling-max and -v")
	case flags.NArg() > 0:
		return misused(stderr, fmt.Sprintf("there is no command %q; there are run, list and record, or none to serve", flags.Arg(0)))
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	cfg.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	s, err := run.Start(cfg)
	if err != nil {
		fmt.Fprintln(stderr, "server:", err)
		return exitFailed
	}
	addrs := s.Addrs()
	fmt.Fprintf(stdout, "control %s, echo %s, mux %s, byteorder %s; runs are isolated by: %s\n",
		addrs["lab"], addrs["echo"], addrs["mux"], addrs["byteorder"], s.Isolation())
	<-ctx.Done()
	s.Close()
	return 0
}

// runProgram runs one program in the terminal.
func runProgram(args []string, stdout *os.File, stderr io.Writer) int {
	if len(args) < 2 {
		return misused(stderr, "run takes a program and an address: server run PROGRAM ADDR [name=value ...]; server list names the programs")
	}
	program, err := demo.Find(args[0])
	if err != nil {
		return misused(stderr, err.Error())
	}
	settings, err := pairs(program.Settings, args[2:])
	if err != nil {
		return misused(stderr, err.Error())
	}
	signals := make(chan os.Signal, 1)
	for _, s := range run.Ending {
		if !signal.Ignored(s) { // as nohup(1) has SIGHUP
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	status, err := run.Terminal(signals, args[0], args[1], settings, stdout, stderr)
	if errors.Is(err, run.ErrUnable) {
		fmt.Fprintln(stderr, "server:", err)
		return exitFailed
	}
	if err != nil {
		return misused(stderr, err.Error())
	}
	return status
}

// pairs reads arguments of the form name=value, -name=value or -name value. For a knob
// that is true or false, -name is short for name=true.
func pairs(knobs []knob.Knob, args []string) (map[string]string, error) {
	m := map[string]string{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		flag, dash := strings.CutPrefix(arg, "-")
		name, value, ok := strings.Cut(flag, "=")
		k := knob.Find(knobs, name)
		switch {
		case !dash || ok:
		case k == nil || k.Check("true") == nil && k.Type == knob.Choice:
			value, ok = "true", true
		case i+1 < len(args):
			i++
			value, ok = args[i], true
		}
		if !ok {
			return nil, fmt.Errorf("%q is no setting; one is written name=value", arg)
		}
		m[name] = value
	}
	return m, nil
}

// list names the programs.
func list(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		return misused(stderr, "list takes nothing more")
	}
	for _, p := range demo.Programs {
		fmt.Fprintf(stdout, "%-10s %s\n", p.Name, p.Doc)
		for _, s := range p.Settings {
			fmt.Fprintf(stdout, "%-10s   %s=%s  %s: %s\n", "", s.Name, s.Default, s.Label, s.Takes())
		}
	}
	return 0
}

func misused(stderr io.Writer, text string) int {
	fmt.Fprintln(stderr, "server:", text)
	return exitUsage
}
