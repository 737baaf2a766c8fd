package scaling

import "golang.org/x/sys/unix"

const threadTime = unix.CLOCK_THREAD_CPUTIME_ID
