package run

import (
	"fmt"
	"time"
)

// Limits bound one run. A run that reaches one ends, and its end says which.
// A field that is zero takes its default.
type Limits struct {
	Wall      time.Duration `cbor:"1,keyasint"`  // time from the start to the end; 60 s
	Idle      time.Duration `cbor:"2,keyasint"`  // with an agent, in place of Wall: time since its last request; 10 min
	Calls     int           `cbor:"3,keyasint"`  // calls that enter the kernel; 200,000
	Processes int           `cbor:"4,keyasint"`  // those that others made too; 20
	Files     int           `cbor:"5,keyasint"`  // open fds of one process (RLIMIT_NOFILE); 128
	Memory    int64         `cbor:"6,keyasint"`  // resident bytes of one process; 256 MiB
	Bytes     int64         `cbor:"7,keyasint"`  // sent and received by all processes; 64 MiB
	Trace     int           `cbor:"8,keyasint"`  // bytes of the trace's frames; 8 MiB
	Measure   time.Duration `cbor:"20,keyasint"` // of a run that measures, in place of Wall; 5 min
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.Wall, time.Minute)
	setDefault(&l.Idle, 10*time.Minute)
	setDefault(&l.Calls, 200_000)
	setDefault(&l.Processes, 20)
	setDefault(&l.Files, 128)
	setDefault(&l.Memory, 256<<20)
	setDefault(&l.Bytes, 64<<20)
	setDefault(&l.Trace, 8<<20)
	setDefault(&l.Measure, 5*time.Minute)
	return l
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// bytesText writes a size the way a person reads it: "8 MiB", "300 bytes".
func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
