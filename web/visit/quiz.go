package visit

import (
	"fmt"
	"strings"

	"sockscope/web/play"
	"sockscope/web/words"
)

// Question returns the question that is open, nil for none.
func (f *Focus) Question() *play.Question {
	if f.Quiz == nil {
		return nil
	}
	return f.Quiz.Open()
}

// Answered returns the answer that belongs to the position, nil for none and
// for a question that was skipped.
func (f *Focus) Answered() *play.Answer {
	if f.Quiz == nil || !f.Quiz.On() {
		return nil
	}
	if at, _ := f.Lit(); at != nil {
		return nil // the walk's stop speaks of what the answer would cover
	}
	if a := f.Quiz.Shown(); a != nil && !a.Skipped {
		return a
	}
	return nil
}

// SwitchAsking turns questions on or off, for this run and those to come.
func (f *Focus) SwitchAsking() {
	f.Asking = !f.Asking
	f.walk.at = 0 // it was at another moment
	if f.Quiz != nil {
		f.Quiz.Switch(f.Asking)
	}
	if f.Asking && f.View == Why { // it may tell what is asked
		f.View = f.first
	}
	f.moved()
}

// Attend shows what a question that has just opened is about. It reports
// whether there was one.
func (f *Focus) Attend() bool {
	q := f.Question()
	if q == f.attended {
		return false
	}
	f.attended = q
	if q == nil {
		return false
	}
	f.PickLane(q.Lane)
	f.Show(FDs)
	return true
}

// check settles the open question, and skip leaves it.
func (f *Focus) check() {
	if f.Question() != nil && f.Quiz.Ready() {
		f.Quiz.Check()
		f.moved()
	}
}

func (f *Focus) skip() {
	if f.Question() != nil {
		f.Quiz.Skip()
		f.moved()
	}
}

// AskAgain opens the question that was just answered.
func (f *Focus) AskAgain() {
	if a := f.Answered(); a != nil {
		f.Quiz.Again(a.Question)
		f.moved()
	}
}

// Choose picks an offer of the open question, and Light lights a member of its
// lists, or puts it out.
func (f *Focus) Choose(i int) {
	f.Quiz.Choose(i)
	f.Rev++
}

// Light lights member i of the open question's lists, or puts it out.
func (f *Focus) Light(i int) {
	f.Quiz.Toggle(i)
	f.Rev++
}

// Digit lights the fd of that number in the open question's lists. Where several have it,
// the first press lights it in the first, the next in the second, then in both, then in none.
func (f *Focus) Digit(n int) {
	q := f.Question()
	if q == nil {
		return
	}
	lit := f.Quiz.Guess().Lit
	for i, m := range q.Members {
		if m.FD != n {
			continue
		}
		was := i < len(lit) && lit[i]
		f.Light(i)
		if !was {
			return
		}
	}
}

// Letter chooses an offer of the open question, if it has so many.
func (f *Focus) Letter(i int) {
	if q := f.Question(); q != nil && i < len(q.Offers) {
		f.Choose(i)
	}
}

// letters are the keys of a question's offers. An offer may be a number: a digit before it
// would be taken for another answer.
const letters = "abcdefgh"

// OfferLetter is the key of an offer, "" for one that has none.
func OfferLetter(i int) string {
	if i < 0 || i >= len(letters) {
		return ""
	}
	return letters[i : i+1]
}

// OfferOf returns the offer that a key is of, -1 for none.
func OfferOf(key string) int {
	if len(key) != 1 {
		return -1
	}
	return strings.Index(letters, strings.ToLower(key))
}

// Onward says where GoOn leads from an answer; "" is nowhere.
func (f *Focus) Onward() string {
	switch {
	case f.left():
		return "Next question"
	case f.Pos() < f.Player.Len():
		return "Play on"
	}
	return ""
}

// goOn leaves an answer: to the next question, or where there is none to what
// comes after.
func (f *Focus) goOn() {
	if f.left() {
		f.Quiz.Next()
		f.moved()
	} else {
		f.Player.Play()
	}
}

// left reports whether a question has no answer yet.
func (f *Focus) left() bool { return len(f.Quiz.History()) < len(f.Quiz.Questions()) }

// Verdict says what the guess was, and of a wrong idea what is so instead.
func Verdict(a *play.Answer) string {
	q, g := a.Question, a.Guess
	switch {
	case a.Right():
		return "As you said."
	case g.Offer >= 0 && q.Offers[g.Offer].Belief != "":
		return fmt.Sprintf("You said: %s %s", words.Sentence(q.Offers[g.Offer].Text), q.Offers[g.Offer].Belief)
	case g.Offer >= 0:
		return "You said: " + words.Sentence(q.Offers[g.Offer].Text)
	}
	var lit []string
	for i, on := range g.Lit {
		if on {
			lit = append(lit, fmt.Sprintf("%d %s", q.Members[i].FD, q.Members[i].List))
		}
	}
	return "You picked " + strings.Join(lit, ", ") + ". " + q.Belief
}
