package pane

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// Upload is the bar of a file on its way: which one, how far it is, how fast, and whether
// both sides have the same.
type Upload struct {
	app.Compo
	R   *visit.Run
	Rev int
}

func (c *Upload) Render() app.UI {
	r, s := c.R, &c.R.Sending
	t, ok := r.Transfer()
	return dom.Elc("section", "hands upload").Aria("label", "The file").Body(
		dom.El("b").Text("The file"),
		app.IfSlice(r.HasAgent(), func() []app.UI {
			what := "none chosen"
			if s.Name != "" {
				what = s.Name + ", " + words.Count(int64(s.Size()), "byte")
			}
			return []app.UI{
				dom.Elc("label", "btn filepick").Body(
					app.Text("choose"),
					app.ElemSelfClosing("input").Class("vh").Attr("type", "file").Aria("label", "The file to send").Attr("disabled", s.On()).OnChange(c.onFile),
				),
				dom.Elc("span", "what").Text(what),
				dom.Button(c.onUpload).Class("btn").Attr("disabled", s.Name == "" || s.On() || r.Relay.State.Off()).
					Title("Your client makes all the calls: socket, connect, the header, the file, shutdown, close").Text("upload"),
			}
		}),
		app.If(s.Fault != "", func() app.UI { return dom.Elc("span", "bad").Role("status").Text(s.Fault) }),
		app.IfSlice(ok, func() []app.UI { return transfer(&t) }),
		app.If(!ok && !r.HasAgent(), func() app.UI {
			return dom.Elc("span", "why").Text("no header has been sent yet")
		}),
	)
}

// transfer shows how far an upload is.
func transfer(t *visit.Transfer) []app.UI {
	// What stuck to the header may be more than the file has left.
	got := fmt.Sprintf("%s of %s received", words.Thousands(t.Got), words.Count(t.Size, "byte"))
	all := []app.UI{
		app.If(!t.OfLearners, func() app.UI { return dom.Elc("span", "what").Text(t.Name) }),
		dom.El("progress").Aria("label", "received").Attr("max", max(1, t.Size)).Attr("value", min(t.Got, max(1, t.Size))),
		dom.El("span").Text(got),
		app.If(t.Rate() != "", func() app.UI {
			return dom.El("span").Title("from the first send of the file to the last recv, with the tracing's cost in it").Text(t.Rate())
		}),
	}
	switch {
	case t.Refused:
		all = append(all, dom.Elc("span", "bad").Title("as the server says").Text(t.Said))
	case t.Theirs != "" && t.Ours != "":
		word, class := "both sides have SHA-256 ", "same"
		if t.Ours != t.Theirs {
			word, class = "the sides differ: SHA-256 "+t.Ours[:min(12, len(t.Ours))]+" and ", "bad"
		}
		all = append(all, dom.Elc("span", class).Title(t.Theirs).Text(word+t.Theirs[:min(12, len(t.Theirs))]))
	case t.Theirs != "":
		all = append(all, dom.El("span").Title(t.Theirs).Text("the server has SHA-256 "+t.Theirs[:min(12, len(t.Theirs))]))
	case t.Ours != "":
		all = append(all, dom.El("span").Title(t.Ours).Text("SHA-256 "+t.Ours[:min(12, len(t.Ours))]))
	}
	return append(all, provenance(trace.Observed, ""))
}

// onFile takes the file that was chosen.
func (c *Upload) onFile(ctx app.Context, _ app.Event) {
	input := ctx.JSSrc()
	file := input.Get("files").Index(0)
	if !file.Truthy() {
		return
	}
	name := file.Get("name").String()
	if file.Get("size").Int() > visit.MostUpload {
		c.R.TooLarge(name, file.Get("size").Int())
		return
	}
	dom.ReadBytes(ctx, file, func(data []byte) {
		input.Set("value", "") // so that the same file can be chosen again
		c.R.Choose(name, data)
	})
}

func (c *Upload) onUpload(app.Context, app.Event) { c.R.Upload() }
