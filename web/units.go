package web

import (
	"fmt"
	"strconv"
	"time"
)

// span writes a duration in ns with three significant digits at most: "3 µs",
// "1.26 ms", "20 s".
func span(ns int64) string {
	switch d := time.Duration(ns); {
	case d < 0:
		return "-" + span(-ns)
	case d < time.Microsecond:
		return strconv.FormatInt(ns, 10) + " ns"
	case d < time.Millisecond:
		return digits(float64(ns)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(ns)/1e6) + " ms"
	}
	return digits(float64(ns)/1e9) + " s"
}

// digits writes x, at least 1 and below 1000 or so, with three digits.
func digits(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return trim(strconv.FormatFloat(x, 'f', 1, 64))
	}
	return trim(strconv.FormatFloat(x, 'f', 2, 64))
}

// trim takes the zeros off the end of a decimal fraction.
func trim(s string) string {
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// instant writes a time since the run's start, in ns, as ms to the microsecond.
func instant(ns int64) string { return fmt.Sprintf("%.3f ms", float64(ns)/1e6) }

// count writes n with its noun: "1 step", "2 steps".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// date writes a wall clock time in ms since 1970 as a day.
func date(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02") }
