package process

import (
	"os"
	"unsafe"
)

// titleRoom is the length of the argument that makes room for a title. A program waits
// for its job under it.
const titleRoom = 256

// setTitle overwrites this process's arguments after the first, so that a list of
// processes shows what it does now. The strings of os.Args lie in the memory that
// /proc/PID/cmdline shows. Nobody uses os.Args after this.
func setTitle(args []string) {
	room := os.Args[len(os.Args)-1]
	if len(room) != titleRoom {
		return // the arguments were known when the process started
	}
	mem := unsafe.Slice(unsafe.StringData(room), titleRoom)
	clear(mem)
	for _, a := range args {
		if len(a)+1 > len(mem) {
			return
		}
		copy(mem, a)
		mem = mem[len(a)+1:]
	}
}
