package web

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/timeline"
)

// unit is how a figure is written.
type unit uint8

const (
	whole unit = iota
	duration
	share
)

// figures are the lines of the table beneath a comparison. A figure that is
// negative is not known.
var figures = [...]struct {
	label, tip string
	how        trace.Provenance
	unit       unit
	wait       bool // a time of waiting, or sleep
	better     int  // -1 where less is better, 1 where more is, 0 where neither
}{
	{"longest wait for a reply", "From a client's send to the recv that gets its reply, the longest of the run. A knob's pause is no part of it.", trace.Observed, duration, true, -1},
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
func figuresOf(t *play.Tally) [len(figures)]float64 {
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
	return [...]float64{longest, float64(t.FirstReply), float64(t.LastReply), fairness, float64(w.CPU),
		float64(w.Calls), float64(w.NotYet), float64(w.Sleeps), float64(w.Wakes), float64(w.Threads), float64(w.Processes), backlog}
}

// cellOf is one figure of one run as it is drawn.
type cellOf struct {
	text  string
	level int // of 20: the bar's length
	best  bool
}

// row works out line k of the table. Only runs that are over have a figure; the
// best of those that finished is marked where not all are alike.
func (c *comparison) row(k int) []cellOf {
	f, cells, xs := &figures[k], make([]cellOf, len(c.runs)), make([]float64, len(c.runs))
	low, high := math.Inf(1), 0.0
	for i := range c.runs {
		if xs[i] = -1; c.over(i) && i < len(c.tally) {
			xs[i] = figuresOf(&c.tally[i])[k]
		}
		if xs[i] >= 0 {
			low, high = min(low, xs[i]), max(high, xs[i])
		}
	}
	best := low
	if f.better > 0 {
		best = high
	}
	for i, x := range xs {
		switch {
		case x < 0:
			cells[i].text = "–"
			continue
		case f.unit == duration:
			cells[i].text = span(int64(x))
		case f.unit == share:
			cells[i].text = strconv.FormatFloat(x, 'f', 2, 64)
		default:
			cells[i].text = itoa(int64(x))
		}
		cells[i].level = int(math.Ceil(20 * x / max(high, 1e-9)))
		cells[i].best = f.better != 0 && low != high && x == best && c.finished(i)
	}
	return cells
}

// table is the figures of all runs. It is one node, as nothing in it is
// pressed.
func (s *session) table() app.UI {
	c := s.versus
	var b strings.Builder
	fmt.Fprintf(&b, `<table class="tally n%d"><thead><tr><th scope="col"><span class="vh">Figure</span></th>`, len(c.runs))
	for i := range c.runs {
		part := ""
		if r := c.runs[i].run; r != nil && r.End != nil && r.End.Reason != trace.EndDone {
			part = `, part`
		}
		b.WriteString(`<th scope="col">` + html.EscapeString(c.name(i)) + part + `</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	marks := [...]string{"", markSampled, markInferred, ""}
	for k := range figures {
		f := &figures[k]
		b.WriteString(`<tr title="` + html.EscapeString(f.tip) + `"><th scope="row">` + f.label)
		if f.how != trace.Observed {
			b.WriteString(`<span class="badge">` + marks[f.how&3] + `<span>` + f.how.String() + `</span></span>`)
		}
		b.WriteString(`</th>`)
		kind := ""
		if f.wait {
			kind = " z"
		}
		for _, cell := range c.row(k) {
			win := ""
			if cell.best {
				win = ` class="win"`
			}
			fmt.Fprintf(&b, `<td%s><i class="b%s lv-%d"></i>%s</td>`, win, kind, cell.level, cell.text)
		}
		b.WriteString(`</tr>`)
	}
	return app.Raw(b.String() + `</tbody></table>`)
}

// race asks which server finishes first, or says.
func (c *kernelPane) race() app.UI {
	s, v := c.S, c.S.versus
	if s.revealed() {
		right, head, rest := v.verdict()
		mark, class := "=", "qm"
		switch {
		case right:
			mark, class = "✓", "qm ok"
		case v.guess >= 0:
			mark = "✗"
		}
		return elc("section", "ask").ID("ask").Role("status").Body(
			said(class, mark, head, rest),
			app.If(v.part != nil, func() app.UI {
				return elc("div", "asks part").Body(
					app.Raw(`<span class="qm" aria-hidden="true">≠</span>`),
					el("p").Body(app.Text(v.parting()), button(c.onPart).Class("link").Text("Go there")),
				)
			}),
		)
	}
	hint, done := "Guess now; the runs will tell.", s.veiled() && !s.busy()
	if done {
		hint = "The runs are over, and hidden until you say."
	}
	return elc("section", "ask").ID("ask").TabIndex(-1).Role("group").Aria("label", "Question").Body(
		said("qm", "?", "Whose clients have their last reply first?", hint),
		elc("div", "offers row").Body(
			app.Range(v.runs).Slice(func(i int) app.UI {
				return button(func(app.Context, app.Event) { s.bet(i) }, app.EventScope("bet", i)).
					Class("btn mono").Aria("pressed", v.guess == i).Text(v.name(i))
			}),
			app.If(done, func() app.UI {
				return elc("span", "go").Body(
					button(c.onSkip).Class("btn").Title("Escape").Text("Skip"),
					button(c.onCheck).Class("btn pri").Title("Enter").Attr("disabled", v.guess < 0).Text("Check"),
				)
			}),
		),
	)
}

// said is a mark with a sentence or two.
func said(class, mark, head, rest string) app.UI {
	return app.Raw(`<div class="asks"><span class="` + class + `" aria-hidden="true">` + mark + `</span><p><b>` +
		html.EscapeString(head) + `</b> ` + html.EscapeString(rest) + `</p></div>`)
}

// onPart goes to where the runs part.
func (c *kernelPane) onPart(app.Context, app.Event) { c.S.seek(c.S.versus.part.Step + 1) }

// lay has a timeline show the runs above each other.
func (s *session) lay(t *timeline.Timeline, fresh bool) {
	c := s.versus
	t.View.Size, t.View.Steady, t.View.Mark = timeline.Compact, true, 0
	t.Notes = t.Notes[:0]
	for i, e := range c.runs {
		t.Notes = append(t.Notes, timeline.Note{Left: e.lab.Serves, Right: s.outcome(i)})
	}
	if c.part != nil {
		t.View.Mark = c.part.Step + 1
	}
	if fresh {
		t.View.FitTime(s.Player, c.joined.Busy()*9/8)
	}
}
