package scaling

// threadTime is CLOCK_THREAD_CPUTIME_ID of clock_gettime(3).
const threadTime = 16
