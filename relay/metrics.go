package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"sockscope/relay/bridge"
)

// figures are what /metrics shows, in Prometheus's text format. They are read when somebody
// asks. So the parts that count know nothing of it.
//
// The libraries for this open files before main, and Go's runtime then makes an epoll of its
// own, also in the programs of a run, which are this executable: two fds would be missing
// among theirs.
type figures struct {
	relay  *bridge.Bridge
	native native // nil when it is elsewhere
}

func (f figures) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s := f.relay.Stats()
		gauge(w, "sockscope_sessions_open", "WebSockets joined to a target now.", s.Open)
		counter(w, "sockscope_sessions_total", "WebSockets joined to a target so far.", "target", s.Sessions)
		codes := map[string]uint64{}
		for code, n := range s.Closed {
			codes[strconv.Itoa(code)] = n
		}
		counter(w, "sockscope_session_closes_total", "Sessions that ended, by close code; 0 is a browser that vanished.", "code", codes)
		counter(w, "sockscope_refusals_total", "Requests for a session that were refused.", "reason", s.Refused)
		counter(w, "sockscope_bytes_total", "Bytes relayed: up to the targets, down from them.", "direction", map[string]uint64{"up": s.Up, "down": s.Down})
		f.ofNative(w)
		ofProcess(w)
	})
}

// ofProcess writes what a host wants to know of any process, under the names that
// Prometheus's own library gives it. /proc has a part of it, on Linux alone (proc(5)).
func ofProcess(w io.Writer) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	gauge(w, "go_goroutines", "Goroutines now.", uint64(runtime.NumGoroutine()))
	gauge(w, "go_memstats_heap_alloc_bytes", "Bytes of the heap in use.", memory.HeapAlloc)
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		gauge(w, "process_open_fds", "Open file descriptors.", uint64(len(fds)))
	}
	var size, resident uint64
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		fmt.Sscan(string(statm), &size, &resident)
		gauge(w, "process_resident_memory_bytes", "Resident memory.", resident*uint64(os.Getpagesize()))
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if _, rest, ok := strings.Cut(string(stat), ") "); err == nil && ok { // behind the name
		if f := strings.Fields(rest); len(f) > 12 {
			user, _ := strconv.ParseFloat(f[11], 64)
			system, _ := strconv.ParseFloat(f[12], 64)
			const ticks = 100 // a second; USER_HZ
			fmt.Fprintf(w, "%s %g\n", head(w, "process_cpu_seconds_total", "User and system time.", "counter"), (user+system)/ticks)
		}
	}
}

// gauge writes a figure that rises and falls.
func gauge[N int | uint64](w io.Writer, name, help string, v N) {
	fmt.Fprintf(w, "%s %d\n", head(w, name, help, "gauge"), v)
}

// counter writes a figure that only rises, for each value of a label.
func counter(w io.Writer, name, help, label string, by map[string]uint64) {
	name = head(w, name, help, "counter")
	for _, value := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(w, "%s{%s=%q} %d\n", name, label, value, by[value])
	}
}

// total writes a figure that only rises, and has no label.
func total(w io.Writer, name, help string, v int64) {
	fmt.Fprintf(w, "%s %d\n", head(w, name, help, "counter"), v)
}

// head writes what a figure means, and returns its name.
func head(w io.Writer, name, help, kind string) string {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	return name
}
