package process

import (
	"bytes"
	"os"
	"strconv"
)

// DataLimit returns the RLIMIT_DATA of a process that is ready and may use so many bytes
// of memory more: the sum, and a little, so that a watcher can see a slow excess first.
// It is 0 where the system doesn't tell what the process has.
func (p *Process) DataLimit(memory int64) int64 {
	const little = 64 << 20
	if _, data := Memory(p.PID); data > 0 {
		return data + memory + little
	}
	return 0
}

// Memory returns how many bytes of memory a process has resident, and how many private
// ones it may write (proc_pid_statm(5)): zeros where the system doesn't tell.
func Memory(pid int) (resident, data int64) {
	if pid == 0 {
		return 0, 0
	}
	statm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 6 {
		return 0, 0
	}
	pages := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n * int64(os.Getpagesize())
	}
	return pages(1), pages(5)
}

// Runnable reports whether the first thread of a process runs, or would if it had a
// processor (proc_pid_stat(5)), and with all of them whether any does; false where the
// system doesn't tell.
//
// The kernel forgets what was looked up about a thread when that is reaped. Where threads
// end at once, who waits for their process spins meanwhile.
func Runnable(pid int, all bool) bool {
	if pid == 0 {
		return false
	}
	dir := "/proc/" + strconv.Itoa(pid)
	stats := []string{dir + "/stat"}
	if all {
		tasks, _ := os.ReadDir(dir + "/task")
		for _, task := range tasks {
			stats = append(stats, dir+"/task/"+task.Name()+"/stat")
		}
	}
	for _, name := range stats {
		stat, _ := os.ReadFile(name)
		if _, state, ok := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" ")); ok && state[0] == 'R' {
			return true
		}
	}
	return false
}
