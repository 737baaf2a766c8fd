package pane

import (
	"html"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// why tells the chain of causes that is followed.
type why struct {
	app.Compo
	F   *visit.Focus
	Rev int
}

func (c *why) Render() app.UI {
	f := c.F
	chain, picked := f.Chain(), f.Picked()
	if chain == nil {
		return dom.Elc("p", "hint").Text("This thread has made no call yet. Click a bar of the timeline to follow its causes.")
	}
	return dom.El("div").Body(
		app.If(picked != "", func() app.UI {
			return dom.Elc("p", "picked").Body(
				dom.El("span").Text(picked), dom.Elc("span", "sp"),
				dom.Button(c.onUnpick).Class("link").Text("follow the lane"),
			)
		}),
		dom.Elc("ol", "why-chain").OnClick(c.onLink).Body(app.Range(chain.Links).Slice(func(i int) app.UI {
			return app.Raw(reason(f, &chain.Links[i]))
		})),
	)
}

// reason is one link of the chain as HTML.
func reason(f *visit.Focus, l *play.Link) string {
	class := ""
	switch {
	case l.Step+1 == f.Pos():
		class = "cur"
	case l.Step >= f.Pos():
		class = "ahead"
	}
	if l.Ends > 0 {
		class += " ends"
	}
	at := f.Player.Run.Instant(l.Time)
	if l.How == trace.Sampled {
		at = "read at " + at
	}
	code := ""
	if sources := f.Sources(); l.Line > 0 && l.File >= 1 && l.File <= len(sources) {
		src := &sources[l.File-1]
		if lines := tinted(src.Text, src.Text); l.Line <= len(lines) {
			code = "<code>" + strings.TrimLeft(lines[l.Line-1].code, "\t") + "</code>"
		}
		at = html.EscapeString(src.Name) + ":" + strconv.Itoa(l.Line) + ", " + at
	}
	return `<li class="` + class + `"><button type="button" data-step="` + strconv.Itoa(l.Step) + `"><i>` + strconv.Itoa(l.Step+1) +
		`</i><span>` + html.EscapeString(words.Sentence(l.Text)) + `</span>` + code + `<span class="note">` + at + `</span></button>` +
		`<span class="badge">` + signs[l.How&3] + l.How.String() + `</span></li>`
}

// onLink goes to where a link's step has just happened, and to its lane. The
// link that was pressed keeps the focus.
func (c *why) onLink(ctx app.Context, e app.Event) {
	if step := dom.Number(e, "step"); step >= 0 && step < c.F.Player.Len() {
		c.F.Visit(step)
		ctx.Defer(func(app.Context) {
			dom.FocusOn(".why-chain button") // the lane's thread may be in another call by then
			dom.FocusOn(".why-chain .cur button")
		})
	}
}

func (c *why) onUnpick(app.Context, app.Event) {
	c.F.Unpick()
}
