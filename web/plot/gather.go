package plot

import (
	"slices"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// Mechanisms are the ways to wait, in the order in which they are drawn and
// listed. A Mark names one by its index.
var Mechanisms = []string{"select", "poll", "epoll"}

// maxIdle is the largest number of connections that is taken for one: a trace
// from a file may say anything.
const maxIdle = 1_000_000

// of returns the ns of one message or call, at least 1: less has no place on a
// logarithmic axis.
func of(q lab.Quantity, p *trace.Point) float64 {
	total, n := p.CPU, p.Messages
	switch q {
	case lab.RoundTrip:
		total = p.RoundTrip
	case lab.Ask:
		total, n = p.Ask, 1
	}
	return max(1, float64(total)/float64(max(n, 1)))
}

// Mark is what was measured of one mechanism beside one number of idle
// connections.
type Mark struct {
	Mechanism      int // index in Mechanisms
	Idle           int
	Low, Mid, High float64 // ns: the least, the median and the most of the repeats
	Repeats        int     // 0 when it could not be measured
	Why            string  // why not

	X, Y, YLow, YHigh float64 // px, set by Lay

	values []float64 // of the repeats, sorted
}

// Gather returns a mark for each mechanism and number of idle connections that
// there are measurements of, by mechanism and then by number.
func Gather(points []trace.Point, q lab.Quantity) []Mark {
	var marks []Mark
	for i := range points {
		p := &points[i]
		mechanism := slices.Index(Mechanisms, p.Mechanism)
		if mechanism < 0 || p.Idle < 1 || p.Idle > maxIdle {
			continue
		}
		at := 0
		for at < len(marks) && marks[at].before(mechanism, p.Idle) {
			at++
		}
		if at == len(marks) || marks[at].Mechanism != mechanism || marks[at].Idle != p.Idle {
			marks = append(marks, Mark{})
			copy(marks[at+1:], marks[at:])
			marks[at] = Mark{Mechanism: mechanism, Idle: p.Idle}
		}
		m := &marks[at]
		if m.Why = p.Why; p.Why == "" {
			m.values = append(m.values, of(q, p))
			for k := len(m.values) - 1; k > 0 && m.values[k] < m.values[k-1]; k-- {
				m.values[k], m.values[k-1] = m.values[k-1], m.values[k]
			}
		}
	}
	for i := range marks {
		m := &marks[i]
		if m.Repeats = len(m.values); m.Repeats > 0 {
			m.Low, m.High = m.values[0], m.values[m.Repeats-1]
			m.Mid = (m.values[(m.Repeats-1)/2] + m.values[m.Repeats/2]) / 2
		}
	}
	return marks
}

func (m *Mark) before(mechanism, idle int) bool {
	return m.Mechanism < mechanism || m.Mechanism == mechanism && m.Idle < idle
}

// Next returns the smallest number of idle connections above n that there is a
// mark of, 0 when there is none.
func Next(marks []Mark, n int) int {
	next := 0
	for i := range marks {
		if m := marks[i].Idle; m > n && (next == 0 || m < next) {
			next = m
		}
	}
	return next
}

// Find returns the mark of a mechanism beside a number of idle connections, or
// nil.
func Find(marks []Mark, mechanism, idle int) *Mark {
	for i := range marks {
		if m := &marks[i]; m.Mechanism == mechanism && m.Idle == idle {
			return m
		}
	}
	return nil
}
