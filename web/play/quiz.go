package play

import "slices"

// Quiz stops a Player at the moments that matter and asks what comes next. While
// it is on, no move forward goes past an open question; [Player.Seek] does,
// and leaves what it passes for later.
type Quiz struct {
	player  *Player
	chooser *chooser
	on      bool
	guess   Guess
	guessed *Question // that guess is about
	answers map[*Question]*Answer
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
	q := &Quiz{player: p, chooser: newChooser(p.Run), answers: map[*Question]*Answer{}}
	p.Quiz = q
	q.chooser.grow()
	return q
}

// On reports whether the quiz asks.
func (q *Quiz) On() bool { return q.on }

// Switch turns asking on or off. What was answered stays.
func (q *Quiz) Switch(on bool) { q.on = on }

// Questions returns all questions that there are so far, in the order in which
// they are asked. They must not be changed.
func (q *Quiz) Questions() []*Question { return q.chooser.questions }

// Open returns the question that is open at the player's position, or nil.
func (q *Quiz) Open() *Question {
	if !q.on {
		return nil
	}
	return q.next(q.player.pos, q.player.pos+1)
}

// next returns the first question without an answer that is asked at a
// position from from on and before to, or nil.
func (q *Quiz) next(from, to int) *Question {
	all := q.chooser.questions
	k, _ := slices.BinarySearchFunc(all, from, func(a *Question, at int) int { return a.At - at })
	for ; k < len(all) && all[k].At < to; k++ {
		if q.answers[all[k]] == nil {
			return all[k]
		}
	}
	return nil
}

// limit returns how far a move forward from one position to another may go: to
// the first open question on its way.
func (q *Quiz) limit(from, to int) int {
	if q == nil || !q.on || to <= from {
		return to
	}
	if asked := q.next(from, to); asked != nil {
		return asked.At
	}
	return to
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

// Choose makes an offer the guess, and puts out the members.
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

// Check compares the guess with what happened, keeps both, and shows the next
// step where that is the answer. It returns nil while there is no guess.
func (q *Quiz) Check() *Answer {
	if !q.Ready() {
		return nil
	}
	a := &Answer{Question: q.guessed, Guess: q.guess}
	q.answers[a.Question] = a
	q.held = held{}
	if a.Question.Answer == q.player.pos && q.Open() == nil {
		q.player.Step(1)
	}
	return a
}

// Skip leaves the open question, and lets the player go on as it did before it
// was stopped.
func (q *Quiz) Skip() {
	open := q.Open()
	if open == nil {
		return
	}
	q.answers[open] = &Answer{Question: open, Skipped: true}
	if q.Open() == nil && q.held != (held{}) { // else it came here exactly, and was not stopped yet
		q.player.Playing, q.player.Follow = q.held.playing, q.held.follow
		q.held = held{}
	}
}

// Again forgets the answer to a question and goes to where it is asked.
func (q *Quiz) Again(asked *Question) {
	delete(q.answers, asked)
	q.guessed = nil
	q.player.Playing = false
	q.player.Seek(asked.At)
}

// Shown returns the answer that belongs to the player's position: of the question
// that was asked there, or that the step just shown answers. It is nil where there
// is none, and while a question is open.
func (q *Quiz) Shown() *Answer {
	if q.Open() != nil {
		return nil
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

// Score returns how many guesses were right, of how many that were made.
func (q *Quiz) Score() (right, made int) {
	for _, a := range q.answers {
		if a.Skipped {
			continue
		}
		made++
		if a.Right() {
			right++
		}
	}
	return right, made
}

// hold notes what the player did when it was stopped, and stops it.
func (q *Quiz) hold() {
	p := q.player
	if p.Playing || p.Follow {
		q.held = held{p.Playing, p.Follow}
	}
	p.Playing, p.Follow = false, false
}
