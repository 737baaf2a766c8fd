package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
)

// question is the lab's question with its knobs and the Run button.
func (p *labPage) question() app.UI {
	s := p.s
	fixed := s.Link.Off() || s.cannot() != ""
	var knobs []*knob.Knob
	more := ""
	for i := range s.Lab.Knobs {
		k := &s.Lab.Knobs[i]
		quiet := k.Quiet && s.Values[k.Name] == k.Default
		switch {
		case quiet && p.all:
			more = "fewer"
		case quiet:
			more = "more"
		}
		if !quiet || p.all {
			knobs = append(knobs, k)
		}
	}
	return elc("section", "q").Body(
		el("h1").Body(el("code").Text(titleOf(s.Lab)), el("span").Text(s.Lab.Question)),
		app.If(len(knobs) > 0, func() app.UI {
			return elc("fieldset", "knobs").Title(s.Lab.Notes).Body(
				elc("legend", "vh").Text("Knobs"),
				app.Range(knobs).Slice(func(i int) app.UI { return knobControl(s.Lab, knobs[i], s.Values[knobs[i].Name], fixed, p.onKnob) }),
				app.If(more != "", func() app.UI {
					return button(p.onMore).Class("link").Title("The knobs that most runs leave alone").Aria("expanded", p.all).Text(more)
				}),
			)
		}),
		p.runButton(),
	)
}

func (p *labPage) onMore(app.Context, app.Event) {
	p.all = !p.all
	p.draw()
}

func knobControl(l *lab.Lab, k *knob.Knob, value string, fixed bool, set func(*knob.Knob) app.EventHandler) app.UI {
	label := elc("span", "nw").Body(
		app.Text(k.Label),
		app.If(k.Injected, func() app.UI { return app.Raw(" " + iconInjected) }),
	)
	if k.Type == knob.List {
		return elc("div", "knob").Role("group").Aria("label", k.Label).Body(label, listControl(l, k, value, set(k)))
	}
	if k.Type == knob.Text {
		return elc("label", "knob").Body(label,
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Attr("name", k.Name).Attr("value", value).Attr("maxlength", int(k.Max)).Spellcheck(false).Attr("autocomplete", "off").
				OnChange(set(k), app.EventScope(l.ID, k.Name)))
	}
	offers := k.Offers
	if !slices.Contains(offers, value) { // a link may set what the page doesn't offer
		offers = append([]string{value}, offers...)
	}
	return elc("label", "knob").Body(label,
		elc("select", "pick").Attr("name", k.Name).Attr("disabled", fixed).OnChange(set(k), app.EventScope(l.ID, k.Name)).Body(
			app.Range(offers).Slice(func(i int) app.UI {
				return option(offers[i], shown(k, offers[i]), offers[i] == value)
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
	return elc("span", "list").Body(app.Range(items).Slice(func(i int) app.UI {
		var first app.UI
		switch {
		case i == n:
			first = option(noItem, "+ add", true)
		case int64(n) > k.Min:
			first = option(noItem, "− remove", false)
		}
		name := fmt.Sprintf("%s %d", k.Name, i+1)
		return elc("select", "pick").Attr("name", k.Name).DataSet("at", i).Aria("label", name).OnChange(set, app.EventScope(l.ID, name)).Body(
			app.If(first != nil, func() app.UI { return first }),
			app.Range(k.Items).Slice(func(j int) app.UI {
				return option(k.Items[j], k.Items[j], k.Items[j] == items[i])
			}),
		)
	}))
}

func (p *labPage) onKnob(k *knob.Knob) app.EventHandler {
	return func(ctx app.Context, e app.Event) {
		value := ctx.JSSrc().Get("value").String()
		if k.Type == knob.List {
			at, _ := strconv.Atoi(ctx.JSSrc().Get("dataset").Get("at").String())
			value = item(p.s.Values[k.Name], at, value)
		}
		if err := p.s.set(k.Name, value); err != nil {
			p.complaint = sentence(err.Error())
			return
		}
		p.complaint = ""
		p.mirror(ctx)
		p.record(ctx)
		p.draw()
	}
}

func (p *labPage) runButton() app.UI {
	if p.s.busy() {
		return stopButton(p.onStop)
	}
	why := sentence(p.s.cannot())
	if p.s.Link.Off() {
		why = p.near.unreached(p.s.Link)
	}
	return runButton(p.s.verb(), p.onRun, p.canRun(), why)
}

// stopButton stands in place of the Run button while a run is under way.
func stopButton(do app.EventHandler) app.UI {
	return button(do).Class("runb").
		Body(app.Raw(iconStop), app.Text("Stop "), el("kbd").Text("."))
}

// verb is the word on the Run button.
func (s *session) verb() string {
	if s.Lab.Server() != "" {
		return "Watch "
	}
	return "Run "
}

// runButton starts a run; where it can't, why says the reason.
func runButton(verb string, do app.EventHandler, can bool, why string) app.UI {
	return button(do).Class("runb").Attr("disabled", !can).Title(why).
		Body(app.Raw(iconRun), app.Text(verb), el("kbd").Text("R"))
}
