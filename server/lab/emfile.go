package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// emfile is a server that has no fd left for the next client.
var emfile = &Lab{
	ID:       "emfile",
	Pattern:  "srreaeaea/ssr--ssss",
	Section:  Endings,
	Brief:    "Does poll return again?",
	Question: "A server has as many fds as it may have, and one more client connects. accept fails. What does poll say next?",
	Stops: []Stop{
		{Say: "The server accepts client 2, and has no fd left: its limit is 6 (`ulimit -n`).",
			At: Moment{Calls: anAccept, By: AServer, With: "client 2"}, Light: OnBar | OnLine | OnQueue},
		{Say: "Client 3 connects. That succeeds all the same: the server's kernel shakes hands by itself, and needs no fd for that.",
			At: Moment{Is: Enters, Calls: aConnect, By: "client 3"}},
		{Say: "`accept` fails with EMFILE. Client 3 stays where it is, in the backlog.",
			At: Moment{Calls: anAccept, By: AServer, Errno: trace.EMFILE}, Light: OnBar | OnLine | OnQueue},
		{Say: "So the listener is still readable, and `poll` returns at once. `accept` fails again, and so on: the loop takes a whole processor and does nothing.",
			At: Moment{Calls: aPoll, By: AServer, Sleep: trace.Awake, Ready: ListenerReady, After: &Moment{Calls: anAccept, By: AServer, Errno: trace.EMFILE}}, Light: OnBar | OnLine | OnQueue},
		{Say: "A client has left, and its fd is free. Now client 3 is accepted. Asking all the time didn't bring that any sooner.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 3"}},
	},
	Recap: "With no fd left `accept` fails, and takes nobody out of the backlog. A level-triggered wait goes on saying so: take the listener off the list until an fd is free, or keep a spare one.",
	Needs: "poll",
	Tries: []Try{
		{"the listener off the list", map[string]string{"cure": "listener off"}},
		{"a spare fd", map[string]string{"cure": "spare fd"}},
	},
	True: []string{
		"EMFILE is the limit of the process (RLIMIT_NOFILE), ENFILE that of the system (accept(2), getrlimit(2)).",
		"`accept` that fails so leaves the connection in the backlog. Its client is connected, has sent perhaps, and waits.",
		"`poll`, `select` and level-triggered `epoll_wait` report what is so, not what is new: the listener is readable for as long as somebody waits there (poll(2), epoll(7)).",
		"The spare fd is given up to accept one client and close it at once: it gets an answer, if a poor one. The listener off the list lets clients wait. A pause before the next try is the simplest cure.",
	},
	Asks: []Topic{ConnectQueued, AcceptFails, FullAgain, WaitSleeps},
	Knobs: []knob.Knob{
		{Name: "cure", Label: "cure", Type: knob.Choice, Offers: []string{"none", "listener off", "spare fd"}, Default: "none"},
		{Name: "stay", Label: "clients stay", Type: knob.Duration, Min: int64(time.Millisecond), Max: spinsFor, Offers: []string{"5ms", "10ms", "20ms", "40ms"}, Default: "10ms", Injected: true},
		{Name: "arrive", Label: arriveKnob.Label, Type: knob.Duration, Min: 0, Max: int64(100 * time.Millisecond), Offers: []string{"0s", "1ms", "10ms"}, Default: "1ms", Injected: true, Quiet: true},
	},
	Beside: "poll",
	Notes:  "Here the loop ends when a client leaves. Where the fds leak, as in a program that forgets to close, it doesn't end at all.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		full := server("emfile", addr, map[string]string{"cure": map[string]string{"none": "none", "listener off": "aside", "spare fd": "spare"}[v["cure"]], "timeout": "500ms"})
		full.Full, full.Ends = true, true
		procs := []Process{full}
		for n := 1; n <= 3; n++ {
			p := client(n, "slow", addr, map[string]string{"messages": "1", "pause": v["stay"]})
			p.Arrive = int64(n) * int64(v.Duration("arrive"))
			procs = append(procs, p)
		}
		return procs
	},
}
