package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/play"
)

// question returns the question that is open, nil for none.
func (s *session) question() *play.Question {
	if s.Quiz == nil {
		return nil
	}
	return s.Quiz.Open()
}

// answered returns the answer that belongs to the position, nil for none and
// for a question that was skipped.
func (s *session) answered() *play.Answer {
	if s.Quiz == nil {
		return nil
	}
	if a := s.Quiz.Shown(); a != nil && !a.Skipped {
		return a
	}
	return nil
}

// switchAsking turns questions on or off, for this run and those to come.
func (s *session) switchAsking() {
	s.asking = !s.asking
	if s.Quiz != nil {
		s.Quiz.Switch(s.asking)
	}
	s.moved()
}

// attend shows what a question that has just opened is about. It reports
// whether there was one.
func (s *session) attend() bool {
	q := s.question()
	if q == s.attended {
		return false
	}
	s.attended = q
	if q == nil {
		return false
	}
	s.pickLane(q.Lane)
	s.show(fdsView)
	return true
}

// check settles the open question, and skip leaves it.
func (s *session) check() {
	if s.question() != nil && s.Quiz.Ready() {
		s.Quiz.Check()
		s.moved()
	}
}

func (s *session) skip() {
	s.Quiz.Skip()
	s.moved()
}

// digit answers the open question by a key: the fd of that number is lit or
// put out, in the first list that has it; or the offer of that place is chosen.
func (s *session) digit(n int) {
	q := s.question()
	if q == nil {
		s.bet(max(n-1, 0))
		return
	}
	if i := slices.IndexFunc(q.Members, func(m play.Member) bool { return m.FD == n }); i >= 0 {
		s.Quiz.Toggle(i)
	} else if len(q.Members) == 0 {
		s.Quiz.Choose(n - 1)
	}
	s.rev++
}

// nextQuestion goes to the next question without an answer.
func (s *session) nextQuestion() {
	s.Quiz.Next()
	s.moved()
}

// onward says where goOn leads from an answer; "" is nowhere.
func (s *session) onward() string {
	switch {
	case s.left():
		return "Next question"
	case s.pos() < s.Player.Len():
		return "Play on"
	}
	return ""
}

// goOn leaves an answer: to the next question, or where there is none to what
// comes after.
func (s *session) goOn() {
	if s.left() {
		s.nextQuestion()
	} else {
		s.Player.Play()
	}
}

// left reports whether a question has no answer yet.
func (s *session) left() bool { return len(s.Quiz.History()) < len(s.Quiz.Questions()) }

// ask is the open question, or the answer that was given beside what happened.
func (c *kernelPane) ask() app.UI {
	if q := c.S.question(); q != nil {
		return c.asked(q)
	}
	if a := c.S.answered(); a != nil {
		return c.told(a)
	}
	return nil
}

func (c *kernelPane) asked(q *play.Question) app.UI {
	guess := c.S.Quiz.Guess()
	class, hint := "ask", "Choose an answer, or press its number."
	if len(q.Members) > 0 {
		class, hint = "ask lights", "Pick the fds above"
		if len(q.Offers) > 0 {
			hint += ", or choose below"
		}
		hint += "."
	}
	return elc("section", class).ID("ask").TabIndex(-1).Role("group").Aria("label", "Question").Body(
		elc("div", "asks").Body(
			elc("span", "qm").Aria("hidden", true).Text("?"),
			el("p").Body(el("b").Text(q.Text), app.Text(" "), el("span").Text(hint)),
		),
		elc("div", "offers").Body(
			app.Range(q.Offers).Slice(func(i int) app.UI {
				return button(func(app.Context, app.Event) { c.S.Quiz.Choose(i); c.S.rev++ }, app.EventScope("offer", q.At, i)).
					Class("btn").Aria("pressed", guess.Offer == i).Text(q.Offers[i].Text)
			}),
		),
		elc("div", "go").Body(
			elc("span", "sp"),
			button(c.onSkip).Class("btn").Title("Escape").Text("Skip"),
			button(c.onCheck).Class("btn pri").Title("Enter").Attr("disabled", !c.S.Quiz.Ready()).Text("Check"),
		),
	)
}

func (c *kernelPane) told(a *play.Answer) app.UI {
	q, run := a.Question, c.S.Player.Run
	mark, class := "✗", "qm"
	if a.Right() {
		mark, class = "✓", "qm ok"
	}
	facts := run.Explain(q)
	score := c.S.Quiz.Score()
	onward := c.S.onward()
	return elc("section", "ask").ID("ask").Role("status").Body(
		elc("div", "asks").Body(
			elc("span", class).Aria("hidden", true).Text(mark),
			el("p").Body(
				el("b").Text(sentence(run.Happened(q))), app.Text(" "+verdict(a)),
			),
		),
		app.If(len(facts) > 0, func() app.UI {
			return elc("ul", "facts").Body(app.Range(facts).Slice(func(i int) app.UI {
				return el("li").Body(el("span").Text(sentence(facts[i].Text)), provenance(facts[i].How, ""))
			}))
		}),
		elc("div", "go").Body(
			// Each button stands where one of the question's did: Check that had the
			// focus becomes the button that goes on, and keeps it.
			elc("span", "note sp").Text(fmt.Sprintf("%d of %d right", score.Right, score.Made)),
			button(c.onAgain).Class("btn").Text("Ask again"),
			app.If(onward != "", func() app.UI { return button(c.onGoOn).Class("btn pri").Title("Enter").Text(onward) }),
		),
	)
}

// verdict says what the guess was, and of a wrong idea what is so instead.
func verdict(a *play.Answer) string {
	q, g := a.Question, a.Guess
	switch {
	case a.Right():
		return "As you said."
	case g.Offer >= 0 && q.Offers[g.Offer].Belief != "":
		return fmt.Sprintf("You said: %s %s", sentence(q.Offers[g.Offer].Text), q.Offers[g.Offer].Belief)
	case g.Offer >= 0:
		return "You said: " + sentence(q.Offers[g.Offer].Text)
	}
	var lit []string
	for i, on := range g.Lit {
		if on {
			lit = append(lit, fmt.Sprintf("%d %s", q.Members[i].FD, q.Members[i].List))
		}
	}
	return "You picked " + strings.Join(lit, ", ") + ". " + q.Belief
}

func (c *kernelPane) onCheck(app.Context, app.Event) { c.S.apply(checkAnswer) }
func (c *kernelPane) onSkip(app.Context, app.Event)  { c.S.apply(skipQuestion) }
func (c *kernelPane) onGoOn(app.Context, app.Event)  { c.S.apply(goOn) }

func (c *kernelPane) onAgain(app.Context, app.Event) {
	if a := c.S.answered(); a != nil {
		c.S.Quiz.Again(a.Question)
		c.S.moved()
	}
}

// light is a member of a list that select will return or has returned, as
// question and answer have it; nil where neither says anything.
func (s *session) light(list play.List, fd int) app.UI {
	member := func(q *play.Question) int {
		return slices.Index(q.Members, play.Member{List: list, FD: fd})
	}
	if q := s.question(); q != nil {
		if i := member(q); i >= 0 {
			guess := s.Quiz.Guess()
			on := i < len(guess.Lit) && guess.Lit[i]
			return button(func(app.Context, app.Event) { s.Quiz.Toggle(i); s.rev++ }, app.EventScope("light", q.At, i)).
				Class("m").Aria("pressed", on).Aria("label", "fd "+strconv.Itoa(fd)+" "+list.String()).Text(fd)
		}
	}
	if a := s.answered(); a != nil && a.Question.Answer == s.pos()-1 {
		if i := member(a.Question); i >= 0 {
			guessed := i < len(a.Guess.Lit) && a.Guess.Lit[i]
			was := i < len(a.Question.Right.Lit) && a.Question.Right.Lit[i]
			switch {
			case was && !guessed:
				return elc("span", "m lit miss").Text(fd)
			case !was && guessed:
				return elc("span", "m guessed").Text(fd)
			}
		}
	}
	return nil
}
