//go:build linux || darwin

package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net"

	"sockscope/server/lab"
	"sockscope/server/run"
)

// native is the native server of this process; nil when it is elsewhere.
type native = *run.Server

// nativeFlags are those that only mean something to a native server of ours.
type nativeFlags struct {
	watch run.Watch
	most  int // idle connections, of -scaling-max
}

func (n *nativeFlags) add(f *flag.FlagSet) {
	f.Var(&n.watch, "watch", "let visitors watch the standing servers, and so everyone's bytes; on where -http is a loopback address, with no -trusted-proxy and no -allow-origin of another machine")
	numberVar(f, &n.most, "scaling-max", 0, "let the lab scaling have this `number` of idle connections at most, -1 is none of it; 0 is 10000 where -watch is on by default, and 1000 elsewhere")
}

// given names a flag that was used, "" for none.
func (n *nativeFlags) given() string {
	switch {
	case n.watch != run.WatchHere:
		return "-watch"
	case n.most != 0:
		return "-scaling-max"
	}
	return ""
}

// check looks for what can't be.
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

// settle decides what was left open: visitors from elsewhere don't watch one
// another, and take less of the machine.
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
		// A session may begin while those before it are being closed.
		Viewers: 2 * c.limits.Sessions,
		Watch:   c.native.watch, Most: c.native.most, Logger: log,
	})
	if err != nil {
		return nil, nil, err
	}
	return server.Addrs(), server, nil
}

// child does the work of a process of the native server, which is this binary
// once more; it returns in any other.
func child() { run.Child() }

// ofNative shows what the native server counts.
func (f figures) ofNative(gauge gauges, counter counters) {
	if f.native == nil {
		return
	}
	n := f.native.Stats()
	gauge(viewersNow, n.Viewers)
	gauge(runsNow, n.Running)
	gauge(runsQueued, n.Queued)
	counter(runsTotal, float64(n.Runs))
	counter(runsEnded, float64(n.Ended))
	counter(droppedTotal, float64(n.Dropped))
}
