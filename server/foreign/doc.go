// Package foreign traces programs of anybody's: strace(1) takes their calls, and whoever
// opens the page sees them as those of a lab. Only who runs the command line starts or
// attaches anything; the page looks on. A file of theirs is shown the same way, in pieces.
package foreign
