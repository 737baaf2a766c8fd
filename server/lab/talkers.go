package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
)

// The knobs of the labs in which several clients talk to a server.
var (
	clientsKnob  = knob.Knob{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "4"}
	messagesKnob = knob.Knob{Name: "messages", Label: "messages each", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "3"}
	pauseKnob    = knob.Knob{Name: "pause", Label: "client 1 pauses", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "100ms", "1s"}, Default: "100ms", Injected: true}
	pausesKnob   = knob.Knob{Name: "pauses", Label: "each pauses", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "20ms", Injected: true}
	arriveKnob   = knob.Knob{Name: "arrive", Label: "clients come every", Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"0s", "10ms", "20ms", "100ms"}, Default: "10ms", Injected: true, Quiet: true}
	lastKnob     = knob.Knob{Name: "last", Label: "last client", Type: knob.Choice, Offers: []string{"closes", "resets", "half-closes"}, Default: "closes", Injected: true}
	timeoutKnob  = knob.Knob{Name: "timeout", Label: "timeout", Type: knob.Duration, Min: int64(50 * time.Millisecond), Max: int64(20 * time.Second), Offers: []string{"100ms", "500ms", "2s", "20s"}, Default: "500ms"}
)

// Knobs that all talking labs have, and most keep quiet about: so the server of one can be
// compared with any other.
var (
	quietPause  = knob.Knob{Name: "pause", Label: "client 1 pauses", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "100ms", "1s"}, Default: "0s", Injected: true, Quiet: true}
	quietPauses = knob.Knob{Name: "pauses", Label: "each pauses", Type: knob.Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "0s", Injected: true, Quiet: true}
	seedKnob    = knob.Knob{Name: "seed", Label: "messages", Type: knob.Int, Min: 0, Max: 999_999, Offers: []string{"0", "1", "2", "3", "4", "5"}, Default: "0", Zero: "three fixed lines", Quiet: true}
	bytesKnob   = knob.Knob{Name: "bytes", Label: "message size", Type: knob.Int, Min: 0, Max: 16 << 10, Offers: []string{"0", "1024", "4096", "12288", "16384"}, Default: "0", Zero: "as they are", Size: true, Quiet: true}
	buffersKnob = knob.Knob{Name: Buffers, Label: "kernel buffers", Type: knob.Choice, Offers: []string{"0", "4096", "16384"}, Default: "0", Zero: "the system's", Size: true, Injected: true, Quiet: true}
)

// Buffers is the knob for how many bytes each of the four buffers of a TCP connection
// holds. It takes a run in a network namespace of its own.
const Buffers = "buffers"

// grace is how long a server of a comparison waits after the longest pause until it
// takes its clients for gone.
const grace = 500 * time.Millisecond

// Against returns the values of l, a lab that talks, for a comparison with the values
// v. Its clients are those of v. Its server's knobs are at their defaults, with three
// exceptions: one recv takes as much as in the other servers, the last client closes,
// and the timeout outlasts the clients' pauses.
func (l *Lab) Against(v knob.Values) (knob.Values, error) {
	given := map[string]string{}
	for _, name := range []string{"clients", "messages", "pause", "pauses", "arrive", "seed", "bytes", Buffers} {
		given[name] = v[name]
	}
	for name, value := range map[string]string{"size": "1024", "last": "closes"} {
		if l.Knob(name) != nil {
			given[name] = value
		}
	}
	if k := l.Knob("timeout"); k != nil {
		pause := max(v.Duration("pause"), v.Duration("pauses"), v.Duration("arrive"))
		given["timeout"] = min(pause+grace, time.Duration(k.Max)).String()
	}
	return l.Set(given)
}

// endLast has the last client end as the knob says.
func endLast(procs []Process, v knob.Values) []Process {
	if p := &procs[len(procs)-1]; v["last"] != "closes" {
		p.Program = map[string]string{"resets": "reset", "half-closes": "halfclose"}[v["last"]]
		delete(p.Args, "pause")
		delete(p.Args, "seed")
	}
	return procs
}

// ending returns a server that comes to its end when nothing has happened for
// the timeout of the knob.
func ending(program, addr string, v knob.Values, names ...string) Process {
	args := map[string]string{"timeout": v["timeout"]}
	for _, name := range names {
		args[name] = v[name]
	}
	p := server(program, addr, args)
	p.Ends = true
	return p
}

// talkers are echo clients: each sends a few messages and reads each echo. They
// arrive one after the other, by the knob arrive. Before every message the first pauses
// for the knob pause, and all do for the knob pauses: without that one has ended before
// the next has arrived. With a seed they roll their messages, and how much of the pause
// they take.
func talkers(v knob.Values, addr string) []Process {
	var procs []Process
	for n := 1; n <= v.Int("clients"); n++ {
		p := client(n, "client", addr, map[string]string{"messages": strconv.Itoa(v.Int("messages"))})
		p.Arrive = int64(n) * int64(v.Duration("arrive"))
		pause := v.Duration("pauses")
		if n == 1 {
			pause = max(pause, v.Duration("pause"))
		}
		switch seed := v.Int("seed"); {
		case seed > 0:
			p.Program = "dice"
			p.Args["seed"] = strconv.Itoa(100*seed + n)
			p.Args["pause"] = pause.String()
		case pause > 0:
			p.Program = "slow"
			p.Args["pause"] = pause.String()
		}
		if v.Int("bytes") > 0 {
			p.Args["bytes"] = v["bytes"]
		}
		procs = append(procs, p)
	}
	return procs
}
