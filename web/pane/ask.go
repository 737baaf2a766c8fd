package pane

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// ask is the question that is open, or the answer that was given beside what
// happened.
type ask struct {
	app.Compo
	F   *visit.Focus
	Rev int
}

// asks reports whether there is either.
func asks(f *visit.Focus) bool { return f.Question() != nil || f.Answered() != nil }

func (c *ask) Render() app.UI {
	if q := c.F.Question(); q != nil {
		return c.asked(q)
	}
	if a := c.F.Answered(); a != nil {
		return c.told(a)
	}
	return dom.El("section") // it was left a moment ago
}

func (c *ask) asked(q *play.Question) app.UI {
	guess := c.F.Quiz.Guess()
	class, hint, keyed := "ask", "Choose an answer", ", or press its letter"
	if len(q.Members) > 0 {
		class, hint, keyed = "ask lights", "Pick the fds above", ", or press their digits: again for the next list"
		if len(q.Offers) > 0 {
			hint += ", or choose below"
		}
	}
	return dom.Elc("section", class).ID("ask").TabIndex(-1).Role("group").Aria("label", "Question").Body(
		dom.Elc("div", "asks").Body(
			dom.Elc("span", "qm").Aria("hidden", true).Text("?"),
			dom.El("p").Body(dom.El("b").Text(q.Text), app.Text(" "), dom.El("span").Text(hint), dom.Elc("span", "keyed").Text(keyed), app.Text(".")),
		),
		dom.Elc("div", "offers").Body(
			app.Range(q.Offers).Slice(func(i int) app.UI {
				return dom.Button(func(app.Context, app.Event) { c.F.Choose(i) }, app.EventScope("offer", q.At, i)).
					Class("btn").Aria("pressed", guess.Offer == i).Aria("keyshortcuts", visit.OfferLetter(i)).
					Body(offerKey(i), app.Text(q.Offers[i].Text))
			}),
		),
		dom.Elc("div", "go").Body(
			dom.Elc("span", "sp"),
			dom.Button(c.onSkip).Class("btn").Title("Escape").Text("Skip"),
			dom.Button(c.onCheck).Class("btn pri").Title("Enter").Attr("disabled", !c.F.Quiz.Ready()).Text("Check"),
		),
	)
}

// offerKey is the key of an offer, as a sign.
func offerKey(i int) app.UI {
	return dom.El("kbd").Aria("hidden", true).Text(visit.OfferLetter(i))
}

func (c *ask) told(a *play.Answer) app.UI {
	q, run := a.Question, c.F.Player.Run
	mark, class := "✗", "qm"
	if a.Right() {
		mark, class = "✓", "qm ok"
	}
	facts := run.Explain(q)
	score := c.F.Quiz.Score()
	onward := c.F.Onward()
	return dom.Elc("section", "ask").ID("ask").TabIndex(-1).Role("status").Aria("label", "Answer").Body(
		dom.Elc("div", "asks").Body(
			dom.Elc("span", class).Aria("hidden", true).Text(mark),
			dom.El("p").Body(
				dom.El("b").Text(words.Sentence(run.Happened(q))), app.Text(" "+visit.Verdict(a)),
			),
		),
		app.If(len(facts) > 0, func() app.UI {
			return dom.Elc("ul", "facts").Body(app.Range(facts).Slice(func(i int) app.UI {
				return dom.El("li").Body(dom.El("span").Text(words.Sentence(facts[i].Text)), provenance(facts[i].How, ""))
			}))
		}),
		dom.Elc("div", "go").Body(
			// Each button stands where one of the question's did: Check that had the
			// focus becomes the button that goes on, and keeps it.
			dom.Elc("span", "note sp").Text(fmt.Sprintf("%d of %d right", score.Right, score.Made)),
			dom.Button(c.onAgain).Class("btn").Text("Ask again"),
			app.If(onward != "", func() app.UI { return dom.Button(c.onGoOn).Class("btn pri").Title("Enter").Text(onward) }),
		),
	)
}

func (c *ask) onCheck(app.Context, app.Event) { c.F.Apply(visit.CheckAnswer) }
func (c *ask) onAgain(app.Context, app.Event) { c.F.AskAgain() }

func (c *ask) onSkip(ctx app.Context, _ app.Event) {
	KeepAsking(ctx)
	c.F.Apply(visit.SkipQuestion)
}

func (c *ask) onGoOn(ctx app.Context, _ app.Event) {
	KeepAsking(ctx)
	c.F.Apply(visit.GoOn)
}

// KeepAsking has the focus stay with the questions where it is there: when one has been
// left it is on the next, else on what plays on to it.
func KeepAsking(ctx app.Context) {
	if dom.HasFocus("#ask") {
		ctx.Defer(func(app.Context) {
			if !dom.HasFocus("#ask") {
				dom.FocusOn("#ask, .trans .play")
			}
		})
	}
}

// light is a member of a list that select will return or has returned, as
// question and answer have it; nil where neither says anything.
func light(f *visit.Focus, list play.List, fd int) app.UI {
	member := func(q *play.Question) int {
		return slices.Index(q.Members, play.Member{List: list, FD: fd})
	}
	if q := f.Question(); q != nil {
		if i := member(q); i >= 0 {
			guess := f.Quiz.Guess()
			on := i < len(guess.Lit) && guess.Lit[i]
			return dom.Button(func(app.Context, app.Event) { f.Light(i) }, app.EventScope("light", q.At, i)).
				Class("m").Aria("pressed", on).Aria("label", "fd "+strconv.Itoa(fd)+" "+list.String()).Text(fd)
		}
	}
	if a := f.Answered(); a != nil && a.Question.Answer == f.Pos()-1 {
		if i := member(a.Question); i >= 0 {
			guessed := i < len(a.Guess.Lit) && a.Guess.Lit[i]
			was := i < len(a.Question.Right.Lit) && a.Question.Right.Lit[i]
			switch {
			case was && !guessed:
				return dom.Elc("span", "m lit miss").Text(fd)
			case !was && guessed:
				return dom.Elc("span", "m guessed").Text(fd)
			}
		}
	}
	return nil
}
