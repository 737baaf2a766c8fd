package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/link"
)

// question is the lab's question with its knobs and the Run button.
func (p *labPage) question() app.UI {
	s := p.s
	return elc("section", "q").Body(
		el("h1").Body(el("code").Text(s.Lab.ID), el("span").Text(s.Lab.Question)),
		app.If(len(s.Lab.Knobs) > 0, func() app.UI {
			return elc("fieldset", "knobs").Title(s.Lab.Notes).Body(
				elc("legend", "vh").Text("Knobs"),
				app.Range(s.Lab.Knobs).Slice(func(i int) app.UI { return p.knob(&s.Lab.Knobs[i]) }),
			)
		}),
		p.runButton(),
	)
}

func (p *labPage) knob(k *lab.Knob) app.UI {
	label := elc("span", "nw").Body(
		app.Text(k.Label),
		app.If(k.Injected, func() app.UI { return app.Raw(" " + iconInjected) }),
	)
	value := p.s.Values[k.Name]
	if k.Type == lab.Text {
		return elc("label", "knob").Body(label,
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Attr("name", k.Name).Attr("value", value).Attr("maxlength", int(k.Max)).Spellcheck(false).Attr("autocomplete", "off").
				OnChange(p.onKnob(k), app.EventScope(p.s.Lab.ID, k.Name)))
	}
	offers := k.Offers
	if !slices.Contains(offers, value) { // a link may set what the page doesn't offer
		offers = append([]string{value}, offers...)
	}
	return elc("label", "knob").Body(label,
		elc("select", "pick").Attr("name", k.Name).Attr("disabled", p.s.Link == link.Gone).OnChange(p.onKnob(k), app.EventScope(p.s.Lab.ID, k.Name)).Body(
			app.Range(offers).Slice(func(i int) app.UI {
				return option(offers[i], shown(k, offers[i]), offers[i] == value)
			}),
		))
}

func (p *labPage) onKnob(k *lab.Knob) app.EventHandler {
	return func(ctx app.Context, e app.Event) {
		value := ctx.JSSrc().Get("value").String()
		if err := p.s.set(k.Name, value); err != nil {
			p.complaint = sentence(err.Error())
			return
		}
		p.complaint = ""
		p.mirror(ctx)
	}
}

// runButton is Run, or Stop while a run is under way.
func (p *labPage) runButton() app.UI {
	s := p.s
	if s.busy() {
		return button(p.onStop).Class("runb").
			Body(app.Raw(iconStop), app.Text("Stop "), el("kbd").Text("."))
	}
	why := ""
	if s.Link == link.Gone {
		why = "No relay is in reach"
	}
	return button(p.onRun).Class("runb").Attr("disabled", !p.canRun()).Title(why).
		Body(app.Raw(iconRun), app.Text("Run "), el("kbd").Text("R"))
}
