package lab

import (
	"strconv"
	"time"
)

// The knobs of the labs in which several clients talk to a server.
var (
	clientsKnob  = Knob{Name: "clients", Label: "clients", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "4"}
	messagesKnob = Knob{Name: "messages", Label: "messages each", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "3"}
	pauseKnob    = Knob{Name: "pause", Label: "client 1 pauses", Type: Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "20ms", Injected: true}
	pausesKnob   = Knob{Name: "pauses", Label: "each pauses", Type: Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "3ms", Injected: true}
	lastKnob     = Knob{Name: "last", Label: "last client", Type: Choice, Offers: []string{"closes", "resets", "half-closes"}, Default: "closes", Injected: true}
	timeoutKnob  = Knob{Name: "timeout", Label: "timeout", Type: Duration, Min: int64(50 * time.Millisecond), Max: int64(20 * time.Second), Offers: []string{"100ms", "500ms", "2s", "20s"}, Default: "500ms"}
)

// endLast has the last client end as the knob says.
func endLast(procs []Process, v Values) []Process {
	if p := &procs[len(procs)-1]; v["last"] != "closes" {
		p.Program = map[string]string{"resets": "reset", "half-closes": "halfclose"}[v["last"]]
		delete(p.Args, "pause")
	}
	return procs
}

// ending returns a server that comes to its end when nothing has happened for
// the timeout of the knob.
func ending(program, addr string, v Values, names ...string) Process {
	args := map[string]string{"timeout": v["timeout"]}
	for _, name := range names {
		args[name] = v[name]
	}
	p := server(program, addr, args)
	p.Ends = true
	return p
}

// talkers are the tutorial's clients: each sends a few messages and reads each
// echo. Before every message the first pauses for the knob pause, and all do for
// the knob pauses: without that one has ended before the next has begun.
func talkers(v Values, addr string) []Process {
	var procs []Process
	for n := 1; n <= v.Int("clients"); n++ {
		p := client(n, "client", addr, map[string]string{"messages": strconv.Itoa(v.Int("messages"))})
		pause := v.Duration("pauses")
		if n == 1 {
			pause = max(pause, v.Duration("pause"))
		}
		if pause > 0 {
			p.Program = "slow"
			p.Args["pause"] = pause.String()
		}
		procs = append(procs, p)
	}
	return procs
}
