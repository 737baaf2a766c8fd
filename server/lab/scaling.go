package lab

import "sockscope/server/knob"

// Largest is the knob of a lab that measures for how many idle connections
// there are in the end. A server may allow fewer than its Max.
const Largest = "largest"

// scaling measures what it costs to ask about many connections.
var scaling = &Lab{
	ID:       "scaling",
	Pattern:  "r/rrr/rrrrrrrrr",
	Section:  Blocking,
	Brief:    "What does it cost to ask?",
	Question: "One connection is busy, the others are idle. What does each message cost the server, as there are more and more of them?",
	Look: []string{
		"`select` and `poll`: the cost of a message grows with the connections that say nothing. `epoll`: it stays about where it was.",
		"Where `select` stops: the process has an fd of 1,024, and a set has no bit for it.",
		"The whiskers: the least and the most of the repeats. A difference smaller than a whisker says nothing.",
		"One wait call alone, which found one socket ready: what it takes to find it, without the sending and the sleeping.",
	},
	True: []string{
		"`select` and `poll` hand the kernel the whole list on each call. Each time it asks every socket whether it is ready, and notes at each that it is to wake the thread.",
		"`epoll` keeps the list in the kernel. A socket that becomes ready is put on a second list at that moment; `epoll_wait` returns that one.",
		"With few connections the difference is not worth a choice: most of a message's cost is in `send`, `recv`, and in falling asleep and waking.",
		"When all connections are busy `epoll` gains little: then most of the list is ready whenever somebody asks.",
	},
	Needs: "epoll",
	Knobs: []knob.Knob{
		{Name: Largest, Label: "idle, up to", Type: knob.Int, Min: 10, Max: 10_000, Offers: []string{"100", "300", "1000", "3000", "10000"}, Default: "10000"},
		{Name: "repeats", Label: "repeats", Type: knob.Int, Min: 1, Max: 20, Offers: []string{"1", "3", "5", "10", "20"}, Default: "5"},
		{Name: "messages", Label: "messages each", Type: knob.Int, Min: 10, Max: 2000, Offers: []string{"50", "200", "500", "1000", "2000"}, Default: "200"},
		{Name: "payload", Label: "bytes each", Type: knob.Int, Min: 1, Max: 1024, Offers: []string{"1", "64", "256", "1024"}, Default: "64"},
	},
	Notes:      "Nothing is traced here: tracing would cost more than the calls. The processes have a low priority. Processor time is what the kernel charges them. What else the machine does shows as spread.",
	Measures:   true,
	Unattended: map[string]string{"messages": "100"},
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:10001"
		crowd := client(1, "crowd", addr, v)
		crowd.Name, crowd.Tag = "clients", "cl"
		procs := []Process{server("scaling", addr, v), crowd}
		for i := range procs {
			procs[i].Measures = true
		}
		procs[0].Ends = true
		return procs
	},
}
