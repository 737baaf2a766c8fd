package trace

import "strconv"

// SignalName returns the name of a signal with Linux's number (signal(7)), such
// as "SIGKILL"; "signal 40" for one without a name here.
func SignalName(n int64) string {
	names := [...]string{2: "SIGINT", 3: "SIGQUIT", 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM", 31: "SIGSYS"}
	if n > 0 && n < int64(len(names)) && names[n] != "" {
		return names[n]
	}
	return "signal " + strconv.FormatInt(n, 10)
}
