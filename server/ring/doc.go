// Package ring is the memory that a traced process shares with its collector.
//
// The memory is an [Area]: one [Ring] for each thread, and one table of the
// places in the program that make calls. A thread writes its own ring and nothing
// else. So a traced call takes no lock, makes no system call and never waits: when
// the ring is full the call is not recorded, and counted.
//
// The collector trusts nothing in the memory: a process may write over it.
package ring
