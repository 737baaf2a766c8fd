package web

import (
	"bytes"
	"io"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/export"
	"sockscope/web/play"
	"sockscope/web/visit"
)

// takeaway is one form in which a run can be taken away.
type takeaway struct {
	ending string // of the file's name
	name   string
	what   string // it is, and for whom
	write  func(io.Writer) error
}

// takeaways lists the forms that this page can write of a run.
func (f *frame) takeaways(r *visit.Run) []takeaway {
	run := r.Player.Run
	var all []takeaway
	if f.drawing != nil {
		all = []takeaway{
			{".svg", "drawing", "the timeline as it shows, with all lanes: SVG, for a slide or a page", f.drawing},
			{".png", "picture", "the same as PNG", f.drawing},
			{".strace", "strace text", "as strace -f -ttt -T writes it, for whatever reads that", func(w io.Writer) error { return export.Strace(w, run) }},
			{".json", "trace events", "with flows for the wakes: opens in ui.perfetto.dev and chrome://tracing", func(w io.Writer) error { return export.Perfetto(w, run) }},
		}
	}
	if r.Lab == lab.Hand {
		all = append(all, programs(run)...)
	}
	if len(run.Packets) > 0 {
		all = append(all, takeaway{".pcapng", "packets", "what was captured: opens in Wireshark", r.Packets})
	}
	if !f.tab.alone {
		all = append(all, takeaway{".html", "page", "one file of a few MB that plays this run anywhere, without a network", nil})
	}
	return all
}

// programs are the languages in which what was done by hand can be saved.
func programs(run *play.Run) []takeaway {
	return []takeaway{
		{".go", "Go", "a program that makes the same calls", func(w io.Writer) error { return export.Go(w, run) }},
		{".py", "Python", "the same in Python", func(w io.Writer) error { return export.Python(w, run) }},
		{".c", "C", "the same in C", func(w io.Writer) error { return export.C(w, run) }},
	}
}

// take hands a run to the browser in one of the forms.
func (f *frame) take(ctx app.Context, r *visit.Run, t takeaway) {
	name, file := r.File()
	name = name[:strings.LastIndexByte(name, '.')] + t.ending
	if t.write == nil && r.Fail(r.NotKept()) {
		return
	}
	r.Kept = true
	if t.write == nil {
		dom.Fetch(ctx, visit.OfflinePage, func(page []byte) {
			if page, err := visit.Carry(page, file); !r.Fail(err) {
				dom.Save(name, page)
			}
			f.draw()
		})
		return
	}
	var out bytes.Buffer
	switch err := t.write(&out); {
	case r.Fail(err):
	case t.ending == ".png":
		app.Window().Get("sockscopeCanvas").Call("picture", out.String(), name)
	default:
		dom.Save(name, out.Bytes())
	}
}

// takeSheet offers the forms, and the element that shows the run in another page.
func (f *frame) takeSheet(r *visit.Run) app.UI {
	forms := f.takeaways(r)
	return dom.Elc("dialog", "sheet take").ID("take").Aria("labelledby", "take-title").Body(
		dom.El("h2").ID("take-title").Body(
			dom.El("span").Text("Take this run away"), dom.Elc("span", "sp"),
			dom.Button(func(app.Context, app.Event) { takeDialog().Call("close") }).Class("btn").Text("Close"),
		),
		dom.El("ul").Body(app.Range(forms).Slice(func(i int) app.UI {
			return dom.El("li").Body(
				dom.Button(func(ctx app.Context, _ app.Event) { f.take(ctx, r, forms[i]) }, app.EventScope("take", forms[i].ending)).Class("btn").Text(forms[i].name),
				dom.El("span").Text(forms[i].what),
			)
		})),
		app.If(!f.tab.alone, func() app.UI {
			return dom.El("p").Body(
				app.Text("In a page of your own, this shows the run alone: timeline, source, transport. "),
				dom.Elc("textarea", "mono").ID("snippet").Attr("readonly", true).Attr("rows", 3).Aria("label", "The element for your page"),
				dom.Button(f.copySnippet).Class("link").Text("copy"),
			)
		}),
		dom.El("p").Text("A saved trace becomes each of these on a command line, too: relay export -as strace|perfetto|pcapng|html|svg FILE"+map[bool]string{true: "; or go|python|c"}[r.Lab == lab.Hand]),
	)
}

// openTake opens the sheet. The element is made then: packing a run takes a while.
func (f *frame) openTake(ctx app.Context, r *visit.Run) {
	takeDialog().Call("showModal")
	if place := app.Window().GetElementByID("snippet"); place.Truthy() {
		url := *ctx.Page().URL()
		url.RawQuery, url.Fragment, url.RawFragment = "", "", ""
		text, err := r.Embed(url.String())
		if err != nil {
			text = err.Error()
		}
		place.Set("value", text)
	}
}

func (f *frame) copySnippet(ctx app.Context, _ app.Event) {
	place := app.Window().GetElementByID("snippet")
	place.Call("select")
	dom.Copy(ctx, place.Get("value").String(), func() {})
}

func takeDialog() app.Value { return app.Window().GetElementByID("take") }
