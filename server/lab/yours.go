package lab

import (
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// Yours is how the page presents a program of anybody's, whose calls strace(1) has taken.
// It is no lab: nothing of it is started from the page.
var Yours = &Lab{
	ID:       trace.LogLab,
	Question: "Your own program: which calls does it make on its sockets, when does it sleep, and who wakes it?",
	Do: []string{
		"`relay trace -- COMMAND ARGS` runs a program under strace and shows its calls here, live. `relay trace -p PID` takes one that runs already.",
		"A second one comes onto the same clock with `relay trace -join -- COMMAND ARGS`. Then arrows run from the `send` of one to the `recv` of the other.",
		"A log of strace's opens here, too, of any size: drop it on the page. `strace -f -ttt -T -yy -s 2048 -o FILE COMMAND ARGS` writes the most.",
	},
	True: []string{
		"strace stops a thread at each call and writes down what it asks for and gets. That is observed; strace counts in µs, and its stops make calls longer.",
		"Whether a call slept, and what woke it, is inferred: it slept where what it returned came after it had entered.",
		"Calls on files are left out. A call on a socket that is not drawn stands in the log.",
	},
	procs: func(knob.Values) []Process { return nil },
}
