package visit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// unit is how a figure is written.
type unit uint8

const (
	whole unit = iota
	duration
	share
)

// The lines of figures that say whose client waits longest, who finished first, and what
// the server spent.
const (
	longestWait = 0
	lastReply   = 3
	serverCPU   = 5
)

// Lines are the lines of the table beneath a comparison. A figure that is
// negative is not known.
var Lines = [...]struct {
	Label, Tip string
	How        trace.Provenance
	unit       unit
	Wait       bool // a time of waiting, or sleep
	better     int  // -1 where less is better, 1 where more is, 0 where neither
}{
	{"longest wait for a reply", "From a client's send to the recv that gets its reply, the longest of the run. A knob's pause is no part of it.", trace.Observed, duration, true, -1},
	{"the others wait up to", "The same, of the clients that did not wait longest.", trace.Observed, duration, true, -1},
	{"first reply", "When a client's recv first returned bytes, since the first connect.", trace.Observed, duration, true, -1},
	{"last reply", "When a client's recv last returned bytes, since the first connect.", trace.Observed, duration, true, -1},
	{"fairness to clients", "Jain's index of how long each client waited for all its replies together: 1 when all waited equally long, 1/n when one of n did all the waiting.", trace.Observed, share, false, 1},
	{"server CPU", "Processor time of the server's threads as the kernel counts it, from the first return of each to its last.", trace.Observed, duration, false, -1},
	{"server calls", "System calls that the server entered.", trace.Observed, whole, false, -1},
	{"“not yet”", "Calls of the server that returned EAGAIN: there was nothing to do, and no sleep.", trace.Observed, whole, false, 0},
	{"server sleeps", "Calls in which the kernel put a thread of the server to sleep.", trace.Observed, whole, true, 0},
	{"wake-ups", "Sleeps of the server that a call of another process ended; whose is inferred. The others ran out of time.", trace.Inferred, whole, true, 0},
	{"threads", "Threads of the server that made a call.", trace.Observed, whole, false, 0},
	{"processes", "Processes of the server that made a call.", trace.Observed, whole, false, 0},
	{"longest backlog", "The most connections that were read waiting to be accepted. It is sampled: there may have been more in between.", trace.Sampled, whole, false, 0},
}

// figuresOf returns the figures of one run.
func figuresOf(t *play.Tally) [len(Lines)]float64 {
	w := &t.Servers
	backlog, fairness := float64(t.Backlog), t.Fairness
	if t.BacklogStep < 0 {
		backlog = -1
	}
	if fairness == 0 {
		fairness = -1
	}
	longest := float64(t.LongestWait.Time)
	if t.LongestWait.Client < 0 {
		longest = -1
	}
	return [...]float64{longest, float64(t.OthersWait), float64(t.FirstReply), float64(t.LastReply), fairness, float64(w.CPU),
		float64(w.Calls), float64(w.NotYet), float64(w.Sleeps), float64(w.Wakes), float64(w.Threads), float64(w.Processes), backlog}
}

// values returns figure k of the runs of server i that came to their own end, or
// of the others where none did.
func (c *Comparison) values(k, i int) []float64 {
	var done, part []float64
	for _, rd := range c.rounds {
		switch o := &rd.runs[i]; {
		case o.done():
			done = append(done, figuresOf(&o.tally)[k])
		case o.end != nil:
			part = append(part, figuresOf(&o.tally)[k])
		}
	}
	if done == nil {
		return part
	}
	return done
}

// spread returns the middle one of xs, the lower one of two, with the least and
// the most, and how many there are. What is not known is left out.
func spread(xs []float64) (middle, low, high float64, n int) {
	xs = slices.DeleteFunc(slices.Sorted(slices.Values(xs)), func(x float64) bool { return x < 0 })
	if n = len(xs); n == 0 {
		return 0, 0, 0, 0
	}
	return xs[(n-1)/2], xs[0], xs[n-1], n
}

// write writes a figure. span writes a duration.
func (u unit) write(x float64, span func(int64) string) string {
	switch u {
	case duration:
		return span(int64(x))
	case share:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatInt(int64(x), 10)
}

// span returns what writes durations of the runs, which all have one clock.
func (c *Comparison) span() func(ns int64) string {
	for _, round := range c.rounds {
		for i := range round.runs {
			if r := round.runs[i].Run; r != nil {
				return r.Span
			}
		}
	}
	return words.Span
}

// between writes a range: "1.2 to 3 ms".
func (u unit) between(low, high float64, to string, span func(int64) string) string {
	a, b := u.write(low, span), u.write(high, span)
	number, of, _ := strings.Cut(a, " ")
	if strings.HasSuffix(b, " "+of) {
		a = number
	}
	return a + to + b
}

// Figure is one figure of one server.
type Figure struct {
	Text   string // the middle one of its runs
	Whose  string // of the longest wait: "client 2"; "" elsewhere
	Spread string // the least and the most; "" where they are one
	Level  int    // of 20: the bar's length
	Best   bool
}

// Row works out line k of the table. Only runs that are over have a figure. The
// best is marked where the rounds tell it apart.
func (c *Comparison) Row(k int) []Figure {
	f, cells, xs, high := &Lines[k], make([]Figure, len(c.servers)), make([]float64, len(c.servers)), 0.0
	span := c.span()
	for i := range c.servers {
		x, least, most, n := spread(c.values(k, i))
		if n == 0 {
			xs[i], cells[i].Text = -1, "–"
			continue
		}
		xs[i], cells[i].Text, high = x, f.unit.write(x, span), max(high, x)
		if f.unit.write(least, span) != f.unit.write(most, span) {
			cells[i].Spread = f.unit.between(least, most, "–", span)
			if _, of, _ := strings.Cut(cells[i].Text, " "); strings.Count(cells[i].Spread, " ") == 1 {
				cells[i].Spread = strings.TrimSuffix(cells[i].Spread, " "+of) // it stands beside the text
			}
		}
	}
	st, who := c.standing(k, f.better > 0)
	for i, x := range xs {
		if k == longestWait {
			cells[i].Whose = c.whose(i)
		}
		if o := c.out(i); k == serverCPU && o.Run != nil && o.Run.Emulated() {
			cells[i].Whose = "it would be the emulator's"
		}
		cells[i].Level = int(math.Ceil(20 * max(x, 0) / max(high, 1e-9)))
		cells[i].Best = f.better != 0 && st.Apart() && who[st.First] == i
	}
	return cells
}

// whose names the client of server i that waits longest for a reply; "" where there is
// none.
func (c *Comparison) whose(i int) string {
	longest := -1
	for _, rd := range c.rounds {
		o := &rd.runs[i]
		switch client := o.tally.LongestWait.Client; {
		case o.end == nil || client < 0:
		case longest < 0:
			longest = client
		case longest != client:
			return "not always the same client"
		}
	}
	if plan := Plan(c.servers[i].lab, c.servers[i].values); longest >= 0 && longest < len(plan) {
		return plan[longest].Name
	}
	return ""
}

// Heading names a server whose figures stand beneath, and says where they are not
// of a whole run in each round.
func (c *Comparison) Heading(i int) string {
	done := 0
	for _, rd := range c.rounds {
		if rd.runs[i].done() {
			done++
		}
	}
	switch {
	case done == 0 && c.why(i) != "":
		return c.Name(i) + ", part"
	case done > 0 && done < len(c.rounds):
		return fmt.Sprintf("%s, %d of %d", c.Name(i), done, len(c.rounds))
	}
	return c.Name(i)
}

// Several reports whether runs of more than one server in the round that shows
// came to their own end, so that they can part.
func (c *Comparison) Several() bool {
	n := 0
	for i := range c.servers {
		if c.out(i).done() {
			n++
		}
	}
	return n > 1
}
