package visit

import (
	"fmt"
	"testing"
)

// A digit lights its fd in each list that has it, one press after another.
func TestADigitLightsEachList(t *testing.T) {
	r := recordedLab(t, "select")
	r.SwitchAsking()
	for r.Quiz.Next() {
		q := r.Question()
		fd, of := -1, map[int][]int{}
		for i, m := range q.Members {
			if of[m.FD] = append(of[m.FD], i); len(of[m.FD]) == 2 {
				fd = m.FD
			}
		}
		if fd < 0 {
			r.skip()
			continue
		}
		for _, want := range []string{"true false", "false true", "true true", "false false"} {
			r.Digit(fd)
			lit := r.Quiz.Guess().Lit
			if got := fmt.Sprint(lit[of[fd][0]], lit[of[fd][1]]); got != want {
				t.Fatalf("%q: fd %d is lit %s, not %s", q.Text, fd, got, want)
			}
		}
		return
	}
	t.Fatal("no question offers an fd to read and to write")
}

// Behind the last question the run plays on, as it is drawn; no stop of before shows; and
// who asks again is asked again.
func TestBehindTheLastQuestion(t *testing.T) {
	r := recordedLab(t, "first")
	r.GoToStop(2)
	r.Apply(Answer)
	for r.Quiz.Next() {
		r.Focus.Choose(0)
		r.Apply(CheckAnswer)
	}
	asked := len(r.Quiz.History())
	if asked < 2 {
		t.Fatalf("it asked %d questions", asked)
	}
	if r.AtStop() >= 0 {
		t.Errorf("stop %d shows, from before it was asked", r.AtStop()+1)
	}
	r.Seek(r.Player.Len() - 2)
	drawn := 0
	r.Drawn = func() { drawn++ }
	if r.Apply(GoOn); !r.Player.Playing || drawn == 0 {
		t.Errorf("it plays: %v, drawn %d times", r.Player.Playing, drawn)
	}
	r.Apply(Answer)
	r.Apply(Answer)
	if !r.Quiz.Hides() || len(r.Quiz.History()) != 0 {
		t.Errorf("asked anew, it has %d answers", len(r.Quiz.History()))
	}
}
