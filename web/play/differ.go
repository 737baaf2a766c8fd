package play

import "strings"

// Change says what has become of a line.
type Change uint8

const (
	Kept    Change = iota // it is in both texts
	Added                 // it is in the new text alone
	Removed               // it is in the former text alone
)

// DiffLine is one line of two texts that are held against each other.
type DiffLine struct {
	Text   string
	Change Change
}

// mostCompared bounds how many pairs of lines Differ compares, for its time and
// memory: a trace may bring texts of any length.
const mostCompared = 1 << 20

// Differ holds a text against the one that it follows. It returns all lines of
// text, and between them those of former that are gone; at one place the gone
// come before the new. It keeps as many lines as it can: a longest common
// subsequence. Very long texts keep only what they begin and end with alike.
func Differ(former, text string) []DiffLine {
	old, now := linesOf(former), linesOf(text)
	var lines []DiffLine
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		lines = append(lines, DiffLine{now[0], Kept})
		old, now = old[1:], now[1:]
	}
	tail := 0
	for tail < min(len(old), len(now)) && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	ending := now[len(now)-tail:]
	old, now = old[:len(old)-tail], now[:len(now)-tail]

	common := commonFrom(old, now)
	var fresh []DiffLine // that come after what is gone
	for len(old)+len(now) > 0 {
		i, j := len(old), len(now)
		switch {
		case i > 0 && j > 0 && old[0] == now[0] && common(i, j) > 0:
			lines = append(append(lines, fresh...), DiffLine{now[0], Kept})
			fresh, old, now = nil, old[1:], now[1:]
		case j == 0 || i > 0 && common(i-1, j) >= common(i, j-1):
			lines = append(lines, DiffLine{old[0], Removed})
			old = old[1:]
		default:
			fresh = append(fresh, DiffLine{now[0], Added})
			now = now[1:]
		}
	}
	lines = append(lines, fresh...)
	for _, line := range ending {
		lines = append(lines, DiffLine{line, Kept})
	}
	return lines
}

// commonFrom returns a function that tells how many lines the last i of old and
// the last j of now have in common, in their order; none when there are too many
// to compare.
func commonFrom(old, now []string) func(i, j int) int {
	if (len(old)+1)*(len(now)+1) > mostCompared {
		return func(i, j int) int { return 0 }
	}
	width := len(now) + 1
	table := make([]int32, (len(old)+1)*width)
	for i := 1; i <= len(old); i++ {
		for j := 1; j <= len(now); j++ {
			best := max(table[(i-1)*width+j], table[i*width+j-1])
			if old[len(old)-i] == now[len(now)-j] {
				best = max(best, table[(i-1)*width+j-1]+1)
			}
			table[i*width+j] = best
		}
	}
	return func(i, j int) int { return int(table[i*width+j]) }
}

// linesOf returns the lines of a text, of which the last may have no end.
func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
