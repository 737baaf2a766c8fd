package pane

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// Walk leads through the run: before it what to try, after it the stops, and behind
// them the recap with the next lab.
type Walk struct {
	// Try runs a set-up that the lab offers, by its place.
	Try func(ctx app.Context, i int)
}

// Render shows the walk of a run; nothing where its lab has none.
func (w *Walk) Render(r *visit.Run) app.UI {
	l, f := r.Lab, r.At()
	if len(l.Stops) == 0 {
		return dom.Elc("div", "vh")
	}
	stops := f.Stops()
	row := dom.Elc("section", "walk").ID("walk").Aria("label", "Walk")
	switch {
	case f.AtRecap():
		return row.Class("recap").Body(chips(f, stops), recap(l, f), w.tries(r), next(l))
	case stops != nil:
		return row.Body(chips(f, stops), say(f, stops), onward(f, len(stops)))
	case f.Quiz.Waiting():
		return row.Body(dom.El("p").Text("The run is under way. It is hidden until it has ended: you are asked first."))
	case f.Quiz.Hides():
		s := f.Quiz.Score()
		return row.Body(dom.El("p").Text(fmt.Sprintf("You are asked first: %d of %s are behind you. Play on to the next; the walk opens after the last one.", len(f.Quiz.History()), words.Count(int64(s.Asked), "question"))))
	case r.Busy():
		return row.Body(dom.El("p").Text("The walk opens when the run has ended."))
	}
	n := words.Count(int64(len(l.Walk(r.Values))), "stop")
	if r.Cannot() != "" {
		return row.Body(dom.El("p").Text(fmt.Sprintf("Where it can run, a walk leads through the run in %s.", n)))
	}
	return row.Body(dom.El("p").Text(fmt.Sprintf("Run it, then walk through it in %s.", n)), w.tries(r))
}

// Contrast leads through what the servers of a comparison differ in.
func Contrast(c *visit.Comparison) app.UI {
	f := c.At()
	row := dom.Elc("section", "walk").ID("walk").Aria("label", "Walk")
	switch stops := f.Stops(); {
	case stops == nil || !c.Revealed():
		return row.Body(dom.El("p").Text("Run them, then walk through what they differ in."))
	case f.AtRecap():
		return row.Class("recap").Body(chips(f, stops), recap(c.Lab, f), next(c.Lab))
	default:
		return row.Body(chips(f, stops), say(f, stops), onward(f, len(stops)))
	}
}

// chips are the numbers of the stops, and the sign of the recap.
func chips(f *visit.Focus, stops []visit.Stop) app.UI {
	return dom.Elc("ol", "chips").Aria("label", "Stops").Body(
		app.Range(stops).Slice(func(i int) app.UI {
			s := &stops[i]
			class, title := "", s.Say
			if !s.Is {
				class, title = "none", "This run has no such moment. "+s.Say
			}
			return dom.El("li").Body(chip(f, i, s.On).Class(class).Title(title).Aria("label", fmt.Sprintf("Stop %d", i+1)).Text(i + 1))
		}),
		dom.El("li").Body(chip(f, len(stops), f.AtRecap()).Title("Recap").Aria("label", "Recap").Text("=")),
	)
}

func chip(f *visit.Focus, i int, on bool) app.HTMLElem {
	b := dom.Button(func(app.Context, app.Event) { f.GoToStop(i) }, app.EventScope("stop", i))
	if on {
		b = b.Aria("current", "step")
	}
	return b
}

// say is the sentence of the stop that shows.
func say(f *visit.Focus, stops []visit.Stop) app.UI {
	for _, s := range stops {
		if s.On {
			text := WithCode(s.Say)
			if !s.Is {
				text = "<em>This run has no such moment.</em> " + text
			}
			return app.Raw(`<p role="status" aria-live="polite">` + text + `</p>`)
		}
	}
	if at := f.Left(); at > 0 {
		return dom.El("p").Body(app.Text("You have moved on. "), dom.Button(func(app.Context, app.Event) { f.GoToStop(f.AtStop()) }, app.EventScope("back")).Class("link").Text(fmt.Sprintf("Back to stop %d", f.AtStop()+1)), app.Text(fmt.Sprintf(", at step %d.", at)))
	}
	return dom.El("p").Text(fmt.Sprintf("Walk through this run in %s.", words.Count(int64(len(stops)), "stop")))
}

// onward leads to the next stop, and from the last to the recap.
func onward(f *visit.Focus, n int) app.UI {
	at := f.AtStop()
	label := "Next stop"
	switch at {
	case -1:
		label = "Start the walk"
	case n - 1:
		label = "Recap"
	}
	return dom.Button(func(app.Context, app.Event) { f.GoToStop(at + 1) }, app.EventScope("onward", at)).Class("btn pri").Title("N").Text(label)
}

// recap is what the lab has shown, and how the questions went.
func recap(l *lab.Lab, f *visit.Focus) app.UI {
	var score app.UI
	if f.Quiz != nil {
		if s := f.Quiz.Score(); s.Made > 0 {
			score = dom.Elc("span", "score").Body(
				app.Text(fmt.Sprintf(" You had %d of %d right. ", s.Right, s.Made)),
				app.Range(s.Missed).Slice(func(i int) app.UI {
					at := s.Missed[i].Question.At
					return dom.Button(func(app.Context, app.Event) { f.Seek(at) }, app.EventScope("missed", at)).
						Class("link").Title(s.Missed[i].Question.Text).Text(fmt.Sprintf("missed at %d", at))
				}),
			)
		}
	}
	return dom.El("div").Body(
		app.Raw(`<p role="status" aria-live="polite"><b>Recap.</b> `+WithCode(l.Recapped(f.Player.Run.Header.Knobs))+`</p>`),
		app.If(score != nil, func() app.UI { return score }),
	)
}

// tries are the set-ups worth a run.
func (w *Walk) tries(r *visit.Run) app.UI {
	tries := r.Lab.Tries
	return dom.Elc("span", "tries").Body(
		app.If(len(tries) > 0, func() app.UI { return dom.El("span").Text("Try") }),
		app.Range(tries).Slice(func(i int) app.UI {
			return dom.Button(func(ctx app.Context, _ app.Event) { w.Try(ctx, i) }, app.EventScope("try", r.Lab.ID, i)).
				Class("link").Attr("disabled", !r.CanStart()).Aria("pressed", r.Tried(tries[i])).Title(r.Tries(tries[i])).Text(tries[i].Label)
		}),
	)
}

// next leads to the lab to go on with.
func next(l *lab.Lab) app.UI {
	to := l.Next()
	if to == nil {
		return dom.Anchor("/").Class("btn pri").Text("All labs")
	}
	return dom.Anchor(visit.Path(to)).Class("btn pri").Title(to.Brief).Text("Next: " + to.ID)
}

// Narration is one sentence about the step that has just happened. It is read out,
// but not while the run plays.
func Narration(f *visit.Focus) app.UI {
	live, text := "polite", f.Narration()
	switch {
	case f.Player == nil:
		text = ""
	case f.Player.Playing || f.Player.Follow:
		live = "off"
	}
	if f.Player != nil && text == "" {
		text = "Before the first step."
	}
	text = words.Sentence(text)
	return dom.Elc("p", "narration").ID("narration").Aria("live", live).Title(text).Text(text)
}
