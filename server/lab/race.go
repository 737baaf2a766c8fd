package lab

import (
	"strconv"
	"time"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// counting are the ways in which a server of lab race counts its clients.
var counting = []string{"threads", "threads with a lock", "a pool of threads", "processes", "processes, shared memory"}

// race is one counter, and several threads that count in it.
var race = &Lab{
	ID:       "race",
	Pattern:  "sr-ssssr-/ rsssr---/  rsssr--",
	Section:  Endings,
	Brief:    "How many visits does it count?",
	Question: "Four clients come, and a thread for each adds one to the same counter. What does the counter say?",
	Stops: []Stop{
		{Say: "Thread 2 has read the counter, which is 0, and does something else before it writes.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread}},
		{Say: "Another thread has read it, too. It is still 0: nobody has written yet.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread, Nth: 2}},
		{Say: "The first of them has written 1, and tells its client: visitor 1.",
			At: Moment{Calls: aSend, By: AThread, Result: AtLeast(1)}, Light: OnBar | OnLine | OnBytes},
		{Say: "The second has written 1 as well, over the other's. Its client is told the same.",
			At: Moment{Calls: aSend, By: AThread, Result: AtLeast(1), Nth: 2}, Light: OnBar | OnLine | OnBytes},
		{Say: "The first thread has waited for all the others, and prints the counter: visits were lost.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}},
	},
	Recap: "To add one is to read, to add and to write, and another thread may come in between. A lock makes them one step, and who waits for it sleeps in `futex`. Processes share no memory, so nothing is counted together, unless they map some: then they race, too.",
	Needs: "processes",
	Tries: []Try{
		{"a lock", map[string]string{"by": counting[1]}},
		{"a pool of two threads", map[string]string{"by": counting[2]}},
		{"processes", map[string]string{"by": counting[3]}},
		{"processes that share memory", map[string]string{"by": counting[4]}},
		{"nobody joins", map[string]string{"join": "no"}},
	},
	True: []string{
		"Threads share all memory of their process. Without a lock two of them may read the same value and write the same sum: one is lost. The pause here makes that certain; without it the race is still there, and shows rarely.",
		"A lock costs no system call while it is free: an atomic instruction takes it. Only who finds it taken calls `futex` and sleeps, and who gives it back wakes one (futex(2), futex(7)).",
		"A pool has a fixed number of threads. Clients that come while all are busy wait in the backlog, and not in a thread of their own. Here each thread counts in a variable of its own, and the first adds them up after it has joined all: nobody writes where another reads, so there is no race.",
		"`fork` gives a child a copy of its parent's memory. What the child writes there stays in the child. To count together takes memory that is mapped into both: mmap(2) with MAP_SHARED before the `fork`, or shmget(2) and shmat(2) as here. Then it is a data race again, and takes a lock.",
		"When the first thread returns from main, the process ends, with all its threads, wherever they are (exit(3)). Joining them waits for their ends (pthread_join(3)).",
	},
	Asks: []Topic{PrintsVisits, AcceptSleeps, AcceptGives},
	Knobs: []knob.Knob{
		{Name: "by", Label: "counted by", Type: knob.Choice, Offers: counting, Default: counting[0]},
		{Name: "join", Label: "threads are joined", Type: knob.Choice, Offers: []string{"yes", "no"}, Default: "yes"},
		{Name: "clients", Label: "clients", Type: knob.Int, Min: 1, Max: 8, Offers: []string{"2", "4", "8"}, Default: "4"},
		{Name: "pause", Label: "between read and write", Type: knob.Duration, Min: int64(time.Millisecond), Max: int64(200 * time.Millisecond), Offers: []string{"1ms", "50ms", "100ms"}, Default: "50ms", Injected: true},
	},
	Notes: "The clients come every 2 ms. Processes with shared memory pause for 100 ms, whatever the knob says: a process takes some time to start.",
	procs: func(v knob.Values) []Process {
		const addr = "127.0.0.1:9999"
		program := map[string]string{counting[0]: "race", counting[1]: "race", counting[2]: "pool", counting[3]: "apart", counting[4]: "shared"}[v["by"]]
		counter := server(program, addr, map[string]string{"clients": v["clients"]})
		switch program {
		case "race":
			counter.Args["lock"], counter.Args["join"] = strconv.FormatBool(v["by"] == counting[1]), strconv.FormatBool(v["join"] == "yes")
			fallthrough
		case "pool":
			counter.Args["pause"] = v["pause"]
		}
		counter.Ends = true
		procs := []Process{counter}
		for n := 1; n <= v.Int("clients"); n++ {
			p := client(n, "halfclose", addr, map[string]string{"messages": "0"})
			p.Arrive = int64(n) * int64(2*time.Millisecond)
			procs = append(procs, p)
		}
		return procs
	},
}
