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
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread}, For: unlocked},
		{Say: "Another thread has read it, too. It is still 0: nobody has written yet.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread, Nth: 2, Before: &Moment{Calls: aSend, By: AThread}}, For: unlocked,
			Else: &Stop{Say: "Another thread reads the counter after the first has written: this time they don't meet.",
				At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread, Nth: 2}}},
		{Say: "The first of them has written 1, and tells its client: visitor 1.",
			At: Moment{Calls: aSend, By: AThread, Prints: "visitor 1."}, For: joined, Light: OnBar | OnLine | OnBytes},
		{Say: "The second has written 1 as well, over the other's. Its client is told the same.",
			At: Moment{Calls: aSend, By: AThread, Prints: "visitor 1.", Nth: 2}, For: joined, Light: OnBar | OnLine | OnBytes},
		{Say: "The first thread has waited for all the others, and prints the counter: visits were lost.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits", After: &Moment{Calls: aSend, By: AThread, Prints: "visitor 1.", Nth: 2}}, For: joined},
		{Say: "The first thread waits for nobody. It prints the counter, whatever that is by now, and returns from main.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}, For: unjoined},
		{Say: "That ends the process, and all its threads with it, wherever they are.",
			At: Moment{Is: Ends, By: AServer, After: aCount}, For: unjoined, Light: OnLane},
		{Say: "A client has no answer: its thread was ended before it could send one. The kernel has closed the connection.",
			At: Moment{Calls: aRecv, By: AClient, Result: Exactly(0), After: aCount}, For: unjoined},

		{Say: "Thread 2 has the lock and has read the counter, which is 0. It does something else before it writes.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AThread}, For: locked},
		{Say: "Another thread finds the lock taken, and sleeps in `futex`. It has read nothing yet.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Futex}, By: AThread}, For: locked, Light: OnBar | OnLine | OnLane},
		{Say: "The first one has written 1 and given the lock back. It tells its client: visitor 1.",
			At: Moment{Calls: aSend, By: AThread, Prints: "visitor 1."}, For: locked, Light: OnBar | OnLine | OnBytes},
		{Say: "The next one has read 1 and written 2. Its client is visitor 2.",
			At: Moment{Calls: aSend, By: AThread, Prints: "visitor 2."}, For: locked, Light: OnBar | OnLine | OnBytes},
		{Say: "The first thread prints the counter. No visit was lost.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}, For: Setup{{"by", counting[1]}, {"join", "yes"}}},
		{Say: "The first thread has waited for nobody, and prints the counter before all have counted.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}, For: Setup{{"by", counting[1]}, {"join", "no"}}},

		{Say: "A thread of the pool has accepted a client. While it serves that one it accepts no other.",
			At: Moment{Calls: anAccept, By: AThread, With: AClient}, For: counted(2)},
		{Say: "The other thread has a client as well. Who comes now waits in the backlog.",
			At: Moment{Calls: anAccept, By: AThread, With: AClient, Nth: 2}, For: counted(2)},
		{Say: "A thread is done with its client, and takes the next one out of the backlog.",
			At: Moment{Calls: anAccept, By: AThread, With: AClient, Nth: 3}, For: counted(2)},
		{Say: "Each thread has counted in a variable of its own. The first thread has joined them all and prints the sum: no visit was lost.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}, For: counted(2)},

		{Say: "A child for each client. It gets a copy of its parent's memory, in which the counter is 0.",
			At: Moment{Calls: aFork, By: AServer, Result: AtLeast(1)}, For: counted(3)},
		{Say: "A child has added one to its own copy, and tells its client: visitor 1.",
			At: Moment{Calls: aSend, By: AChild, Prints: "visitor 1."}, For: counted(3), Light: OnBar | OnLine | OnBytes},
		{Say: "Another child tells its client the same. It knows nothing of the first one.",
			At: Moment{Calls: aSend, By: AChild, Prints: "visitor 1.", Nth: 2}, For: counted(3), Light: OnBar | OnLine | OnBytes},
		{Say: "The parent prints its own counter, in which nobody has counted: 0 visits.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "0 visits"}, For: counted(3)},

		{Say: "The parent maps memory that its children will share: `shmget`, then `shmat`.",
			At: Moment{Calls: []trace.Call{trace.Shmat}, By: AServer}, For: counted(4)},
		{Say: "A child has read the counter there, and does something else before it writes.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AChild}, For: counted(4)},
		{Say: "Another child has read it, too, before the first has written. They are processes, and race like threads.",
			At: Moment{Is: Enters, Calls: []trace.Call{trace.Nanosleep}, By: AChild, Nth: 2, Before: &Moment{Calls: aSend, By: AChild}}, For: counted(4), Maybe: true},
		{Say: "Two clients are told the same number: the second child has written over what the first had written.",
			At: Moment{Calls: aSend, By: AChild, Prints: "visitor 1.", Nth: 2}, For: counted(4), Maybe: true, Light: OnBar | OnLine | OnBytes},
		{Say: "The parent prints what the children have counted there.",
			At: Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}, For: counted(4)},
	},
	Recap: "To add one is to read, to add and to write, and another thread may come in between. A lock makes them one step, and who waits for it sleeps in `futex`. Processes share no memory, so nothing is counted together, unless they map some: then they race, too.",
	Recaps: []Recap{
		{"To add one is to read, to add and to write. A lock lets one thread at a time do that, and who finds it taken sleeps in `futex`. So no visit is lost, and the threads wait for one another.", locked},
		{"A pool has as many threads as its program wants, and clients wait in the backlog. Where each thread counts for itself, and they are added up after the joins, there is no race.", counted(2)},
		{"`fork` copies memory: what a child counts, only that child knows. Processes don't race, and nothing is counted together.", counted(3)},
		{"Memory that several processes map is shared like that of threads. So it is a race again, and takes a lock.", counted(4)},
		{"When the first thread returns from main, the process ends, with all its threads. Who wants their work joins them first.", unjoined},
	},
	Needs: "processes",
	Tries: []Try{
		{"a lock", Setup{{"by", counting[1]}}},
		{"a pool of two threads", Setup{{"by", counting[2]}}},
		{"processes", Setup{{"by", counting[3]}}},
		{"processes that share memory", Setup{{"by", counting[4]}}},
		{"nobody joins", Setup{{"join", "no"}}},
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

// Set-ups of race.
var (
	unlocked = Setup{{"by", counting[0]}}
	joined   = Setup{{"by", counting[0]}, {"join", "yes"}}
	unjoined = Setup{{"by", counting[0]}, {"join", "no"}}
	locked   = Setup{{"by", counting[1]}}
)

// aCount is the print of the counter, of a lab race whose threads nobody joins.
var aCount = &Moment{Calls: []trace.Call{trace.Write}, By: AServer, Prints: "visits"}

// counted are the set-ups of race that count in that of counting.
func counted(i int) Setup { return Setup{{"by", counting[i]}} }
