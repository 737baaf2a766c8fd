// Package strace writes calls as strace(1) does, and reads what strace wrote.
//
// [Names] writes: the log of the page, and a terminal. A [Reader] makes events of
// strace's lines. Both follow the rows of trace.Call: each argument of a call has one
// case in writer.arg and one in arguments.read.
//
// The forms of the lines differ with strace's version and options. The reader tells
// them apart by what stands there: threads as "[pid 7] " or "7 ", times of -t, -tt,
// -ttt and -r, durations of -T, what -y adds to an fd, remarks, strings in hexadecimal
// or not. What it doesn't know never ends it: a number is taken as it is, a call with
// something strange keeps its text, and what can't be read at all is counted; see
// [Reader.Unread].
package strace
