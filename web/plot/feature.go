package plot

import (
	"slices"

	"sockscope/server/lab"
)

// Show returns the indexes of the marks that show a feature, the first of them the one
// that it is most about; nil where they don't. The marks are of the quantity that the
// feature plots.
func Show(marks []Mark, f *lab.Feature) []int {
	switch f.Is {
	case lab.Alike:
		return alike(marks, f.Of)
	case lab.Apart:
		return apart(marks, f.Of[0], f.Of[1])
	}
	fewest, last, missing := row(marks, f.Of[0])
	if fewest < 0 {
		return nil
	}
	first := &marks[fewest]
	grown := func(i int) bool { return marks[i].Low > first.High && marks[i].Mid >= 2*first.Mid }
	switch f.Is {
	case lab.Rises:
		for i := fewest + 1; i <= last; i++ {
			if marks[i].Repeats > 0 && grown(i) {
				return []int{i, fewest}
			}
		}
	case lab.Grown:
		if grown(last) {
			return []int{last, fewest}
		}
	case lab.Flat:
		if last > fewest && close(marks[last].Mid, first.Mid) {
			return []int{last, fewest}
		}
	case lab.Refused:
		if missing >= 0 && slices.ContainsFunc(marks, func(m Mark) bool { return m.Idle == marks[missing].Idle && m.Repeats > 0 }) {
			return []int{missing, last}
		}
	}
	return nil
}

// row returns the indexes of a mechanism's marks: the first and the last that was
// measured, and behind that the first that was not; -1 for none.
func row(marks []Mark, mechanism string) (first, last, missing int) {
	first, last, missing = -1, -1, -1
	for i := range marks {
		switch m := &marks[i]; {
		case Mechanisms[m.Mechanism] != mechanism:
		case m.Repeats > 0:
			if last, missing = i, -1; first < 0 {
				first = i
			}
		case missing < 0:
			missing = i
		}
	}
	return first, last, missing
}

// close reports whether neither of two costs is twice the other.
func close(a, b float64) bool { return a < 2*b && b < 2*a }

// alike returns the marks of the mechanisms beside the fewest connections, where all
// cost alike.
func alike(marks []Mark, mechanisms []string) []int {
	var out []int
	for _, name := range mechanisms {
		i, _, _ := row(marks, name)
		if i < 0 || marks[i].Idle != Next(marks, 0) || slices.ContainsFunc(out, func(k int) bool { return !close(marks[k].Mid, marks[i].Mid) }) {
			return nil
		}
		out = append(out, i)
	}
	return out
}

// apart returns the marks of two mechanisms beside the same connections, where a costs
// the most times what b does.
func apart(marks []Mark, a, b string) []int {
	var out []int
	most := 2.0
	for i := range marks {
		for k := range marks {
			m, n := &marks[i], &marks[k]
			if Mechanisms[m.Mechanism] == a && Mechanisms[n.Mechanism] == b && m.Idle == n.Idle && m.Repeats > 0 && n.Repeats > 0 && m.Mid >= most*n.Mid {
				most, out = m.Mid/n.Mid, []int{i, k}
			}
		}
	}
	return out
}
