package run

import (
	"bytes"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// A trace that reaches its limit says so. What was recorded is in it up to one
// point, and from there on counted: no call is neither shown nor missed.
func TestFullTraceCountsWhatItLeavesOut(t *testing.T) {
	const calls, passes = 400, 10
	for _, limit := range []int{1, 2000, 10_000, 1 << 20} {
		var written bytes.Buffer
		box := newOutbox(&written)
		e := newExecution(&worker{furnishing: furnishing{Limits: Limits{Trace: limit}.withDefaults()}}, nil, nil, box)
		at := int64(0)
		for pass := range passes {
			for range calls / passes {
				at += 2
				e.merge.add(trace.Event{Kind: trace.Enter, Time: at, Call: trace.Send, FD: 3, Size: 5, Data: []byte("Hello")})
				e.merge.add(trace.Event{Kind: trace.Return, Time: at + 1, Call: trace.Send, FD: 3, Result: 5})
			}
			if pass < passes-1 {
				e.emit(at - 9) // the last ones are not certain yet
			}
		}
		if limit == 1<<20 {
			e.stop(trace.EndDone, "")
		} else if e.end == nil {
			t.Fatalf("limit %d: the run goes on", limit)
		}
		e.finish()
		box.close()

		var end *trace.End
		shown, left, last := int64(0), int64(0), int64(0)
		rest, err := trace.Frames(written.Bytes(), func(m *trace.Message) {
			if end != nil {
				t.Errorf("limit %d: %+v after the end", limit, m)
			}
			for _, ev := range m.Events {
				if ev.Kind == trace.Gap {
					left += ev.Result
					continue
				}
				if ev.Time != last+1 && last > 0 {
					t.Fatalf("limit %d: an event at %d follows one at %d", limit, ev.Time, last)
				}
				last = ev.Time
				if ev.Kind == trace.Enter {
					shown++
				}
			}
			end = m.End
		})
		if err != nil || len(rest) > 0 || end == nil {
			t.Fatalf("limit %d: %v, %d bytes over, end %v", limit, err, len(rest), end)
		}
		if shown+end.Dropped != calls || left != end.Dropped {
			t.Errorf("limit %d: %d calls shown and %d left out, of %d; the lanes say %d", limit, shown, end.Dropped, calls, left)
		}
		full := limit < 1<<20
		if (end.Dropped > 0) != full || (end.Reason == trace.EndLimit) != full {
			t.Errorf("limit %d: %d calls left out, and the end is %+v", limit, end.Dropped, end)
		}
		if full && !strings.Contains(end.Message, bytesText(int64(limit))) {
			t.Errorf("limit %d is told as %q", limit, end.Message)
		}
		if most := limit + 1000; full && written.Len() > most {
			t.Errorf("limit %d: a trace of %d bytes", limit, written.Len())
		}
	}
}
