// Package play is the model of a run on the page: the events that have
// arrived, what follows from them, and where in them the learner is. It is
// plain Go: components draw it, tests drive it.
//
// A [Run] grows while its run is live. A step is one event that a program
// made; the kernel's samples lie between steps. Steps are kept packed, since there may be
// a million: [Run.Gist] has what is looked at often, [Run.Step] unpacks one. A [Player] is a position in a
// Run that can be moved, and can play. A [Quiz] stops it where the next step is
// worth a guess.
//
// [Run.Why] explains a call, [Run.Narrate] tells a step in a sentence, and
// [Run.Find] finds a moment that a lab describes. All that is said of a run is
// made of a [Claim], which says as data what the sentence says in words. Package
// audit holds each claim against the rest of the trace. What a call can wait for,
// and who can end that, is listed once, in [Needs]: a new kind of call needs a row
// there.
//
// A [Tally], a [Standing] and a [Divergence] compare runs, and [Join] lays them
// side by side.
package play
