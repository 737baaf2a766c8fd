// Package run executes labs. It starts the programs of a lab as real processes, collects
// what they trace, and serves that to viewers.
//
// Five kinds of process take part, all of them this executable:
//
//	server   [Start]: the control port, the standing programs, the nursery
//	nursery  starts the workers, and is small so that this takes little; in a network
//	         namespace of its own, where it can, so that theirs have small tables
//	worker   the sandbox of one run: it starts, watches, limits and kills the programs
//	program  one demo, traced into memory that it shares with its worker; it may make
//	         more of its kind, which share that memory
//	agent    a program that makes the calls a learner asks for
//
// A lab that measures has two programs of package scaling in place of demos. They aren't
// traced, and tell what they have measured. One such run is under way at a time, at low
// priority, and as large as [Config.Most] allows.
//
// A viewer's connection speaks the messages of package trace. The server passes what a
// viewer sends on to the worker, and the worker's frames back, without reading them.
//
// The standing programs serve any TCP client, on the host's own network. Who is allowed
// to can watch them. A goroutine each empties their rings; viewers get what is open now,
// then what happens. See [Watch].
//
// Packages process and confine have how a program is started and what it may do, packages
// witness and sockdiag what others than the program tell of its sockets. See
// [Server.Notes] for what a system hasn't got.
//
// main has to call [Child] first: there a process finds out that it is a worker or a
// program.
package run
