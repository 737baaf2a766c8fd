package socket

// Now reads the clock that traced calls are timed by, in ns. On Linux that is
// CLOCK_MONOTONIC (clock_gettime(2)), which all processes share.
func Now() int64 { return nanotime() }
