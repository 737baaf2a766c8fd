//go:build linux || darwin

package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"

	"sockscope/server/lab"
	"sockscope/server/run"
)

// native is the native server of this process; nil when it is elsewhere.
type native = *run.Server

// nativeFlags are the flags of a native server of this process.
type nativeFlags struct {
	watch run.Watch
	most  int // -scaling-max: idle connections
}

func (n *nativeFlags) add(f *flag.FlagSet) {
	f.Var(&n.watch, "watch", "let visitors watch the standing servers, and so everyone's bytes; the default is on if -http is a loopback address, no -trusted-proxy is given, and no -allow-origin of another machine")
	numberVar(f, &n.most, "scaling-max", 0, "the lab scaling may have this `number` of idle connections; -1 turns the lab off; 0 is 10000 where -watch is on by default, else 1000")
}

// given returns a flag of these that was used, "" for none.
func (n *nativeFlags) given() string {
	switch {
	case n.watch != run.WatchHere:
		return "-watch"
	case n.most != 0:
		return "-scaling-max"
	}
	return ""
}

// check refuses values that can't be.
func (n *nativeFlags) check() error {
	l, err := lab.Find("scaling")
	if err != nil {
		return err
	}
	k := l.Knob(lab.Largest)
	if n.most < -1 || n.most > int(k.Max) || n.most > 0 && n.most < int(k.Min) {
		return fmt.Errorf("-scaling-max can be from %d to %d, -1 for none of it, or 0 for what fits", k.Min, k.Max)
	}
	return nil
}

// settle chooses what the flags left open. Visitors from elsewhere can't watch one
// another, and get less of the machine.
func (n *nativeFlags) settle(site net.Listener, public bool) {
	if run.Loopback(site) && !public {
		return
	}
	if n.watch == run.WatchHere {
		n.watch = run.WatchNever
	}
	if n.most == 0 {
		n.most = run.MostHosted
	}
}

// startNative starts the native server.
func startNative(c config, log *slog.Logger) (map[string]string, native, error) {
	p := c.ports
	server, err := run.Start(run.Config{
		Control: p.control, Echo: p.echo, Mux: p.mux, Byteorder: p.byteorder,
		// New sessions begin while old ones still close.
		Viewers: 2 * c.limits.Sessions,
		Watch:   c.native.watch, Most: c.native.most, Logger: log,
		Foreign: c.foreign,
	})
	if err != nil {
		return nil, nil, err
	}
	return server.Addrs(), server, nil
}

// child does its work and exits if this process is one of the native server's. They run
// this same binary. In any other process it returns.
func child() { run.Child() }

// ofNative writes what the native server counts.
func (f figures) ofNative(w io.Writer) {
	if f.native == nil {
		return
	}
	n := f.native.Stats()
	gauge(w, "sockscope_viewers", "Connections to the native server's control port now.", n.Viewers)
	gauge(w, "sockscope_runs_running", "Runs now.", n.Running)
	gauge(w, "sockscope_runs_queued", "Runs waiting for their turn.", n.Queued)
	total(w, "sockscope_runs_total", "Runs that had their turn.", n.Runs)
	total(w, "sockscope_runs_ended_total", "Runs that reported their end. The others were cut off.", n.Ended)
	total(w, "sockscope_calls_dropped_total", "Calls missing in their run's trace.", n.Dropped)
}
