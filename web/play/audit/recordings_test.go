package audit

import (
	"os"
	"path/filepath"
	"testing"
)

// All that is said at any step of any recording of the site is so.
func TestNothingFalseIsSaidOfTheRecordings(t *testing.T) {
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
		if len(run.Steps) == 0 {
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
