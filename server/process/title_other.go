//go:build !linux

package process

// titleRoom is the length of the argument that makes room for a title.
const titleRoom = 1

// setTitle does nothing where a process cannot change its arguments.
func setTitle([]string) {}
