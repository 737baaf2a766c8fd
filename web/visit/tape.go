package visit

import (
	"cmp"
	"slices"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
	"sockscope/web/timeline"
	"sockscope/web/words"
)

// Tape is a trace as it comes in, from the server or from a file.
type Tape struct {
	Run    *play.Run     // nil before its header
	Points []trace.Point // of a run that measures
	Fault  string        // what is wrong with its file, a sentence; else ""

	most   int    // events that are kept; 0 is maxEvents
	file   []byte // the frames as they came, or a log
	ending string // of the file's name; "" is that of a trace
	ours   bool   // the site has it

	log   *Log            // its lines, as far as they are made; nil for none
	index *timeline.Index // of its calls, the same
	stops []play.Stop     // of the walk through it; nil where Ponder hasn't found them
}

// readLog reads a log of strace's. Its file is the log.
func readLog(file []byte) *Tape {
	var log strace.Log
	in := log.Input()
	in.Write(file)
	in.Close()
	t := new(Tape)
	t.take(&trace.Message{Header: log.Header()}, nil)
	for _, m := range log.End() {
		t.take(m, nil)
	}
	t.Run.End = &trace.End{Time: t.Run.Duration(), Reason: trace.EndDone, Dropped: log.Missed()}
	t.file, t.ending = slices.Clone(file), ".strace"
	return t
}

// maxPoints is how many measurements a tape keeps: more than any run makes.
const maxPoints = 2000

// take takes the next message of the trace, which came as raw. It leaves alone
// what is no part of one.
func (t *Tape) take(m *trace.Message, raw []byte) {
	switch {
	case m.Header != nil:
		*t = Tape{Run: play.NewRun(m.Header), most: t.most}
	case t.Run == nil || t.full():
		return
	case m.Child != nil:
		t.Run.AddProc(m.Child)
	case m.Source != nil:
		t.Run.AddSource(m.Source)
	case m.Events != nil:
		if t.Run.Add(m.Events); t.full() {
			t.Run.End = &trace.End{Time: t.Run.Duration(), Reason: trace.EndLimit, Message: t.holds() + ": what follows is left out"}
		}
	case m.Point != nil && len(t.Points) < maxPoints:
		t.Points = append(t.Points, *m.Point)
	case m.End != nil:
		t.Run.End = m.End
	default:
		return
	}
	t.file = append(t.file, raw...)
}

// room is how many events are kept: the page's memory has an end.
func (t *Tape) room() int { return cmp.Or(t.most, maxEvents) }

func (t *Tape) full() bool { return t.Run != nil && t.Run.Len() > t.room() }

// holds says how much is kept.
func (t *Tape) holds() string {
	return "a page holds " + words.Count(int64(t.room()), "event")
}

// prepare makes what shows of the run, as far as it has come: of a long one all of it
// at once would take too long.
func (t *Tape) prepare() {
	if t.log == nil {
		t.log, t.index = newLog(t.Run), new(timeline.Index)
	}
	t.log.grow()
	t.Run.Prepare()
	t.index.Update(t.Run)
}

// Ponder finds the stops of the walk through the run, which shows as soon as it is shown,
// and its lull, which the scale by time asks for. It calls breathe now and then: of a long
// run it takes a while.
func (t *Tape) Ponder(breathe func()) {
	l, err := t.Lab()
	if err != nil || l.Measures {
		return
	}
	t.Run.Breathe = breathe
	t.Run.Lull()
	t.stops = t.Run.Walk(l.Walk(t.Run.Header.Knobs))
	t.Run.Breathe = nil
}

// breakOff ends a run whose end will not come.
func breakOff(r *play.Run, why string) {
	r.End = &trace.End{Time: r.Duration(), Reason: trace.EndFailed, Message: why}
}

// noMore ends the run of a file that is cut off, or damaged.
const noMore = "the file has no more"

const wentAway = "the relay went away; what has arrived stays here"

// Lab returns the lab that was run.
func (t *Tape) Lab() (*lab.Lab, error) {
	if t.Run.Header.Lab == lab.Yours.ID {
		return lab.Yours, nil
	}
	return lab.Find(t.Run.Header.Lab)
}

// ReadTape reads a trace file. If the file is cut off or damaged, the tape has what is
// whole, and its Fault says what is wrong. An error says why nothing of the file can be
// shown.
func ReadTape(file []byte) (*Tape, error) {
	f, err := trace.Open(file)
	if f.Header == nil && strace.IsLog(file) {
		return readLog(file), nil
	}
	if f.Header == nil {
		return nil, err
	}
	t := new(Tape)
	t.take(&trace.Message{Header: f.Header}, nil)
	for _, m := range f.Messages {
		t.take(m, nil)
	}
	t.file = f.Whole[:len(f.Whole):len(f.Whole)]
	if err != nil {
		t.Fault = words.Sentence(err.Error())
	}
	if t.Run.End == nil {
		breakOff(t.Run, noMore)
	}
	return t, nil
}
