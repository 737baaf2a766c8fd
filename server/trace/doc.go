// Package trace is the event model of Sockscope: what was seen when a program
// made a system call, and what follows from it.
//
// A [Event] is one instant: a call enters the kernel, or returns from it; a
// thread starts or ends; the kernel's own tables were read. Two events make a
// call, so a call that has entered and not returned is blocked now.
//
// A trace is a sequence of framed [Message] values: one [Header], batches of
// events in the order of their times, and one [End]. A run that measures has a
// [Point] for each measurement in place of calls. The same bytes travel
// from the traced process's worker to the browser, lie in a saved file, and
// make up the recordings that ship with the site.
//
// The package is plain Go without system calls, so that the browser runs the
// same code as the server: [Fold] turns events into a [State].
//
// All that is known of a call beforehand stands in its [Row]: names, arguments,
// what it does. To add a call is to add a row, and whoever makes it.
//
// Every fact carries how it is known; see [Provenance].
package trace
