package lab

import "time"

// threading is one thread for each connection.
var threading = &Lab{
	ID:       "threads",
	Section:  Blocking,
	Brief:    "What does a thread cost?",
	Question: "A thread for each client, and blocking calls in all of them. Who sleeps where, and what does a client still wait for?",
	Look: []string{
		"One lane a thread: each sleeps in its own `recv`, the first one in `accept`.",
		"Client 1 pauses, and the others are served meanwhile.",
		"One table of fds for the whole process: what one thread accepts another closes.",
	},
	True: []string{
		"A blocking call blocks its thread, not its process. The program of each thread reads as if it had one client only.",
		"A thread costs the kernel a stack and an entry in the scheduler, whether it works or sleeps: a few are cheap, tens of thousands are not.",
		"Threads share their memory and their fds. What two of them change at once needs a lock.",
	},
	Knobs: []Knob{
		{Name: "clients", Label: "clients", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "4", "6", "8"}, Default: "4"},
		{Name: "messages", Label: "messages each", Type: Int, Min: 1, Max: 8, Offers: []string{"1", "2", "3", "5", "8"}, Default: "3"},
		{Name: "pause", Label: "client 1 pauses", Type: Duration, Min: 0, Max: int64(2 * time.Second), Offers: []string{"0s", "3ms", "20ms", "200ms", "1s"}, Default: "20ms", Injected: true},
	},
	procs: func(v Values) []Process {
		const addr = "127.0.0.1:9999"
		return append([]Process{server("threads", addr, nil)}, talkers(v, addr)...)
	},
}
