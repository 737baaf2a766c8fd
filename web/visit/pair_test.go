package visit

import (
	"strings"
	"testing"

	"sockscope/web/assets"
	"sockscope/web/play"
)

// Two runs of one lab stand above each other, with the place where they part; then the
// learner is back where they were.
func TestTwoRunsOfOneLab(t *testing.T) {
	r := recorded(t, "iterative")
	if r.CanPair() {
		t.Fatal("a run is paired with none")
	}
	file, err := assets.Files.ReadFile("recordings/compare-iterative.trace")
	if err != nil {
		t.Fatal(err)
	}
	load(t, r, file)
	r.GoToStop(2)
	pos, lane, player, came := r.Pos(), r.Lane, r.Player, r.Came()
	if !r.CanPair() {
		t.Fatal("two runs are not paired")
	}
	r.SwitchPair()
	if r.Pair == nil || len(r.Bands) != 2 || r.Player.Scale != play.ByTime || r.Stops() != nil || r.Quiz != nil {
		t.Fatalf("paired: %+v, %d bands, stops %v", r.Pair, len(r.Bands), r.Stops())
	}
	if n := len(player.Run.Steps) + len(r.before.Run.Steps); r.Player.Len() != n {
		t.Errorf("both have %d steps, of %d", r.Player.Len(), n)
	}
	if !strings.Contains(r.Pair.Waits, "was ") || r.Pair.notes[0].What == "" {
		t.Errorf("said: %q, %+v", r.Pair.Waits, r.Pair.notes)
	}
	for i, l := range r.Lanes() {
		if before := l.Proc < r.Bands[1].First; before != strings.HasSuffix(l.Tag, "′") {
			t.Errorf("lane %d of %v has the tag %s", i, l.Proc, l.Tag)
		}
	}
	for _, end := range []int{0, r.Player.Len()} {
		r.Seek(end)
		if said := r.Narration(); end > 0 && !strings.HasPrefix(said, "now: ") && !strings.HasPrefix(said, "before: ") {
			t.Errorf("narrated: %q", said)
		}
	}
	r.SwitchPair()
	if r.Pair != nil || r.Pos() != pos || r.Lane != lane || r.Player != player || r.Came() != came || r.AtStop() != 2 || r.Bands != nil {
		t.Errorf("back at %d in lane %d, stop %d", r.Pos(), r.Lane, r.AtStop())
	}

	r.SwitchPair()
	r.Apply(Answer) // a pair has no questions, its runs have
	if r.Pair != nil || !r.Quiz.Hides() || r.CanPair() {
		t.Error("asked first, a pair hides nothing")
	}
	r.Open(r.Lab, r.Values)
	if r.CanPair() {
		t.Error("what was left is paired")
	}
}

// Where the clients of two runs got the same, their servers may tell them apart.
func TestAPairOfTheSameRun(t *testing.T) {
	r := recorded(t, "select")
	file, _ := assets.Files.ReadFile("recordings/select.trace")
	load(t, r, file)
	r.SwitchPair()
	if r.Pair.Part != nil || !r.Pair.Alike || r.Pair.notes[0].What != "the same settings" {
		t.Errorf("a run differs from itself: %+v, %+v", r.Pair.Part, r.Pair.notes)
	}
}
