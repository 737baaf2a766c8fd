package pane

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/visit"
)

// Knobs is the lab's question, with its knobs and the button that runs it. The
// quiet knobs, which most runs leave alone, show when they are asked for.
type Knobs struct {
	All bool // also the quiet ones show

	// Set takes a new value of a knob.
	Set func(ctx app.Context, knob, value string)
}

// Render shows the knobs of a set-up. fixed says that none can be changed.
func (c *Knobs) Render(d *visit.Desk, fixed bool, run app.UI) app.UI {
	var knobs []*knob.Knob
	more := ""
	for i := range d.Lab.Knobs {
		k := &d.Lab.Knobs[i]
		if k.Type == knob.Text && visit.Attended(d.Lab, d.Values) {
			continue // the learner types it as the client
		}
		quiet := k.Quiet && d.Values[k.Name] == k.Default
		switch {
		case quiet && c.All:
			more = "fewer"
		case quiet:
			more = "more"
		}
		if !quiet || c.All {
			knobs = append(knobs, k)
		}
	}
	return dom.Elc("section", "q").Body(
		dom.El("h1").Body(dom.El("code").Text(visit.Title(d.Lab)), dom.El("span").Text(d.Lab.Question)),
		app.If(len(knobs) > 0, func() app.UI {
			return dom.Elc("fieldset", "knobs").Title(d.Lab.Notes).Body(
				dom.Elc("legend", "vh").Text("Knobs"),
				// In a box of their own: the button keeps its place among the elements, and the focus.
				dom.El("span").Body(app.Range(knobs).Slice(func(i int) app.UI { return c.knob(d, knobs[i], fixed) })),
				app.If(more != "", func() app.UI {
					return dom.Button(c.onMore).Class("link").Title("The knobs that most runs leave alone").Aria("expanded", c.All).Text(more)
				}),
			)
		}),
		run,
	)
}

func (c *Knobs) onMore(app.Context, app.Event) { c.All = !c.All }

// onKnob takes a new value of a knob; one of several choices has its place in data-at.
func (c *Knobs) onKnob(d *visit.Desk, k *knob.Knob) app.EventHandler {
	return func(ctx app.Context, _ app.Event) {
		value := dom.Value(ctx)
		if k.Type == knob.List {
			at, _ := strconv.Atoi(ctx.JSSrc().Get("dataset").Get("at").String())
			value = visit.Item(d.Values[k.Name], at, value)
		}
		c.Set(ctx, k.Name, value)
	}
}

func (c *Knobs) knob(d *visit.Desk, k *knob.Knob, fixed bool) app.UI {
	l, value, set := d.Lab, d.Values[k.Name], c.onKnob(d, k)
	label := dom.Elc("span", "nw").Body(
		app.Text(k.Label),
		app.If(k.Injected, func() app.UI { return app.Raw(" " + icon.KnobInjected) }),
	)
	if k.Type == knob.List {
		return dom.Elc("div", "knob").Role("group").Aria("label", k.Label).Body(label, listControl(l, k, value, set))
	}
	if k.Type == knob.Text {
		return dom.Elc("label", "knob").Body(label,
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Attr("name", k.Name).Attr("value", value).Attr("maxlength", int(k.Max)).Spellcheck(false).Attr("autocomplete", "off").
				OnChange(set, app.EventScope(l.ID, k.Name)))
	}
	offers := k.Offers
	if !slices.Contains(offers, value) { // a link may set what the page doesn't offer
		offers = append([]string{value}, offers...)
	}
	return dom.Elc("label", "knob").Body(label,
		dom.Elc("select", "pick").Attr("name", k.Name).Attr("disabled", fixed).OnChange(set, app.EventScope(l.ID, k.Name)).Body(
			app.Range(offers).Slice(func(i int) app.UI {
				return dom.Option(offers[i], visit.Shown(k, offers[i]), offers[i] == value)
			}),
		))
}

// listControl is a choice for each item of a list, with a last one to add
// another. An item that is chosen away leaves the list.
func listControl(l *lab.Lab, k *knob.Knob, value string, set app.EventHandler) app.UI {
	items := strings.Split(value, ",")
	n := len(items)
	if int64(n) < k.Max {
		items = append(items, "")
	}
	return dom.Elc("span", "list").Body(app.Range(items).Slice(func(i int) app.UI {
		var first app.UI
		switch {
		case i == n:
			first = dom.Option(visit.NoItem, "+ add", true)
		case int64(n) > k.Min:
			first = dom.Option(visit.NoItem, "− remove", false)
		}
		name := fmt.Sprintf("%s %d", k.Name, i+1)
		return dom.Elc("select", "pick").Attr("name", k.Name).DataSet("at", i).Aria("label", name).OnChange(set, app.EventScope(l.ID, name)).Body(
			app.If(first != nil, func() app.UI { return first }),
			app.Range(k.Items).Slice(func(j int) app.UI {
				return dom.Option(k.Items[j], k.Items[j], k.Items[j] == items[i])
			}),
		)
	}))
}

// StopButton stands in place of the Run button while a run is under way.
func StopButton(do app.EventHandler) app.UI {
	return dom.Button(do).Class("runb").
		Body(app.Raw(icon.Stop), app.Text("Stop "), dom.El("kbd").Text("."))
}

// RunButton starts a run; where it can't, why says the reason.
func RunButton(verb string, do app.EventHandler, can bool, why string) app.UI {
	b := dom.Button(do).Class("runb").Title(why)
	if !can {
		b = b.Attr("disabled", true)
	}
	return b.Body(app.Raw(icon.Run), app.Text(verb), dom.El("kbd").Text("R"))
}
