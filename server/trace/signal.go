package trace

import "strconv"

var signals = [...]string{"", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS"}

// SignalName returns the name of a signal with Linux's number (signal(7)), such
// as "SIGKILL"; "signal 40" for one without a name here.
func SignalName(n int64) string {
	if n > 0 && n < int64(len(signals)) {
		return signals[n]
	}
	return "signal " + strconv.FormatInt(n, 10)
}

// WaitStatus takes the status that waitpid(2) stores apart: the exit status, or
// the number of the signal that ended the process, which is else 0.
func WaitStatus(n int64) (exit, signal int64) { return n >> 8 & 0xff, n & 0x7f }
