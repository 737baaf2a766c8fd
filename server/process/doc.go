// Package process starts a program in a process of its own, and is what that process
// does.
//
// [Spawn] starts a [Process] that is ready and waits for a [Job]. It is traced into
// memory that it shares with its starter, its [Process.Area]. [Child] is the other side:
// a process that [Command] has started finds out there what it is.
package process
