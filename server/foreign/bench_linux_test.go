package foreign

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"sockscope/server/trace/strace"
)

// BenchmarkBesideStrace prints how much longer a program takes that is on the page than one
// whose log strace writes to nowhere, with the same options: the median of turns.
func BenchmarkBesideStrace(b *testing.B) {
	if _, err := exec.LookPath("strace"); err != nil {
		b.Skip("strace is not installed")
	}
	const py, program = "/usr/bin/python3", "testdata/python/chatter.py"
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	var ratios []float64
	for b.Loop() {
		began := time.Now()
		if err := exec.Command("strace", append(append([]string{"-q", "-o", os.DevNull}, strace.LogOptions...), py, program)...).Run(); err != nil {
			b.Fatal(err)
		}
		bare := time.Since(began)
		began = time.Now()
		s := NewSession()
		c, err := Start([]string{py, program}, Files{null, null, null}, false)
		if err != nil {
			b.Fatal(err)
		}
		read := make(chan error)
		go func() { read <- s.Read(c.Out()) }()
		c.Wait()
		took := time.Since(began)
		<-read
		ratios = append(ratios, float64(took)/float64(bare))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-strace")
	b.ReportMetric(0, "ns/op")
}
