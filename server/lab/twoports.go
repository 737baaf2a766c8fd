package lab

import (
	"strconv"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// twoPorts is one server with two listeners.
var twoPorts = &Lab{
	ID:       "two-ports",
	Pattern:  "sssssr-r-/yy......./.....yy..",
	Section:  Blocking,
	Brief:    "One wait for many sources",
	Question: "One process, one thread, two ports. How can it wait for a client of either?",
	Stops: []Stop{
		{Say: "The second `listen`: two listeners, with a backlog each.",
			At: Moment{Calls: []trace.Call{trace.Listen}, By: AServer, Nth: 2}, Light: OnBar | OnLine | OnQueue},
		{Say: "One `select` waits for both. A listener is readable: a client waits there.",
			At: Moment{Calls: aSelect, By: AServer, Ready: ListenerReady}, Light: OnBar | OnLine | OnQueue},
		{Say: "Client 1 is accepted from the listener of port 8020.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 1"}},
		{Say: "Client 2 is accepted from the other listener, of port 8021, in the same loop.",
			At: Moment{Calls: anAccept, By: AServer, With: "client 2"}},
		{Say: "A connection is readable. The same `select` waits for both listeners and for the connections of either port.",
			At: Moment{Calls: aSelect, By: AServer, Ready: BytesReady, After: &Moment{Calls: anAccept, By: AServer, With: "client 2"}}, Light: OnBar | OnLine | OnQueue},
	},
	Recap: "A blocking `accept` waits at one listener. `select` waits for whatever is an fd: one wait for many sources.",
	Needs: "select",
	Tries: []Try{
		{"8 clients", Setup{{"clients", "8"}}},
	},
	True: []string{
		"A blocking `accept` waits at one listener. A thread that sleeps there does not see a client of the other.",
		"`select` waits for whatever is an fd: listeners, connections, pipes. One wait for many sources is what it is for.",
		"A listener is readable when its backlog isn't empty. The client in it may give up before `accept`: hence the listener is non-blocking.",
	},
	Asks: []Topic{WaitSleeps, WaitListener, AcceptGives, WaitReadable, WaitCounts, WaitEnd, WaitTimesOut},
	Knobs: []knob.Knob{
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 2, Max: 8, Offers: []string{"2", "3", "4", "6", "8"}, Default: "4"},
		{Name: "messages", Label: "messages each", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "2"},
		timeoutKnob,
		arriveKnob,
	},
	Notes: "Odd clients connect to port 8020, even ones to port 8021.",
	procs: func(v knob.Values) []Process {
		addrs := [...]string{"127.0.0.1:8020", "127.0.0.1:8021"}
		both := ending("two-ports", addrs[0], v)
		both.Args["other"] = addrs[1]
		procs := []Process{both}
		for n := 1; n <= v.Int("clients"); n++ {
			p := client(n, "client", addrs[(n+1)%2], map[string]string{"messages": strconv.Itoa(v.Int("messages"))})
			p.Arrive = int64(n) * int64(v.Duration("arrive"))
			p.After.Call = trace.Fcntl // the first one follows both listens
			procs = append(procs, p)
		}
		return procs
	},
}
