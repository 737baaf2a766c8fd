package visit

import (
	"slices"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
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
	if n := player.Run.Len() + r.before.Run.Len(); r.Player.Len() != n {
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

// What a knob has changed is said first: the errors, and the call that takes longer.
func TestWhatAKnobHasChanged(t *testing.T) {
	run := func(slow bool, errno trace.Errno) *play.Run {
		s := playtest.New(1)
		s.Listen()
		s.Connect(1, true)
		s.Enter(1, trace.Recv, 3, trace.Event{Size: 10})
		if slow {
			for range 60_000 { // a step is a µs, and less
				s.Do(0, trace.Getsockopt, 3, 0)
			}
		}
		s.Return(1, trace.Event{Errno: errno})
		r := play.NewRun(s.Header)
		r.Add(s.Events)
		return r
	}
	quick, slow := run(false, 0), run(true, trace.ECONNRESET)
	if slow.Duration() < 20e6 {
		t.Fatalf("the slow run takes %d ns", slow.Duration())
	}
	said := effects(quick, slow)
	if len(said) != 3 || !strings.Contains(said[0], "recv returns ECONNRESET now") || !strings.Contains(said[1], "60,000 calls of getsockopt now") || !strings.Contains(said[2], "first recv took ") {
		t.Errorf("of a recv that takes longer, and fails: %q", said)
	}
	if said := effects(slow, quick); len(said) != 3 || !strings.Contains(said[0], "no longer returns ECONNRESET") {
		t.Errorf("the other way: %q", said)
	}
	if said := effects(quick, quick); said != nil {
		t.Errorf("of the same run: %q", slices.Clone(said))
	}
}

// Datagrams that were lost in one run and not in the other are what a knob has changed.
func TestAPairTellsOfDatagrams(t *testing.T) {
	r := recordedRun(t, "udp")
	all := r.tape.Run
	if got, of := arrived(all); got == 0 || got >= of {
		t.Fatalf("%d of %d datagrams were received: the recording shows no loss", got, of)
	}
	one := recordedRun(t, "families").tape.Run
	said := strings.Join(effects(all, one), " ")
	if !strings.Contains(said, "datagrams were received before, and ") {
		t.Errorf("said: %q", said)
	}
}
