//go:build race

package run

// raced reports whether the race detector is in this binary.
const raced = true
