package visit

import "strings"

// Change is a line of a program, set against the program that it differs from.
type Change struct {
	Line int    // its number, from 1; 0 of a line that only the former program has
	Text string // of the line
	New  bool   // only this program has it
}

// maxCompared bounds the work of Changes: what is compared with what, in lines.
const maxCompared = 1 << 20

// Changes lists the lines of a program and, where they stood, those of the former one
// that it lacks: as few as there can be. Of programs that are too long to be compared
// all lines count as new.
func Changes(former, text string) []Change {
	was, is := linesOf(former), linesOf(text)
	head := 0
	for head < len(was) && head < len(is) && was[head] == is[head] {
		head++
	}
	tail := 0
	for tail < len(was)-head && tail < len(is)-head && was[len(was)-1-tail] == is[len(is)-1-tail] {
		tail++
	}
	var out []Change
	n := 0 // lines of this program that are listed
	list := func(lines []string, isNew bool) {
		for _, l := range lines {
			n++
			out = append(out, Change{n, l, isNew})
		}
	}
	list(is[:head], false)
	a, b := was[head:len(was)-tail], is[head:len(is)-tail]
	i, k := 0, 0
	for _, m := range append(longest(a, b), match{len(a), len(b)}) {
		// What is gone stands before what took its place.
		for _, l := range a[i:m.a] {
			out = append(out, Change{Text: l})
		}
		list(b[k:m.b], true)
		list(b[m.b:min(m.b+1, len(b))], false)
		i, k = m.a+1, m.b+1
	}
	list(is[len(is)-tail:], false)
	return out
}

// linesOf returns the lines of a program, without empty ones at its end.
func linesOf(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// match is a line that two programs have in common: its index in each.
type match struct{ a, b int }

// longest returns the longest list of lines that stand in a and in b in that order.
func longest(a, b []string) []match {
	if len(a)*len(b) > maxCompared {
		return nil
	}
	// left[i][k] is how many lines a[i:] and b[k:] have in common.
	left := make([][]int, len(a)+1)
	for i := range left {
		left[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			if a[i] == b[k] {
				left[i][k] = left[i+1][k+1] + 1
			} else {
				left[i][k] = max(left[i+1][k], left[i][k+1])
			}
		}
	}
	var common []match
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch {
		case a[i] == b[k]:
			common = append(common, match{i, k})
			i, k = i+1, k+1
		case left[i+1][k] >= left[i][k+1]:
			i++
		default:
			k++
		}
	}
	return common
}
