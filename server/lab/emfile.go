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
	Question: "A server has as many fds as it may have, and a client connects once more. accept fails. What does poll say next?",
	Stops: []Stop{
		{Say: "The server accepts the second connection, and has no fd left: its limit is 6 (`ulimit -n`).",
			At: Moment{Calls: anAccept, By: AServer, Result: AtLeast(1), Nth: 2}, For: unspared, Light: OnBar | OnLine | OnQueue},
		{Say: "The client connects a third time. That succeeds all the same: the server's kernel shakes hands by itself, and needs no fd for that.",
			At: Moment{Is: Enters, Calls: aConnect, By: AClient, Nth: 3}, For: unspared},
		{Say: "The server holds a spare fd, so that its first client takes the last one: its limit is 6 (`ulimit -n`).",
			At: Moment{Calls: anAccept, By: AServer, Result: AtLeast(1)}, For: spared, Light: OnBar | OnLine | OnQueue},
		{Say: "`accept` fails with EMFILE. The connection stays where it is, in the backlog.",
			At: Moment{Calls: anAccept, By: AServer, Errno: trace.EMFILE}, Light: OnBar | OnLine | OnQueue},
		{Say: "So the listener is still readable, and `poll` returns at once. `accept` fails again, and so on: the loop takes a whole processor and does nothing.",
			At: Moment{Calls: aPoll, By: AServer, Sleep: trace.Awake, Ready: ListenerReady, After: anEMFILE}, For: Setup{{"cure", "none"}}, Light: OnBar | OnLine | OnQueue},
		{Say: "The client has closed its first connection, and that fd is free. Now the third one is accepted. Asking all the time didn't bring that any sooner.",
			At: Moment{Calls: anAccept, By: AServer, Result: AtLeast(1), After: anEMFILE}, For: Setup{{"cure", "none"}}},
		{Say: "The server has taken the listener off its list, and `poll` sleeps. Somebody waits in the backlog, and nobody asks about it.",
			At: Moment{Calls: aPoll, By: AServer, Sleep: trace.Slept, After: anEMFILE}, For: Setup{{"cure", "listener off"}}},
		{Say: "The client has closed its first connection, and that fd is free. The listener is on the list again, and the third connection is accepted.",
			At: Moment{Calls: anAccept, By: AServer, Result: AtLeast(1), After: anEMFILE}, For: Setup{{"cure", "listener off"}}},
		{Say: "The server gives its spare fd up.",
			At: Moment{Calls: aClose, By: AServer, After: anEMFILE}, For: spared, Light: OnBar | OnLine | OnQueue},
		{Say: "So this `accept` succeeds. It takes the connection out of the backlog, only to close it.",
			At: Moment{Calls: anAccept, By: AServer, Result: AtLeast(1), After: anEMFILE}, For: spared},
		{Say: "The client's `recv` returns 0: nobody serves it, and it has been told.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0)}, For: spared,
			Else: &Stop{Say: "The client's `recv` returns ECONNRESET, as what it had sent was not read: nobody serves it, and it has been told.",
				At: Moment{Calls: aRecv, By: AClient, Errno: trace.ECONNRESET}}},
	},
	Recap: "With no fd left `accept` fails, and takes nobody out of the backlog. A level-triggered wait goes on saying so: take the listener off the list until an fd is free, or keep a spare one.",
	Needs: "poll",
	Tries: []Try{
		{"the listener off the list", Setup{{"cure", "listener off"}}},
		{"a spare fd", Setup{{"cure", "spare fd"}}},
	},
	True: []string{
		"EMFILE is the limit of the process (RLIMIT_NOFILE), ENFILE that of the system (accept(2), getrlimit(2)).",
		"`accept` that fails so leaves the connection in the backlog. Its client is connected, has sent, and waits.",
		"`poll`, `select` and level-triggered `epoll_wait` report what is so, not what is new: the listener is readable for as long as somebody waits there (poll(2), epoll(7)).",
		"The spare fd is given up to accept one client and close it at once: it gets an answer, if a poor one. The listener off the list lets clients wait. A pause before the next try is the simplest cure.",
	},
	Asks: []Topic{ConnectQueued, AcceptFails, FullAgain, WaitSleeps},
	Knobs: []knob.Knob{
		{Name: "cure", Label: "cure", Type: knob.Choice, Offers: []string{"none", "listener off", "spare fd"}, Default: "none"},
		{Name: "stay", Label: "client keeps the first", Type: knob.Duration, Min: int64(time.Millisecond), Max: spinsFor, Offers: []string{"5ms", "10ms", "20ms", "40ms"}, Default: "10ms", Injected: true},
	},
	Spends: true,
	Notes:  "The client gets an echo on each connection before it makes the next, but for the last. Here the loop ends when it closes the first. Where the fds leak, as in a program that forgets to close, it doesn't end at all.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		full := server("emfile", addr, map[string]string{"cure": map[string]string{"none": "none", "listener off": "aside", "spare fd": "spare"}[v["cure"]], "timeout": "500ms"})
		full.Full, full.Ends = true, true
		return []Process{full, client(1, "hoard", addr, map[string]string{"stay": v["stay"]})}
	},
}

// Set-ups of emfile, and the failure that it is about.
var (
	unspared = Setup{{"cure", "none|listener off"}}
	spared   = Setup{{"cure", "spare fd"}}
	anEMFILE = &Moment{Calls: anAccept, By: AServer, Errno: trace.EMFILE}
)
