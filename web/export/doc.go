// Package export writes a run for other programs to read: as strace's text, as the JSON
// of Chrome's trace events, as a capture of packets, as a drawing; and what was done by
// hand as a program.
//
// What a format has no room for is left out, and the function's own words say so. Nothing
// is written that the trace doesn't have, but for numbers that a format can't do without.
package export
