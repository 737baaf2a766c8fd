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
	Stops: []Stop{
		{
			Say:  "Beside the fewest connections, `select`, `poll` and `epoll` cost much the same: most of a message's cost is in `send`, `recv`, and in falling asleep and waking.",
			Plot: &Feature{Plots: CPU, Is: Alike, Of: []string{"select", "poll", "epoll"}},
		},
		{
			Say:  "Here a message of `select` costs twice what it does beside the fewest connections, or more. The whiskers are the least and the most of the repeats; those of the two are clear of each other.",
			Plot: &Feature{Plots: CPU, Is: Rises, Of: []string{"select"}},
		},
		{
			Say:  "Here `select` stops: the process has an fd of 1,024, and a set has no bit for it.",
			Plot: &Feature{Plots: CPU, Is: Refused, Of: []string{"select"}},
		},
		{
			Say:  "`poll` has no such limit, but it asks every connection too: here each message pays for all of them.",
			Plot: &Feature{Plots: CPU, Is: Grown, Of: []string{"poll"}},
		},
		{
			Say:  "One wait call alone, without the sending and the sleeping: `epoll_wait` finds the busy socket here as fast as beside the fewest.",
			Plot: &Feature{Plots: Ask, Is: Flat, Of: []string{"epoll"}},
		},
		{
			Say:  "This is the widest gap: to find the same one socket, `poll` takes many times as long as `epoll_wait`.",
			Plot: &Feature{Plots: Ask, Is: Apart, Of: []string{"poll", "epoll"}},
		},
	},
	Recap: "`select` and `poll` ask every socket on each call, so their cost grows with those that say nothing, and `select` ends at fd 1,024. `epoll_wait` returns what became ready, and its cost stays where it was.",
	Tries: []Try{
		{"up to 300", Setup{{Largest, "300"}}},
		{"one repeat", Setup{{Largest, "1000"}, {"repeats", "1"}}},
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
	Notes:      "Nothing is traced here: tracing would cost more than the calls. The processes have a low priority. Processor time is what the kernel charges them. What else the machine does shows as spread: a difference smaller than a whisker says nothing.",
	Measures:   true,
	Unattended: Setup{{"messages", "100"}},
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
