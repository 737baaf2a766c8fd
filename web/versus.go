package web

import (
	"fmt"
	"html"
	"math"
	"slices"
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

// lastReply is the line of figures that says who finished first.
const lastReply = 2

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

// values returns figure k of the runs of server i that came to their own end, or
// of the others where none did.
func (c *comparison) values(k, i int) []float64 {
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

// write writes a figure.
func (u unit) write(x float64) string {
	switch u {
	case duration:
		return span(int64(x))
	case share:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return itoa(int64(x))
}

// between writes a range: "1.2 to 3 ms".
func (u unit) between(low, high float64, to string) string {
	a, b := u.write(low), u.write(high)
	number, of, _ := strings.Cut(a, " ")
	if strings.HasSuffix(b, " "+of) {
		a = number
	}
	return a + to + b
}

// cellOf is one figure of one server as it is drawn.
type cellOf struct {
	text   string // the middle one of its runs
	spread string // the least and the most; "" where they are one
	level  int    // of 20: the bar's length
	best   bool
}

// row works out line k of the table. Only runs that are over have a figure. The
// best is marked where the rounds tell it apart.
func (c *comparison) row(k int) []cellOf {
	f, cells, xs, high := &figures[k], make([]cellOf, len(c.servers)), make([]float64, len(c.servers)), 0.0
	for i := range c.servers {
		x, least, most, n := spread(c.values(k, i))
		if n == 0 {
			xs[i], cells[i].text = -1, "–"
			continue
		}
		xs[i], cells[i].text, high = x, f.unit.write(x), max(high, x)
		if f.unit.write(least) != f.unit.write(most) {
			cells[i].spread = f.unit.between(least, most, "–")
			if _, of, _ := strings.Cut(cells[i].text, " "); strings.Count(cells[i].spread, " ") == 1 {
				cells[i].spread = strings.TrimSuffix(cells[i].spread, " "+of) // it stands beside the text
			}
		}
	}
	st, who := c.standing(k)
	for i, x := range xs {
		cells[i].level = int(math.Ceil(20 * max(x, 0) / max(high, 1e-9)))
		cells[i].best = f.better != 0 && st.Apart() && who[st.First] == i
	}
	return cells
}

// table is the figures of all servers. It is one node, as nothing in it is
// pressed.
func (s *session) table() app.UI {
	c := s.versus
	var b strings.Builder
	fmt.Fprintf(&b, `<table class="tally n%d"><thead><tr><th scope="col">`, len(c.servers))
	if len(c.rounds) > 1 {
		b.WriteString(`<span title="The median of the rounds, of two in the middle the lower one; beneath it the least and the most. Bold is what was the best in so many rounds that chance alone would do it less than one time in ten.">median, range</span>`)
	} else {
		b.WriteString(`<span class="vh">Figure</span>`)
	}
	b.WriteString(`</th>`)
	for i := range c.servers {
		b.WriteString(`<th scope="col">` + html.EscapeString(c.heading(i)) + `</th>`)
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
			fmt.Fprintf(&b, `<td%s><i class="b%s lv-%d"></i>%s`, win, kind, cell.level, cell.text)
			if cell.spread != "" {
				b.WriteString(`<small>` + strings.NewReplacer(" ", "&nbsp;", "–", "–<wbr>").Replace(cell.spread) + `</small>`)
			}
			b.WriteString(`</td>`)
		}
		b.WriteString(`</tr>`)
	}
	return app.Raw(b.String() + `</tbody></table>`)
}

// heading names a server whose figures stand beneath, and says where they are not
// of a whole run in each round.
func (c *comparison) heading(i int) string {
	done := 0
	for _, rd := range c.rounds {
		if rd.runs[i].done() {
			done++
		}
	}
	switch {
	case done == 0 && c.why(i) != "":
		return c.name(i) + ", part"
	case done > 0 && done < len(c.rounds):
		return fmt.Sprintf("%s, %d of %d", c.name(i), done, len(c.rounds))
	}
	return c.name(i)
}

// race asks which server finishes first, or says.
func (c *kernelPane) race() app.UI {
	s, v := c.S, c.S.versus
	if s.revealed() {
		first, head, rest := v.verdict()
		mark, class := "=", "qm"
		switch {
		case first >= 0 && v.guess == first:
			mark, class = "✓", "qm ok"
		case first >= 0 && v.guess >= 0:
			mark = "✗"
		}
		return elc("section", "ask").ID("ask").Role("status").Body(
			said(class, mark, head, rest),
			app.If(v.several(), c.parting),
		)
	}
	if same := v.same(); same != "" {
		return elc("section", "ask").ID("ask").Role("status").Body(said("qm", "=", "", same))
	}
	hint, done := "Guess now; the runs will tell.", s.veiled() && !s.busy()
	switch {
	case done:
		hint = "The runs are over, and hidden until you say."
	case s.busy():
		hint = "Guess now: " + s.compared() + "."
	}
	return elc("section", "ask").ID("ask").TabIndex(-1).Role("group").Aria("label", "Question").Body(
		said("qm", "?", "Whose clients have their last reply first?", hint),
		elc("div", "offers row").Body(
			app.Range(v.servers).Slice(func(i int) app.UI {
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

// parting says where the runs part, with a button to each of the two places.
func (c *kernelPane) parting() app.UI {
	v := c.S.versus
	if v.part == nil {
		text := "There is no divergence: what the clients got, and in which order, is the same everywhere."
		if !v.alike {
			text = "No divergence holds in every round: the replies vary from run to run, and do not tell the servers apart."
		}
		return elc("div", "part").Body(said("qm", "=", "", text))
	}
	d := v.part.Divergence
	rounds := len(v.rounds)
	holds := fmt.Sprintf("So it was in all %d rounds.", rounds)
	switch {
	case rounds == 1:
		holds = "One run of each doesn't tell whether that is chance."
	case rounds < surely:
		holds = fmt.Sprintf("So it was in all %d rounds, which are few: it may be chance.", rounds)
	}
	steps := v.joined.Run.Steps
	there := func(name string, step int, do app.EventHandler) app.UI {
		return el("span").Body(app.Text(name), app.If(step >= 0, func() app.UI {
			return el("span").Body(app.Text(" (at "), button(do).Class("link").Title("Go there").Text(span(steps[max(step, 0)].Time)), app.Text(")"))
		}))
	}
	return elc("div", "asks part").Body(
		app.Raw(`<span class="qm" aria-hidden="true">≠</span>`),
		el("p").Body(
			el("b").Text("First divergence: "),
			app.Text(d.A+" in "), there(v.name(v.part.A), v.part.StepA, c.onPartA),
			app.Text(", "+d.B+" in "), there(v.name(v.part.B), v.part.StepB, c.onPartB), app.Text(". "+holds),
		),
	)
}

// several reports whether runs of more than one server in the round that shows
// came to their own end, so that they can part.
func (c *comparison) several() bool {
	n := 0
	for i := range c.servers {
		if c.out(i).done() {
			n++
		}
	}
	return n > 1
}

// surely is how many rounds a difference between servers must hold in to be
// hardly chance: of runs of one server against others of the same, 5 rounds show
// one about one time in a hundred, 3 rounds one time in ten.
const surely = 4

func (c *kernelPane) onPartA(app.Context, app.Event) { c.S.seek(c.S.versus.part.StepA + 1) }
func (c *kernelPane) onPartB(app.Context, app.Event) { c.S.seek(c.S.versus.part.StepB + 1) }

// rounds chooses the round that the timelines show.
func (c *kernelPane) rounds() app.UI {
	v := c.S.versus
	return elc("label", "rounds").Title("The round that the timelines show. First it is the one whose last replies are the nearest to the medians.").Body(
		app.Text("round "),
		elc("select", "pick").Attr("name", "round").OnChange(c.onRound).Body(app.Range(v.rounds).Slice(func(r int) app.UI {
			text := fmt.Sprintf("%d of %d", r+1, len(v.rounds))
			o := option(itoa(int64(r)), text, r == v.shown)
			if v.rounds[r].gone { // the runs are too long for all to be kept
				o = o.Attr("disabled", true)
			}
			return o
		})),
	)
}

func (c *kernelPane) onRound(ctx app.Context, _ app.Event) {
	if r, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); err == nil {
		c.S.showRound(r)
		c.S.moved()
	}
}

// lay has a timeline show the runs above each other.
func (s *session) lay(t *timeline.Timeline, fresh bool) {
	c := s.versus
	t.View.Size, t.View.Steady, t.View.Marks = timeline.Compact, true, t.View.Marks[:0]
	t.Notes = t.Notes[:0]
	for i, e := range c.servers {
		t.Notes = append(t.Notes, timeline.Note{What: e.lab.Serves, Result: s.outcome(i)})
	}
	if c.part != nil {
		t.View.Marks = append(t.View.Marks, c.part.StepA+1, c.part.StepB+1)
	}
	if fresh {
		t.View.FitTime(s.Player, c.joined.Busy()*9/8)
	}
}
