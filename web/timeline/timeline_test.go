package timeline

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// shapes is a run with one of everything, on the server's lane.
func shapes() *playtest.Script {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	s.Echo(1, "hello")
	return s
}

func TestEachMeaningHasItsShape(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(s *playtest.Script)
		op    op
		col   Colour
		more  int // of these than without
		says  []string
	}{
		{"in the kernel: a solid bar", func(s *playtest.Script) { s.Do(0, trace.Send, 4, 7) }, opRect, Run, 1, []string{"send 4", "= 7"}},
		{"asleep: soft fill", func(s *playtest.Script) {
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Do(1, trace.Send, 3, 7)
			s.Return(0, trace.Event{Result: 7, Sleep: trace.Slept})
		}, opRect, AsleepFill, 1, []string{"recv 4", "= 7"}},
		{"asleep unknown: no hatch", func(s *playtest.Script) {
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Events = append(s.Events, trace.Event{Kind: trace.Return, Call: trace.Recv, FD: 4, Result: 7, Time: 1 << 30})
		}, opHatch, 0, 0, []string{"recv 4", "= 7"}},
		{"told by a goroutine that waits: no hatch either", func(s *playtest.Script) {
			s.Header.Procs[0].Tracer = trace.StraceTracer
			s.Enter(0, trace.NetRead, 4, trace.Event{})
			s.Do(1, trace.Getsockopt, 3, 0)
		}, opHatch, 0, 0, []string{"Read 4"}},
		{"error: a filled notch", func(s *playtest.Script) {
			s.Enter(0, trace.Recv, 4, trace.Event{})
			s.Return(0, trace.Event{Errno: trace.ECONNRESET})
			s.Do(1, trace.Getsockopt, 3, 0)
			s.Do(1, trace.Getsockopt, 3, 0)
		}, opFill, Error, 1, []string{"recv 4", "ECONNRESET"}},
		{"EAGAIN: a hollow notch", func(s *playtest.Script) { s.Spin(4, 1) }, opStroke, Again, 1, []string{"recv 4", "EAGAIN"}},
		{"EAGAIN again and again: one strip, a chevron between two", func(s *playtest.Script) { s.Spin(4, 9) }, opStroke, Again, 1 + 8, []string{"recv 4 ×9", "EAGAIN"}},
		{"EAGAIN of another fd: its own", func(s *playtest.Script) { s.Spin(4, 3); s.Spin(5, 3) }, opStroke, Again, 2 * (1 + 2), []string{"recv 4 ×3", "recv 5 ×3"}},
		{"calls missing: the line is torn", func(s *playtest.Script) {
			s.Do(1, trace.Getsockopt, 3, 0)
			s.Do(1, trace.Getsockopt, 3, 0)
			s.Do(1, trace.Getsockopt, 3, 0)
			s.Gap(0, 12)
			s.Do(0, trace.Send, 4, 7)
		}, opStroke, Ink, 2, []string{"×12 not recorded", "send 4"}},
		{"calls missing and no room: two strokes", func(s *playtest.Script) { s.Gap(0, 12) }, opStroke, Ink, 2, nil},
		{"EAGAIN, with calls missing between: two strips", func(s *playtest.Script) { s.Spin(4, 4); s.Gap(0, 12); s.Spin(4, 5) }, opStroke, Again, 2 + 3 + 4, []string{"recv 4 ×4", "recv 4 ×5"}},
		{"wake: a dashed curve", func(s *playtest.Script) { s.Echo(1, "x") }, opCurve, Wake, 2, nil},
		{"pause: the injected diamond", func(s *playtest.Script) { s.Pause(1, 3e6) }, opStroke, Error, 1, nil},
		{"blocked now: no right edge", func(s *playtest.Script) { s.Enter(0, trace.Recv, 4, trace.Event{}); s.Do(1, trace.Getsockopt, 3, 0) }, opStroke, Asleep, 1 + 2, []string{"recv 4", "blocked now"}},
		{"exit: a tick", func(s *playtest.Script) { s.Exit(1) }, opStroke, Run, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			draw := func(write func(*playtest.Script)) []drawn {
				s := shapes()
				write(s)
				p := player(s, len(s.Events))
				if c.name == "blocked now: no right edge" {
					p.Run.End = nil
				}
				return read(t, timelineOf(p).Layout().Bytes())
			}
			without, with := draw(func(*playtest.Script) {}), draw(c.write)
			if got := count(with, c.op, c.col) - count(without, c.op, c.col); got != c.more {
				t.Errorf("%d more, want %d", got, c.more)
			}
			for _, w := range c.says {
				if !slices.Contains(words(with), w) {
					t.Errorf("%q is not written; there are %q", w, words(with))
				}
			}
		})
	}
}

// TestWordsDoNotOverlap looks at every zoom and many places: words that stand
// on one line keep apart.
func TestWordsDoNotOverlap(t *testing.T) {
	s := playtest.Select(4, 2000)
	for _, size := range []Size{Wide, Narrow, Compact} {
		for _, by := range []play.Scale{play.ByStep, play.ByTime} {
			for zoom := 1.0; zoom < 1500; zoom *= 1.7 {
				p := player(s, 1000)
				p.Scale = by
				tl := timelineOf(p)
				tl.View.Size = size
				tl.View.Fit(p)
				tl.View.Zoom(p, zoom, 300)
				for range 12 {
					tl.View.Pan(p, -37, 0)
					where := fmt.Sprintf("size %d, by %d, zoom %.0f", size, by, zoom)
					apart(t, where, read(t, tl.Layout().Bytes()))
				}
			}
		}
	}
}

// Calls whose names begin alike are told apart where there is no room for all of
// a name.
func TestShortNamesAreToldApart(t *testing.T) {
	s := playtest.New(1)
	s.Listen()
	s.Connect(1, false)
	calls := []struct {
		call        trace.Call
		brief, more string // without its fd, and with it
	}{
		{trace.EpollCreate, "create", "create"}, {trace.EpollCtl, "ctl", "ctl 5"}, {trace.EpollWait, "wait", "wait"},
		{trace.Setsockopt, "setopt", "setopt 5"}, {trace.Getsockopt, "getopt", "getopt 5"},
		{trace.Getsockname, "getname", "getname 5"}, {trace.Getpeername, "getpeer", "getpeer 5"},
	}
	for _, c := range calls {
		fd := 5
		if c.call == trace.EpollCreate {
			fd = -1
		}
		s.Enter(0, c.call, fd, trace.Event{Sets: &trace.Sets{}})
		s.Return(0, trace.Event{Sets: &trace.Sets{}})
	}
	s.Do(0, trace.Close, 5, 0)
	seen := map[string]bool{}
	for px := 20.0; px < 100; px++ {
		p := player(s, len(s.Events))
		tl := timelineOf(p)
		tl.View.window[play.ByStep] = window{from: float64(len(s.Events) - 2*len(calls) - 3), px: px / 2, set: true, own: true}
		for _, word := range words(read(t, tl.Layout().Bytes())) {
			seen[word] = true
			if strings.HasPrefix(word, "epoll_") && strings.HasSuffix(word, "…") {
				t.Errorf("a bar of %.0f px says %q", px, word)
			}
		}
	}
	for _, c := range calls {
		for _, want := range []string{c.brief, c.more, c.call.String()} {
			if !seen[want] {
				t.Errorf("no bar of %v says %q", c.call, want)
			}
		}
	}
}

func apart(t *testing.T, where string, ops []drawn) {
	t.Helper()
	type word struct {
		x0, x1 float64
		text   string
	}
	lines := map[float64][]word{}
	for _, d := range ops {
		if d.op != opText {
			continue
		}
		w := float64(len([]rune(d.text))) * charWidth
		x := d.args[3] - w*d.args[2]/2
		if y := d.args[4]; y < Ruler && !strings.Contains(d.text, " left out") && x < 0 {
			t.Fatalf("%s: the edge cuts %q on the ruler", where, d.text)
		}
		lines[d.args[4]] = append(lines[d.args[4]], word{x, x + w, d.text})
	}
	for y, line := range lines {
		sort.Slice(line, func(i, j int) bool { return line[i].x0 < line[j].x0 })
		for i := 1; i < len(line); i++ {
			if a, b := line[i-1], line[i]; a.x1 > b.x0+0.01 {
				t.Fatalf("%s: %q and %q overlap by %.1f px at y %.0f", where, a.text, b.text, a.x1-b.x0, y)
			}
		}
	}
}

// However small the calls get, one that failed and one that slept are seen.
func TestErrorsAndSleepsStayVisible(t *testing.T) {
	s := shapes()
	for i := range 40_000 {
		if i == 20_000 {
			s.Enter(1, trace.Recv, 3, trace.Event{})
			s.Return(1, trace.Event{Errno: trace.ECONNRESET})
		}
		if i == 30_000 {
			s.Enter(1, trace.Recv, 3, trace.Event{})
			s.Return(1, trace.Event{Result: 1, Sleep: trace.Slept})
		}
		s.Do(1, trace.Getsockopt, 3, 0)
	}
	for _, by := range []play.Scale{play.ByStep, play.ByTime} {
		p := player(s, len(s.Events))
		p.Scale = by
		tl := timelineOf(p)
		tl.View.Fit(p)
		ops := read(t, tl.Layout().Bytes())
		if n := count(ops, opRect, Error); n != 1 {
			t.Errorf("by %d: the error shows %d times, want once", by, n)
		}
		if n := count(ops, opRect, Asleep) + count(ops, opRect, AsleepFill); n < 1 {
			t.Errorf("by %d: the sleep does not show", by)
		}
		if len(ops) > 1000 {
			t.Errorf("by %d: 80,000 events made %d operations", by, len(ops))
		}
	}
}

// While a question is open the drawing must be what it would be if the rest had
// not happened: anything else gives the answer away.
func TestTheVeilHidesAllThatFollows(t *testing.T) {
	s := playtest.Select(3, 400)
	s.Exit(1)
	for pos := 20; pos < 400; pos += 7 {
		for _, by := range []play.Scale{play.ByStep, play.ByTime} {
			whole := player(s, pos)
			r := play.NewRun(s.Header)
			r.Add(s.Events[:pos])
			part := play.NewPlayer(r)
			part.Seek(pos)
			var scenes [2][]byte
			for i, p := range []*play.Player{whole, part} {
				p.Scale = by
				tl := timelineOf(p)
				tl.View.Veil = true
				tl.View.window[by] = window{from: float64(-100), px: 3, set: true, own: true}
				if by == play.ByTime {
					tl.View.window[by] = window{from: 0, px: 0.0003, set: true, own: true}
				}
				scenes[i] = bytes.Clone(tl.Layout().Bytes())
			}
			if !bytes.Equal(scenes[0], scenes[1]) {
				a, b := read(t, scenes[0]), read(t, scenes[1])
				t.Fatalf("at %d by %d: %d operations, and %d without what follows\n%q\n%q", pos, by, len(a), len(b), words(a), words(b))
			}
		}
	}
}

// The index grows with a live run; it must come to the same as one made at once.
func TestGrowingDrawsTheSame(t *testing.T) {
	s := playtest.Select(3, 900)
	r := play.NewRun(s.Header)
	live := timelineOf(play.NewPlayer(r))
	for at, n := 0, 1; at < len(s.Events); at, n = at+n, n%17+1 {
		r.Add(s.Events[at:min(at+n, len(s.Events))])
		live.Layout()
	}
	r.End = &trace.End{Time: r.Duration()}
	fresh := timelineOf(player(s, 0))
	for _, pos := range []int{0, 100, 500, 900} {
		for _, by := range []play.Scale{play.ByStep, play.ByTime} {
			var scenes [2][]byte
			for i, tl := range []*Timeline{live, fresh} {
				tl.Player.Scale = by
				tl.Player.Seek(pos)
				tl.View.Fit(tl.Player)
				scenes[i] = bytes.Clone(tl.Layout().Bytes())
			}
			if !bytes.Equal(scenes[0], scenes[1]) {
				t.Errorf("at %d by %d the drawings differ", pos, by)
			}
		}
	}
}

func TestAFrameAllocatesNothing(t *testing.T) {
	p := player(playtest.Select(4, 5000), 2500)
	tl := timelineOf(p)
	o := &Overview{Of: tl}
	for _, by := range []play.Scale{play.ByStep, play.ByTime} {
		p.Scale = by
		dx := 3.0
		frame := func() {
			dx = -dx
			tl.View.Pan(p, dx, 0)
			tl.Layout().Bytes()
			o.Layout(700, 34).Bytes()
		}
		frame()
		if n := testing.AllocsPerRun(100, frame); n > 0 {
			t.Errorf("by %d: %v allocations a frame", by, n)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	for _, tl := range []*Timeline{{}, {Player: play.NewPlayer(play.NewRun(&trace.Header{}))}, timelineOf(play.NewPlayer(play.NewRun(&trace.Header{})))} {
		read(t, tl.Layout().Bytes())
		read(t, (&Overview{Of: tl}).Layout(700, 34).Bytes())
		tl.Hit(10, 10)
		tl.Gesture(Gesture{Action: Zoom, Factor: 2})
	}
}

// Rows: what the column of names beside the canvas relies on.
func TestRows(t *testing.T) {
	s := playtest.New(2)
	s.Start(0)
	s.Events = append(s.Events, trace.Event{Kind: trace.Start, Thread: 1, FD: -1, Time: 1e6})
	p := player(s, 0)
	for _, c := range []struct {
		size Size
		tops []float64
		high float64
	}{
		{Wide, []float64{0, 64, 104, 144}, 184}, {Narrow, []float64{0, 50, 78, 106}, 134}, {Compact, []float64{0, 38, 62, 86}, 110},
	} {
		rows := Rows(p.Run, c.size, nil)
		for i, want := range []int{0, 3, 1, 2} { // the server's second thread shows last, and stands with its first
			if rows[i].Lane != want || rows[i].Top != c.tops[i] || rows[i].Big != (i == 0) {
				t.Errorf("size %d: row %d is %+v, want lane %d at %v", c.size, i, rows[i], want, c.tops[i])
			}
		}
		if got := RowsHeight(rows); got != c.high {
			t.Errorf("size %d: %v px high, want %v", c.size, got, c.high)
		}
	}
}

// A process stands below the one that made it, and is no higher than a thread.
func TestRowsOfChildren(t *testing.T) {
	s := playtest.New(2)
	s.Listen()
	s.Fork(0, 77)
	s.Fork(3, 78) // a child's child
	s.Fork(1, 79)
	p := player(s, 0)
	rows := Rows(p.Run, Wide, nil)
	for i, want := range []int{0, 3, 4, 1, 5, 2} {
		if rows[i].Lane != want || rows[i].Big != (i == 0) {
			t.Errorf("row %d is %+v, want lane %d", i, rows[i], want)
		}
	}
}

func TestPlayingMovesThePlayheadAndTheWindow(t *testing.T) {
	p := player(playtest.Select(2, 2000), 0)
	tl := timelineOf(p)
	moved := 0
	tl.Moved = func() { moved++ }
	if _, again := tl.Paint(1312, 247, time.Second); again {
		t.Error("paused, and asks for another frame")
	}
	p.SetSpeed(6) // 100 steps a second
	p.Play()
	now := 2 * time.Second
	tl.Paint(1312, 247, now)
	before := tl.View.Scale(p).From
	for range 300 {
		now += 20 * time.Millisecond
		_, again := tl.Paint(1312, 247, now)
		s := tl.View.Scale(p)
		if x := s.X(head(p)); x < 0 || x > 0.63*1312 {
			t.Fatalf("the playhead is at %.0f px", x)
		}
		if s.From < before {
			t.Fatalf("the window moved back from %.1f to %.1f", before, s.From)
		}
		before = s.From
		if !again {
			t.Fatal("playing, but no frame follows")
		}
	}
	if p.Pos() != 600 || moved != 300 {
		t.Errorf("after 6 s at step %d, told %d times; want 600 and 300", p.Pos(), moved)
	}
}

// playheadAt returns where the playhead's line is drawn, in px.
func playheadAt(t *testing.T, packed []byte) float64 {
	t.Helper()
	for _, d := range read(t, packed) {
		if d.op == opRect && d.args[3] == 1.5 {
			return d.args[1] + 0.75
		}
	}
	t.Fatal("there is no playhead")
	return 0
}

func TestAStepIsFollowedSmoothly(t *testing.T) {
	p := player(playtest.Select(2, 300), 10)
	tl := timelineOf(p)
	at := func(ms int) (x float64, again bool) {
		packed, again := tl.Paint(1312, 247, time.Duration(ms)*time.Millisecond)
		return playheadAt(t, packed), again
	}
	from, again := at(1000)
	if again {
		t.Error("nothing moves, and another frame follows")
	}
	p.Step(1)
	last := from
	for ms := 2000; ms < 2180; ms += 20 {
		x, again := at(ms)
		if !again || x < last || x > from+stepWidth {
			t.Errorf("after %d ms the playhead is at %.1f px, before at %.1f", ms-2000, x, last)
		}
		last = x
	}
	if x, again := at(2180); again || x != from+stepWidth {
		t.Errorf("after 180 ms it is at %.1f px, want %.1f; another frame follows: %v", x, from+stepWidth, again)
	}
	p.Step(-1)
	at(3000)
	p.Seek(15)
	if x, again := at(3020); again || x != from+5*stepWidth {
		t.Errorf("a jump leads to %.1f px, want %.1f at once", x, from+5*stepWidth)
	}
	tl.Still = true
	p.Step(-1)
	if x, again := at(4000); again || x != from+4*stepWidth {
		t.Errorf("with motion off a step leads to %.1f px, want %.1f at once", x, from+4*stepWidth)
	}
}

// Where joined runs part each has a line of its own, across its own lanes.
func TestMarksStayInTheirRun(t *testing.T) {
	var runs []*play.Run
	for range 2 {
		runs = append(runs, player(shapes(), 0).Run)
	}
	j := play.Join(runs)
	steps := []int{4, 5} // of the first run, and of the second
	tl := timelineOf(play.NewPlayer(j.Run))
	tl.View.Height, tl.View.Size = 400, Compact
	for k, step := range steps {
		for j.Run.Band(j.Run.Gist(step).Proc) != k {
			step++
		}
		steps[k], tl.View.Marks = step, append(tl.View.Marks, step+1)
	}
	tl.Player.Seek(tl.Player.Len())
	type line struct{ x, from, to float64 }
	lines := func() (out []line) {
		for _, d := range read(t, tl.Layout().Bytes()) {
			if d.op == opStroke && Colour(d.args[0]) == Wake && d.args[3] == 2 && d.args[4] == d.args[6] {
				out = append(out, line{d.args[4], d.args[5], d.args[7]})
			}
		}
		return out
	}
	got := lines()
	if len(got) != 4 {
		t.Fatalf("%d lines, want one in each run and one each on the ruler: %v", len(got), got)
	}
	rows := tl.Rows()
	ends := []float64{Ruler, Ruler + rows[1].Top + rows[1].Height, Ruler + RowsHeight(rows)}
	f := tl.frame(tl.View.Scale(tl.Player))
	for k, step := range steps {
		if l := got[k]; l.from != ends[k]+Band || l.to != ends[k+1] || l.x-f.Step(j.Run, step) > 1 || f.Step(j.Run, step)-l.x > 1 {
			t.Errorf("run %d is marked at %v from %v to %v, want from %v to %v", k, l.x, l.from, l.to, ends[k]+Band, ends[k+1])
		}
		if l := got[2+k]; l.from >= Ruler || l.to > Ruler || l.x != got[k].x {
			t.Errorf("on the ruler the mark of run %d is %v", k, l)
		}
	}
	if tl.View.Veil = true; len(lines()) != 0 {
		t.Error("marks show while a question is open")
	}
}

// What came of a run is told before what ran, and ends where the playhead is not
// at rest.
func TestABandHasRoomForItsResult(t *testing.T) {
	j := play.Join([]*play.Run{player(shapes(), 0).Run})
	for width, both := range map[float64]bool{1312: true, 344: false} {
		tl := timelineOf(play.NewPlayer(j.Run))
		tl.View.Width, tl.View.Size = width, Compact
		tl.Notes = []Note{{"one thread, one client after another", "last reply 98.2 ms after the first connect"}}
		told, what := 0.0, false
		for _, d := range read(t, tl.Layout().Bytes()) {
			switch {
			case d.op != opText:
			case d.text == tl.Notes[0].Result:
				told = d.args[3] + float64(len(d.text))*charWidth*(1-d.args[2]/2)
			case d.text == tl.Notes[0].What:
				what = true
			}
		}
		if told == 0 || told > width*8/9 || what != both {
			t.Errorf("%.0f px: the result ends at %.0f, what ran is told: %v", width, told, what)
		}
	}
}

// The names in canvas.js stand in the order of the constants here.
func TestThePaletteIsThatOfCanvasJS(t *testing.T) {
	js, err := os.ReadFile("../assets/canvas.js")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)const palette = \[(.*?)\]`).FindSubmatch(js)
	if list == nil {
		t.Fatal("canvas.js has no palette")
	}
	var names []string
	for _, m := range regexp.MustCompile(`"([a-z0-9-]+)"`).FindAllSubmatch(list[1], -1) {
		names = append(names, string(m[1]))
	}
	want := []string{Ink: "ink", Muted: "muted", Screen: "screen", Line: "line", Line2: "line-2", Grat: "grat", Run: "run", Asleep: "asleep",
		AsleepFill: "asleep-fill", AsleepHatch: "asleep-hatch", Ready: "ready", Error: "error", Again: "again", Wake: "wake", Bg: "bg", Panel: "panel"}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("canvas.js has %q\nwant          %q", names, want)
	}
	css, err := os.ReadFile("../assets/app.css")
	if err != nil {
		t.Skip(err)
	}
	for _, n := range names {
		if !strings.Contains(string(css), "--"+n+":") {
			t.Errorf("app.css does not define --%s", n)
		}
	}
}

// FuzzLayout draws runs that no tracer would write.
func FuzzLayout(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x03\x10\x00\x03\x00\x00\x05\x20\x01\x04\x00\x00\x05\x10\x02"), 3.5, 100.0)
	f.Add([]byte("\x03\x00\x00\x19\xff\x00\x03\x00\x00\x19\x01\x01\x02\x00\x00\x05\x10\x02"), 1e-9, -1e9)
	f.Fuzz(func(t *testing.T, data []byte, zoom, pan float64) {
		s := playtest.New(2)
		for len(data) >= 6 && len(s.Events) < 500 {
			b := data[:6]
			data = data[6:]
			s.Events = append(s.Events, trace.Event{
				Kind: trace.Kind(b[0] % 7), Proc: int(b[1] & 3), Thread: int(b[1] >> 7), FD: int(int8(b[2])), Call: trace.Call(b[3] % 30),
				Time: int64(int8(b[4])) << (b[5] & 55), Result: int64(int8(b[2])), Errno: trace.Errno(b[5] & 11), Sleep: trace.Sleep(b[1] >> 4 & 3),
			})
		}
		p := player(s, len(s.Events)/2)
		for _, by := range []play.Scale{play.ByStep, play.ByTime} {
			p.Scale = by
			tl := timelineOf(p)
			tl.View.Veil = len(s.Events)%2 == 1
			o := &Overview{Of: tl}
			for range 3 {
				read(t, tl.Layout().Bytes())
				read(t, o.Layout(700, 34).Bytes())
				tl.Hit(zoom, pan)
				tl.View.Zoom(p, zoom, 300)
				tl.View.Pan(p, pan, pan)
				tl.View.Follow(p)
			}
		}
	})
}

// Times on the ruler read differently, however long after the start they are.
func TestTimesOnTheRulerDiffer(t *testing.T) {
	for _, offset := range []int64{0, 1e9, 1800e9, 40000e9} {
		for _, by := range []play.Scale{play.ByStep, play.ByTime} {
			s := playtest.New(1)
			s.Pass(offset)
			s.Listen()
			for range 60 {
				s.Do(0, trace.Send, 4, 7)
			}
			p := player(s, len(s.Events))
			p.Scale = by
			tl := timelineOf(p)
			if by == play.ByTime {
				tl.View.Zoom(p, 1e12, tl.View.Width) // as near as it goes
				for range 200 {
					tl.View.Zoom(p, 1/1.25, tl.View.Width/2)
					seen := map[string]bool{}
					for _, w := range times(read(t, tl.Layout().Bytes())) {
						if seen[w] {
							t.Fatalf("%d s after the start two ticks read %q", offset/1e9, w)
						}
						seen[w] = true
					}
				}
				continue
			}
			seen := map[string]bool{}
			for _, w := range times(read(t, tl.Layout().Bytes())) {
				if seen[w] {
					t.Fatalf("%d s after the start two steps are at %q", offset/1e9, w)
				}
				seen[w] = true
			}
		}
	}
}

// A timeline writes no time more finely than the clock of an emulated machine tells, however
// near it is looked at.
func TestTimesOfAnEmulatedMachineAreCoarse(t *testing.T) {
	told := regexp.MustCompile(`[0-9.]+ (s|ms|µs|ns)`)
	unit := map[string]float64{"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1}
	s := playtest.New(1)
	s.Header.Clock = trace.EmulatedClock
	s.Listen()
	for i := range 30 {
		s.Pass(77_777)
		s.Do(0, trace.Send, 4, 7)
		s.Pause(1, int64(i)*33_333)
	}
	p := player(s, len(s.Events)-1)
	seen := 0
	for _, by := range []play.Scale{play.ByStep, play.ByTime} {
		p.Scale = by
		tl := timelineOf(p)
		tl.View.Zoom(p, 1e12, tl.View.Width)
		for range 200 {
			tl.View.Zoom(p, 1/1.25, tl.View.Width/2)
			for _, w := range words(read(t, tl.Layout().Bytes())) {
				for _, told := range told.FindAllString(w, -1) {
					number, of, _ := strings.Cut(told, " ")
					x, err := strconv.ParseFloat(number, 64)
					if grains := x * unit[of] / trace.EmulatedGrain; err != nil || math.Abs(grains-math.Round(grains)) > 1e-6 || grains < 1 {
						t.Fatalf("the timeline says %q", w)
					}
					seen++
				}
			}
		}
	}
	if seen == 0 {
		t.Error("the timeline says no times")
	}
}

var aTime = regexp.MustCompile(`^[0-9.]+ (s|ms|µs|ns)$`)

// times returns the words of the ruler that are times.
func times(ops []drawn) (out []string) {
	for _, d := range ops {
		if d.op == opText && d.args[4] == 15 && aTime.MatchString(d.text) {
			out = append(out, d.text)
		}
	}
	return out
}
