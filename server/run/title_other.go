//go:build !linux

package run

// titleRoom is the length of the argument that holds the place of a title.
const titleRoom = 1

// setTitle does nothing where a process cannot change its arguments.
func setTitle([]string) {}
