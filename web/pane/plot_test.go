package pane

import (
	"encoding/binary"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/plot"
)

// Any figures can be drawn, those of a file that somebody made up too.
func FuzzMeasurements(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		next := func() int64 {
			var word [8]byte
			b = b[copy(word[:], b):]
			return int64(binary.LittleEndian.Uint64(word[:]))
		}
		largest := int(next())
		var points []trace.Point
		for len(b) > 0 {
			points = append(points, trace.Point{
				Mechanism: []string{"select", "poll", "epoll", ""}[next()&3], Idle: int(next()), Messages: int(next()),
				RoundTrip: next(), CPU: next(), Ask: next(), Done: int(next()), Of: int(next()),
			})
		}
		for q := range Quantities {
			marks := plot.Gather(points, lab.Quantity(q))
			drawn := DrawPlot(plot.Lay(marks, largest, 390, 300), []int{0}, "", "") + Table(marks)
			if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
				t.Fatal(drawn)
			}
		}
	})
}
