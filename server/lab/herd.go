package lab

import (
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// herds are the ways in which the children of lab herd wait.
var herds = []string{"accept", "select, then accept", "EPOLLEXCLUSIVE", "SO_REUSEPORT"}

// herd is several processes that wait for one listener.
var herd = &Lab{
	ID:       "herd",
	Pattern:  "ssr-rsrsr/ssrssssss/ssrssssss",
	Section:  Endings,
	Brief:    "How many wake?",
	Question: "Several processes wait for the same listener, and one client connects. How many of them wake, and what do they find?",
	Stops: []Stop{
		{Say: "The parent has made its children. Each has an fd of the same listener.",
			At: Moment{Calls: aFork, By: AServer, Nth: -1}, For: Setup{{"wait", herds[0] + "|" + herds[1] + "|" + herds[2]}}},
		{Say: "The parent has made its children, and a listener for each. SO_REUSEPORT lets all of them have the same address.",
			At: Moment{Calls: aFork, By: AServer, Nth: -1}, For: waits(3)},
		{Say: "A child's `select` returns: the listener is readable. Client 1 is in its backlog.",
			At: Moment{Calls: aSelect, By: AChild, Ready: ListenerReady, Sleep: trace.Slept}, For: waits(1), Light: OnBar | OnLine | OnQueue},
		{Say: "Another child's `select` returns as well, for the same client. A wait for readiness takes nothing away, so all who wait are told.",
			At: Moment{Calls: aSelect, By: AChild, Ready: ListenerReady, Sleep: trace.Slept, Nth: 2}, For: waits(1)},
		{Say: "A child's `epoll_wait` returns: the listener is readable. EPOLLEXCLUSIVE has the kernel wake one, or some, and not all.",
			At: Moment{Calls: anEpollWait, By: AChild, Ready: ListenerReady, Sleep: trace.Slept}, For: waits(2), Light: OnBar | OnLine},
		{Say: "One child's `accept` gets client 1.",
			At: Moment{Calls: anAccept, By: AChild, With: "client 1"}, For: Setup{{"wait", herds[1] + "|" + herds[2]}}},
		{Say: "All children sleep in `accept`. For client 1 the kernel wakes this one, and no other.",
			At: Moment{Calls: anAccept, By: AChild, With: "client 1"}, For: waits(0)},
		{Say: "Client 1 is in this child's backlog: a hash of the addresses has chosen it. The others sleep on.",
			At: Moment{Calls: anAccept, By: AChild, With: "client 1"}, For: waits(3)},
		{Say: "Another one calls `accept` and finds nobody. `select` was right when it returned; by now the client is gone. The listener is blocking, so this child sleeps.",
			At: Moment{Is: Enters, Calls: anAccept, By: AChild, Lasts: 20 * time.Millisecond, After: &Moment{Calls: anAccept, By: AChild, With: "client 1"}}, For: waits(1), Light: OnBar | OnLine | OnLane},
		{Say: "Client 1 has its echo.",
			At: Moment{Calls: aRecv, By: "client 1", Result: AtLeast(1)}, For: Setup{{"wait", herds[0] + "|" + herds[2] + "|" + herds[3]}}, Light: OnBar | OnLine | OnBytes},
		{Say: "Client 2 has come, and again one `accept` returns for it.",
			At: Moment{Calls: anAccept, By: AChild, With: "client 2"}, For: Setup{{"wait", herds[0] + "|" + herds[2]}}},
		{Say: "Client 2's child is chosen by the hash as well. It may be the same one again.",
			At: Moment{Calls: anAccept, By: AChild, With: "client 2"}, For: waits(3)},
	},
	Recap: "All who wait in `select`, `poll` or `epoll_wait` for one listener are woken for one client, and all but one in vain. Of those in `accept`, one is woken; so it is with EPOLLEXCLUSIVE, and with a listener for each.",
	Recaps: []Recap{
		{"Of all who sleep in `accept` for one listener, the kernel wakes one for each client. Nobody wakes in vain.", waits(0)},
		{"With EPOLLEXCLUSIVE the kernel wakes one of the waiting epolls or a few, in place of all. Who was woken must still expect to find nobody.", waits(2)},
		{"With SO_REUSEPORT each process has a listener and a backlog of its own, and a hash chooses. Nobody wakes in vain, but a client waits for its process even while others are idle.", waits(3)},
	},
	Needs: "processes",
	Tries: []Try{
		{"accept alone", Setup{{"wait", herds[0]}}},
		{"EPOLLEXCLUSIVE", Setup{{"wait", herds[2]}}},
		{"SO_REUSEPORT", Setup{{"wait", herds[3]}, {"clients", "8"}}},
	},
	True: []string{
		"Linux wakes one of those that sleep in `accept` for the same listener. Those that wait in `select` or `poll` are all woken: it can't know what they will do.",
		"EPOLLEXCLUSIVE asks for one or more of the waiting epolls to be woken, in place of all (epoll_ctl(2), since Linux 4.5). One busy child may get more clients than the others.",
		"A listener that is waited for should be non-blocking: then the `accept` that comes too late returns EAGAIN, and its process goes back to its wait (select(2), BUGS; accept(2)).",
		"With SO_REUSEPORT each process has a listener and a backlog of its own, and a hash of the addresses chooses among them (socket(7), since Linux 3.9). It spreads connections well when there are many, and a client waits for its child even while others have nothing to do.",
	},
	Asks: []Topic{WaitListener, AcceptSleeps, AcceptGives, RecvEnd},
	Knobs: []knob.Knob{
		{Name: "wait", Label: "children wait in", Type: knob.Choice, Offers: herds, Default: herds[1]},
		{Name: "workers", Label: "children", Type: knob.Int, Min: 1, Max: 6, Offers: []string{"2", "3", "6"}, Default: "3"},
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"1", "2", "4", "8"}, Default: "2"},
		{Name: "arrive", Label: arriveKnob.Label, Type: knob.Duration, Min: 0, Max: int64(time.Second), Offers: []string{"50ms", "150ms", "300ms"}, Default: "300ms", Injected: true, Quiet: true},
	},
	Notes: "Between `select` and `accept` a child is busy for 20 ms, so that the others get their turn. The children take some time to start: a child of a Go program begins anew.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		program := map[string]string{herds[0]: "prefork", herds[1]: "herd", herds[2]: "exclusive", herds[3]: "reuseport"}[v["wait"]]
		procs := []Process{server(program, addr, map[string]string{"workers": v["workers"]})}
		for n := 1; n <= v.Int("clients"); n++ {
			p := client(n, "client", addr, map[string]string{"messages": "1"})
			p.Arrive = int64(n) * int64(v.Duration("arrive"))
			procs = append(procs, p)
		}
		return procs
	},
}

// waits are the set-ups of herd whose children wait in that of herds.
func waits(i int) Setup { return Setup{{"wait", herds[i]}} }
