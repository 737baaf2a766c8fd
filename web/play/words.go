package play

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sockscope/server/trace"
)

// who names a process as a sentence does: "the server", "client 1".
func (r *Run) who(proc int) string {
	if proc < 0 || proc >= len(r.Header.Procs) {
		return "process " + strconv.Itoa(proc)
	}
	name := r.Header.Procs[proc].Name
	if name == "server" {
		return "the server"
	}
	return name
}

// brief writes a call in a few letters: "recv(4)", "select".
func brief(e *trace.Event) string {
	if e.FD < 0 {
		return e.Call.String()
	}
	return fmt.Sprintf("%v(%d)", e.Call, e.FD)
}

// result writes what a call returned: "19", "-1 EAGAIN".
func result(e *trace.Event) string {
	if e.Errno != 0 {
		return "-1 " + e.Errno.String()
	}
	return strconv.FormatInt(e.Result, 10)
}

// count writes n with its noun: "1 byte", "1,024 bytes".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes n with a comma before every third digit.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// span writes a duration in ns with about three digits: "3 µs", "1.26 ms".
func span(ns int64) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"s", time.Second}, {"ms", time.Millisecond}, {"µs", time.Microsecond}} {
		if x := float64(ns) / float64(u.unit); x >= 1 {
			precision := 3
			if x >= 1000 {
				precision = -1
			}
			return strconv.FormatFloat(x, 'g', precision, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(max(ns, 0), 10) + " ns"
}

// capital makes the first letter of ASCII text a capital.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
