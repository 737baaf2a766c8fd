package pane

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// Figures shows the figures of a comparison, or what the kernel holds in one of its
// runs. Below it the learner is asked whose client waits longest, or told.
type Figures struct {
	app.Compo
	C   *visit.Comparison
	Lab *lab.Lab
	Rev int
}

func (c *Figures) Render() app.UI {
	v := c.C
	var title string
	var body, how app.UI
	switch {
	case v.Veiled():
		title, body = "Hidden", dom.Elc("div", "veil")
	case v.View == visit.Figures:
		title, body, how = "Figures", c.table(), provenance(trace.Observed, "unless marked")
	default:
		title, body, how = kernelView(v.At(), c.Lab, c.Rev)
	}
	right := []app.UI{app.If(v.Revealed() && v.Rounds() > 1, c.rounds), how}
	return kernel(v.At(), title, body, []visit.View{visit.Figures, visit.FDs, visit.Why, visit.About}, right, c.race())
}

// table is the figures of all servers. It is one node, as nothing in it is
// pressed.
func (c *Figures) table() app.UI {
	v := c.C
	var b strings.Builder
	fmt.Fprintf(&b, `<table class="tally n%d" aria-label="Figures"><thead><tr><th scope="col">`, v.Servers())
	if v.Rounds() > 1 {
		b.WriteString(`<span title="The median of the rounds, of two in the middle the lower one; beneath it the least and the most. Bold is what was the best in so many rounds that chance alone would do it less than one time in ten.">median, range</span>`)
	} else {
		b.WriteString(`<span class="vh">Figure</span>`)
	}
	b.WriteString(`</th>`)
	for i := range v.Servers() {
		b.WriteString(`<th scope="col">` + html.EscapeString(v.Heading(i)) + `</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	for k := range visit.Lines {
		f := &visit.Lines[k]
		b.WriteString(`<tr title="` + html.EscapeString(f.Tip) + `"><th scope="row">` + f.Label)
		if f.How != trace.Observed {
			b.WriteString(`<span class="badge">` + signs[f.How&3] + `<span>` + f.How.String() + `</span></span>`)
		}
		b.WriteString(`</th>`)
		kind := ""
		if f.Wait {
			kind = " z"
		}
		for _, cell := range v.Row(k) {
			win := ""
			if cell.Best {
				win = ` class="win"`
			}
			fmt.Fprintf(&b, `<td%s><i class="b%s lv-%d"></i>%s`, win, kind, cell.Level, cell.Text)
			if cell.Whose != "" {
				b.WriteString(`<small>` + html.EscapeString(cell.Whose) + `</small>`)
			}
			if cell.Spread != "" {
				b.WriteString(`<small>` + strings.NewReplacer(" ", "&nbsp;", "–", "–<wbr>").Replace(cell.Spread) + `</small>`)
			}
			b.WriteString(`</td>`)
		}
		b.WriteString(`</tr>`)
	}
	return app.Raw(b.String() + `</tbody></table>`)
}

// race asks whose client waits longest for a reply, or says.
func (c *Figures) race() app.UI {
	v := c.C
	if v.Revealed() {
		longest, head, rest := v.Verdict()
		mark, class := "=", "qm"
		switch {
		case longest >= 0 && v.Guess == longest:
			mark, class = "✓", "qm ok"
		case longest >= 0 && v.Guess >= 0:
			mark = "✗"
		}
		return dom.Elc("section", "ask").ID("ask").TabIndex(-1).Role("status").Body(
			said(class, mark, head, rest),
			app.If(v.Several(), c.parting),
		)
	}
	if same := v.Same(); same != "" {
		return dom.Elc("section", "ask").ID("ask").TabIndex(-1).Role("status").Body(said("qm", "=", "", same))
	}
	hint, done := "Guess now; the runs will tell.", v.Veiled() && !v.Busy()
	switch {
	case done:
		hint = "The runs are over, and hidden until you say."
	case v.Busy():
		hint = "Guess now: " + v.Headline() + "."
	}
	return dom.Elc("section", "ask").ID("ask").TabIndex(-1).Role("group").Aria("label", "Question").Body(
		said("qm", "?", "Whose client waits longest for a reply?", hint),
		dom.Elc("div", "offers row").Body(
			app.Range(make([]int, v.Servers())).Slice(func(i int) app.UI {
				return dom.Button(func(app.Context, app.Event) { v.Bet(i) }, app.EventScope("bet", i)).
					Class("btn mono").Aria("pressed", v.Guess == i).Aria("keyshortcuts", visit.OfferLetter(i)).
					Body(offerKey(i), app.Text(v.Name(i)))
			}),
			app.If(done, func() app.UI {
				return dom.Elc("span", "go").Body(
					dom.Button(c.onSkip).Class("btn").Title("Escape").Text("Skip"),
					dom.Button(c.onCheck).Class("btn pri").Title("Enter").Attr("disabled", v.Guess < 0).Text("Check"),
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

// parting says where the runs part.
func (c *Figures) parting() app.UI {
	v := c.C
	if v.Part == nil {
		text := "There is no divergence: what the clients got, and in which order, is the same everywhere."
		if !v.Alike {
			text = "No divergence holds in every round: the replies vary from run to run, and do not tell the servers apart."
		}
		return dom.Elc("div", "part").Body(said("qm", "=", "", text))
	}
	rounds := v.Rounds()
	holds := fmt.Sprintf("So it was in all %d rounds.", rounds)
	switch {
	case rounds == 1:
		holds = "One run of each doesn't tell whether that is chance."
	case rounds < surely:
		holds = fmt.Sprintf("So it was in all %d rounds, which are few: it may be chance.", rounds)
	}
	return dom.Elc("div", "asks part").Body(
		app.Raw(`<span class="qm" aria-hidden="true">≠</span>`),
		dom.El("p").Body(parting(v.At(), v.Part, v.Name(v.Part.A), v.Name(v.Part.B)), app.Text(holds)),
	)
}

// parting says where two runs part, with a button to each of the two places.
func parting(f *visit.Focus, p *play.Parting, a, b string) app.UI {
	there := func(name string, step int) app.UI {
		return dom.El("span").Body(app.Text(name), app.If(step >= 0, func() app.UI {
			return dom.El("span").Body(app.Text(" (at "),
				dom.Button(func(app.Context, app.Event) { f.Seek(step + 1) }, app.EventScope("part", step)).Class("link").Title("Go there").Text(f.Player.Run.Span(f.Player.Run.Gist(max(step, 0)).Time)),
				app.Text(")"))
		}))
	}
	return dom.El("span").Body(
		dom.El("b").Text("First divergence: "),
		app.Text(p.Divergence.A+" in "), there(a, p.StepA),
		app.Text(", "+p.Divergence.B+" in "), there(b, p.StepB), app.Text(". "),
	)
}

// surely is how many rounds a difference between servers must hold in to be
// hardly chance: of runs of one server against others of the same, 5 rounds show
// one about one time in a hundred, 3 rounds one time in ten.
const surely = 4

func (c *Figures) onCheck(app.Context, app.Event) { c.C.Apply(visit.CheckAnswer) }
func (c *Figures) onSkip(app.Context, app.Event)  { c.C.Apply(visit.SkipQuestion) }

// rounds chooses the round that the timelines show.
func (c *Figures) rounds() app.UI {
	v := c.C
	return dom.Elc("label", "rounds").Title("The round that the timelines show. First it is the one whose last replies are the nearest to the medians.").Body(
		app.Text("round "),
		dom.Elc("select", "pick").Attr("name", "round").OnChange(c.onRound).Body(app.Range(make([]int, v.Rounds())).Slice(func(r int) app.UI {
			text := fmt.Sprintf("%d of %d", r+1, v.Rounds())
			o := dom.Option(strconv.Itoa(r), text, r == v.Shown)
			if v.Gone(r) { // the runs are too long for all to be kept
				o = o.Attr("disabled", true)
			}
			return o
		})),
	)
}

func (c *Figures) onRound(ctx app.Context, _ app.Event) {
	if r, err := strconv.Atoi(dom.Value(ctx)); err == nil {
		c.C.ShowRound(r)
	}
}
