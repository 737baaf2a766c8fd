package timeline

import (
	"fmt"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// long is a run of a hundred thousand events.
func long() *play.Player {
	s := playtest.Select(4, 100_000)
	r := play.NewRun(s.Header)
	r.Add(s.Events)
	r.End = &trace.End{Time: r.Duration()}
	p := play.NewPlayer(r)
	p.Seek(50_000)
	return p
}

// BenchmarkLayout draws a frame of 1312 x 247 px somewhere in 100,000 events,
// each time a little further on. zoom=1 shows the whole run, zoom=1000 a
// thousandth of it.
func BenchmarkLayout(b *testing.B) {
	p := long()
	for _, by := range []play.Scale{play.ByStep, play.ByTime} {
		for _, zoom := range []float64{1, 10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("by=%s/zoom=%v", [...]string{"step", "time"}[by], zoom), func(b *testing.B) {
				p.Scale = by
				t := &Timeline{Player: p, View: View{Width: 1312, Height: 247}}
				t.View.Fit(p)
				t.View.Zoom(p, zoom, 656)
				t.View.Center(p)
				t.Layout()
				b.ReportAllocs()
				size := 0
				for b.Loop() {
					t.View.Pan(p, -3, 0)
					size = len(t.Layout().Bytes())
				}
				b.ReportMetric(float64(size), "bytes/frame")
			})
		}
	}
}

// BenchmarkOverview draws the scrubber of 100,000 events.
func BenchmarkOverview(b *testing.B) {
	t := &Timeline{Player: long(), View: View{Width: 1312, Height: 247}}
	o := &Overview{Of: t}
	b.ReportAllocs()
	for b.Loop() {
		o.Layout(700, 34).Bytes()
	}
}

// BenchmarkSeek moves anywhere in 100,000 events, folds the state there and
// draws the frame.
func BenchmarkSeek(b *testing.B) {
	p := long()
	t := &Timeline{Player: p, View: View{Width: 1312, Height: 247}}
	n := 0
	for b.Loop() {
		n = (n + 79_193) % p.Len()
		p.Seek(n)
		p.State()
		t.View.Scale(p)
		t.View.Follow(p)
		t.Layout()
	}
}
