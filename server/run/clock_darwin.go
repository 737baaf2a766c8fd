package run

// monotonic is CLOCK_UPTIME_RAW (clock_gettime(3)), which is what Go's runtime
// reads there.
const monotonic = 8
