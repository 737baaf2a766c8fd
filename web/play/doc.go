// Package play is the model of a run on the page: the events that have
// arrived, what follows from them, and where in them the learner is. It is
// plain Go: components draw it, tests drive it.
//
// A [Run] grows while its run is live. A step is one event that a program
// made; the kernel's samples lie between steps. A [Player] is a position in a
// Run that can be moved, and can play.
//
// A [Quiz] stops a Player where the next step is worth a guess. [Run.Why] tells
// why a call is blocked or came back. A [Tally], a [Standing] and a [Divergence]
// compare runs, and [Join] lays them side by side.
package play
