package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
)

// question is the lab's question with its knobs and the Run button.
func (p *labPage) question() app.UI {
	s := p.s
	return app.Section().Class("q").Body(
		app.H1().Body(app.Code().Text(s.Lab.ID), app.Span().Text(s.Lab.Question)),
		app.If(len(s.Lab.Knobs) > 0, func() app.UI {
			return app.FieldSet().Class("knobs").Title(s.Lab.Notes).Body(
				app.Legend().Class("vh").Text("Knobs"),
				app.Range(s.Lab.Knobs).Slice(func(i int) app.UI { return p.knob(&s.Lab.Knobs[i]) }),
			)
		}),
		p.runButton(),
	)
}

func (p *labPage) knob(k *lab.Knob) app.UI {
	label := app.Span().Class("nw").Body(
		app.Text(k.Label),
		app.If(k.Injected, func() app.UI { return app.Raw(" " + iconInjected) }),
	)
	value := p.s.Values[k.Name]
	if k.Type == lab.Text {
		return app.Label().Class("knob").Body(label,
			app.Input().Class("field").Type("text").Name(k.Name).Value(value).MaxLength(int(k.Max)).Spellcheck(false).AutoComplete(false).
				OnChange(p.onKnob(k), app.EventScope(p.s.Lab.ID, k.Name)))
	}
	offers := k.Offers
	if !slices.Contains(offers, value) { // a link may set what the page doesn't offer
		offers = append([]string{value}, offers...)
	}
	return app.Label().Class("knob").Body(label,
		app.Select().Class("pick").Name(k.Name).OnChange(p.onKnob(k), app.EventScope(p.s.Lab.ID, k.Name)).Body(
			app.Range(offers).Slice(func(i int) app.UI {
				return app.Option().Value(offers[i]).Selected(offers[i] == value).Text(shown(k, offers[i]))
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
		return app.Button().Type("button").Class("runb").OnClick(p.onStop).
			Body(app.Raw(iconStop), app.Text("Stop "), app.Kbd().Text("."))
	}
	return app.Button().Type("button").Class("runb").OnClick(p.onRun).Disabled(!p.canRun()).
		Body(app.Raw(iconRun), app.Text("Run "), app.Kbd().Text("R"))
}
