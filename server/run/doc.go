// Package run executes labs: it starts the programs of a lab as real
// processes, collects what they trace, and serves that to viewers.
//
// Four kinds of process take part, all of them the same executable:
//
//	server   [Start]: the control port, the standing programs, the workers
//	worker   the sandbox of one run: a network namespace where the system
//	         allows one; starts, watches, limits and kills the programs
//	program  one demo, traced into memory that it shares with its worker; it may
//	         make more of its kind, which share that memory
//	agent    a program that makes the calls a learner asks for
//
// A lab that measures has two programs of package scaling in place of demos: they
// aren't traced, and tell what they have measured. One such run is under way at
// a time, politely, and as large as [Config.Most] allows.
//
// A viewer's connection speaks the messages of package trace. What a viewer
// sends passes through the server to its worker; what the worker reports
// passes back, frame by frame, without being understood on the way.
//
// The standing programs serve any TCP client, on the host's own network. Whoever
// is allowed to can watch them: a goroutine each empties their rings, and viewers
// get what is open now, then what happens. See [Watch].
//
// What runs programs is confined from its first instruction on, because the thread
// that starts it is: it gains no privileges, has no capability but to listen below
// port 1024, opens no file and runs none but this executable, where the kernel has
// Landlock. Workers may write beneath /proc besides. See [Server.Notes] for what a
// system hasn't got.
//
// [Child] has to be the first thing that main calls: it is where a process
// finds out that it is a worker or a program.
package run
