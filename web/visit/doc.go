// Package visit is what a page does, without the page: plain Go, free of go-app
// and of the browser, so that native tests reach all of it.
//
// A [Mode] is one way to watch sockets: [Run], [Watch], [Measurement],
// [Comparison]. Each takes what the server says in one place, its method take.
// Three things are shared by all: [Relay], what the tab knows of the server;
// [Desk], the set-up of one page and how far it has come; [Focus], where in a run
// the learner is. A pane reads a Focus and doesn't know which mode it belongs to.
//
// All of it is for one goroutine. Every change counts a Rev up.
package visit
