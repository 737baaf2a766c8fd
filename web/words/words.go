// Package words writes numbers, durations and sentences as people read them.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Span writes a duration in ns with at most three significant digits: "3 µs",
// "1.26 ms", "20 s". What rounds up to 1,000 of a unit is 1 of the next.
func Span(ns int64) string {
	if ns < 0 {
		return "-" + Span(-max(ns, -math.MaxInt64))
	}
	if ns < 1000 {
		return strconv.FormatInt(ns, 10) + " ns"
	}
	x := float64(ns)
	for _, unit := range [...]string{"µs", "ms"} {
		x /= 1000
		if text := digits(x); text != "1000" && x < 1000 {
			return text + " " + unit
		}
	}
	return digits(x/1000) + " s"
}

// digits writes x with three significant digits, or all before the point.
func digits(x float64) string {
	places := 2
	switch {
	case x >= 100:
		places = 0
	case x >= 10:
		places = 1
	}
	text := strconv.FormatFloat(x, 'f', places, 64)
	if places > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Instant writes a time since the run's start, in ns, to the microsecond: in ms, and in
// seconds from ten of them on.
func Instant(ns int64) string {
	if ns >= 10e9 {
		return fmt.Sprintf("%.6f s", float64(ns)/1e9)
	}
	return fmt.Sprintf("%.3f ms", float64(ns)/1e6)
}

// Count writes n with its noun: "1 byte", "1,024 bytes".
func Count[T int | int64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(n) + " " + noun + "s"
}

// Thousands writes n with a comma before every third digit: "10,000".
func Thousands[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Date writes a wall clock time, in ms since 1970, as a day.
func Date(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02") }

// Sentence gives a text a capital and a full stop, where it has none.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	if c := text[0]; c >= 'a' && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "!") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}

// Ordinal writes a place in a row, from 1: "first".
func Ordinal(n int) string {
	if words := [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"}; n <= len(words) {
		return words[n-1]
	}
	return fmt.Sprintf("%dth", n)
}
