package audit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// All that is said at any step of any recording of the site is so.
func TestNothingFalseIsSaidOfTheRecordings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	files, err := filepath.Glob("../../assets/recordings/*.trace")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	var all Report
	for _, file := range files {
		frames, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		run, err := Read(frames)
		if err != nil {
			t.Fatal(file, err)
		}
		if run.Len() == 0 {
			continue // it measures
		}
		r := Run(run)
		t.Logf("%s: %v", filepath.Base(file), r)
		all.Add(r)
	}
	t.Log(all.String())
	for _, text := range all.False {
		t.Error(text)
	}
}

var random = flag.Uint64("random", 150, "how many runs on a simulated kernel TestNothingFalseIsSaidOfRandomRuns makes")

// Nor is anything false said of runs on a simulated kernel, where a call
// enters, has its effect and returns with anything of the others in between.
func TestNothingFalseIsSaidOfRandomRuns(t *testing.T) {
	var all Report
	for n := range *random {
		r := Run(load(playtest.Random(n+1), true))
		for _, text := range r.False[:min(len(r.False), 3)] {
			t.Errorf("number %d: %s", n+1, text)
		}
		all.Add(r)
	}
	t.Log(all.String())
	for _, k := range []play.Kind{play.Only, play.Unread, play.Ending, play.Queued, play.UnderWay, play.Unaccepted, play.Full, play.Resent,
		play.Deadlock, play.Woke, play.TimedOut, play.NonBlocking, play.Killed, play.EndedBy, play.Room} {
		if all.ByKind[k] == 0 {
			t.Errorf("nothing of kind %d is claimed", k)
		}
	}
}
