// Package scaling measures what it costs to ask for readiness while more and
// more connections are idle: with select, poll and epoll.
//
// Its files are what the lab's page shows, and what runs. Each way of waiting
// has one, with the same verbs; server.go has the loop that is measured, and
// measure.go the clocks; client.go is the other process. Nothing of it is traced,
// and the wait calls are made without package socket's sets: maps that are turned
// into lists on each call would cost more than the calls.
package scaling

import "embed"

// Files are the names of the sources, in the order in which they are best read.
var Files = []string{"server.go", "select.go", "poll.go", "epoll_linux.go", "measure.go", "client.go"}

//go:embed server.go select.go poll.go epoll_linux.go measure.go client.go
var sources embed.FS

// Source returns the text of one of the Files, "" when it is none of them.
func Source(name string) string {
	text, _ := sources.ReadFile(name)
	return string(text)
}
