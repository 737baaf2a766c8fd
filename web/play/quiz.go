package play

import (
	"math"
	"slices"
)

// Quiz stops a Player at the moments that matter and asks what comes next, one
// question at a time. While it is on, nothing goes past the first question that has
// no answer: see Horizon.
type Quiz struct {
	// Waits has it hide a live run until that has ended: only then it is known where its
	// first question is.
	Waits bool

	player  *Player
	chooser *chooser
	on      bool
	guess   Guess
	guessed *Question // that guess is about
	answers map[*Question]*Answer
	passed  map[*Question]bool // of a live run: found when the player was already past them
	verdict *Answer            // the last answer, until the player moves
	held    held
}

// Answer is what became of a question.
type Answer struct {
	Question *Question
	Guess    Guess // meaningless if Skipped
	Skipped  bool
}

// Right reports whether the guess was what happened.
func (a *Answer) Right() bool { return !a.Skipped && a.Guess.Equal(a.Question.Right) }

// held is what a player did when a question stopped it.
type held struct{ playing, follow bool }

// NewQuiz returns a Quiz for p, switched off. It takes its place as p.Quiz.
func NewQuiz(p *Player) *Quiz {
	q := &Quiz{player: p, chooser: p.Run.prepared, answers: map[*Question]*Answer{}, passed: map[*Question]bool{}}
	p.Quiz = q
	if q.chooser == nil {
		q.chooser = newChooser(p.Run)
	}
	q.chooser.grow()
	return q
}

// Prepare looks for questions in the steps that have come, before a Quiz asks for them: of
// a long run that takes a while.
func (r *Run) Prepare() {
	if r.prepared == nil {
		r.prepared = newChooser(r)
	}
	r.prepared.grow()
}

// On reports whether the quiz asks.
func (q *Quiz) On() bool { return q.on }

// Switch turns asking on or off. Answers stay, until there is one to each question. When it
// is turned on after the run, the player goes back to the start and what follows is hidden.
func (q *Quiz) Switch(on bool) {
	again := on && !q.on
	q.on, q.verdict = on, nil
	if q.Waiting() {
		clear(q.passed)
		q.player.Follow = true
		q.player.seek(0)
	}
	if again && q.player.Run.End != nil {
		clear(q.passed)
		if q.next() == nil {
			clear(q.answers) // all of them: it asks anew
		}
		q.player.Playing = false
		q.player.Seek(0)
	}
}

// Waiting reports whether all of the run is hidden until it has ended.
func (q *Quiz) Waiting() bool { return q != nil && q.on && q.Waits && q.player.Run.End == nil }

// Horizon returns the position up to which the run may be shown. There the first
// question without an answer is asked. Nothing that comes later may be told.
func (q *Quiz) Horizon() int {
	if q != nil && q.on {
		if q.Waiting() {
			return 0
		}
		if asked := q.next(); asked != nil {
			return asked.At
		}
	}
	if q == nil {
		return math.MaxInt
	}
	return q.player.Len()
}

// Hides reports whether something of the run may not be shown yet.
func (q *Quiz) Hides() bool { return q != nil && q.on && (q.Waiting() || q.next() != nil) }

// Questions returns all questions that there are so far, in the order in which
// they are asked. They must not be changed.
func (q *Quiz) Questions() []*Question { return q.chooser.questions }

// Open returns the question that is open at the player's position, or nil. While an
// answer is shown, no question is open.
func (q *Quiz) Open() *Question {
	if !q.on || q.verdict != nil {
		return nil
	}
	if asked := q.next(); asked != nil && asked.At == q.player.pos && !q.Waiting() {
		return asked
	}
	return nil
}

// next returns the first question without an answer that was not passed, or nil.
func (q *Quiz) next() *Question {
	for _, asked := range q.chooser.questions {
		if q.answers[asked] == nil && !q.passed[asked] {
			return asked
		}
	}
	return nil
}

// grow takes over the questions of new steps. What a live run has already shown is
// asked only after the run; see Next.
func (q *Quiz) grow() {
	q.chooser.grow()
	for _, asked := range q.chooser.questions {
		if asked.At < q.player.pos && q.answers[asked] == nil && q.player.Run.End == nil {
			q.passed[asked] = true
		}
	}
}

// Guess returns the guess in the making for the open question: at first no
// offer, and no member lit.
func (q *Quiz) Guess() Guess {
	open := q.Open()
	if open != q.guessed {
		q.guessed = open
		q.guess = Guess{Offer: -1}
	}
	return q.guess
}

// Choose makes an offer the guess. No member is lit then.
func (q *Quiz) Choose(offer int) {
	q.Guess()
	if q.guessed != nil && offer >= 0 && offer < len(q.guessed.Offers) {
		q.guess = Guess{Offer: offer}
	}
}

// Toggle lights a member, by its index, or puts it out.
func (q *Quiz) Toggle(member int) {
	q.Guess()
	if q.guessed == nil || member < 0 || member >= len(q.guessed.Members) {
		return
	}
	if q.guess.Lit == nil {
		q.guess = Guess{Offer: -1, Lit: make([]bool, len(q.guessed.Members))}
	}
	q.guess.Lit[member] = !q.guess.Lit[member]
}

// Ready reports whether there is a guess to check.
func (q *Quiz) Ready() bool {
	g := q.Guess()
	return g.Offer >= 0 || slices.Contains(g.Lit, true)
}

// Check compares the guess with what happened and keeps both. They show until the
// player moves or Next is called. The step that answers is shown, unless another
// question waits before it. Check returns nil while there is no guess.
func (q *Quiz) Check() *Answer {
	if !q.Ready() {
		return nil
	}
	a := &Answer{Question: q.guessed, Guess: q.guess}
	q.answers[a.Question] = a
	q.held = held{}
	if a.Question.Answer == q.player.pos {
		q.player.Playing, q.player.Follow = false, false
		q.player.seek(q.player.pos + 1)
	}
	q.verdict = a
	return a
}

// Next goes from an answer to the next question and reports whether there is one. In
// a run that is over, the questions that were passed while it was live come last.
func (q *Quiz) Next() bool {
	q.verdict = nil
	asked := q.next()
	if asked == nil && q.player.Run.End != nil {
		clear(q.passed)
		asked = q.next()
	}
	if asked == nil {
		return false
	}
	q.player.Playing = false
	q.player.Seek(asked.At)
	return true
}

// Skip leaves the open question. The player goes on as it did before it was stopped.
func (q *Quiz) Skip() {
	open := q.Open()
	if open == nil {
		return
	}
	q.answers[open] = &Answer{Question: open, Skipped: true}
	if q.Open() == nil && q.held != (held{}) { // else it arrived exactly here and was not stopped
		over := q.player.Run.End != nil // then there is nothing to follow
		q.player.Playing, q.player.Follow = q.held.playing || q.held.follow && over, q.held.follow && !over
		q.held = held{}
	}
}

// Again forgets the answer to a question and goes to where it is asked.
func (q *Quiz) Again(asked *Question) {
	delete(q.answers, asked)
	delete(q.passed, asked)
	q.guessed = nil
	q.player.Playing = false
	q.player.Seek(asked.At)
}

// Shown returns the answer to show, or nil. It is the last answer while the player
// has not moved. Later it is the answer to the question that was asked at the
// player's position, or that the last step answers. While a question is open it is
// nil.
func (q *Quiz) Shown() *Answer {
	if q.verdict != nil || q.Open() != nil {
		return q.verdict
	}
	pos := q.player.pos
	var shown *Answer
	for _, asked := range q.chooser.questions {
		if a := q.answers[asked]; a != nil && (asked.At == pos || asked.Answer == pos-1) {
			shown = a
		}
	}
	return shown
}

// History returns all answers, in the order of the run.
func (q *Quiz) History() []*Answer {
	var out []*Answer
	for _, asked := range q.chooser.questions {
		if a := q.answers[asked]; a != nil {
			out = append(out, a)
		}
	}
	return out
}

// Score is how the answers were.
type Score struct {
	Right  int
	Made   int       // guesses
	Asked  int       // questions that there are
	Missed []*Answer // wrong, or skipped, in the order of the run
}

// Score returns how the answers were so far.
func (q *Quiz) Score() Score {
	s := Score{Asked: len(q.chooser.questions)}
	for _, a := range q.History() {
		if !a.Skipped {
			s.Made++
		}
		if a.Right() {
			s.Right++
		} else {
			s.Missed = append(s.Missed, a)
		}
	}
	return s
}

// hold stops the player and notes what it did.
func (q *Quiz) hold() {
	p := q.player
	if p.Playing || p.Follow {
		q.held = held{p.Playing, p.Follow}
	}
	p.Playing, p.Follow = false, false
}
