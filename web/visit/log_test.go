package visit

import (
	"strconv"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/icon"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// interleaved is an accept that sleeps while a client is busy.
func interleaved() *Log {
	s := playtest.New(1)
	s.Start(0)                                              // 1
	s.Do(0, trace.Socket, -1, 3)                            // 2, 3
	s.Enter(0, trace.Accept, 3, trace.Event{})              // 4
	s.Do(1, trace.Socket, -1, 3)                            // 5, 6
	s.Return(0, trace.Event{Result: 4, Sleep: trace.Slept}) // 7
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 8})         // 8
	s.Return(0, trace.Event{Result: -1, Errno: trace.ECONNRESET, Sleep: trace.Awake})
	s.Enter(0, trace.Poll, -1, trace.Event{Sets: &trace.Sets{Read: []int{4}}, Size: 1}) // 10
	s.Return(0, trace.Event{Result: 1, Sets: &trace.Sets{Read: []int{4}}})
	run := play.NewRun(s.Header)
	l := newLog(run)
	for _, e := range s.Events { // as a live run grows
		run.Add([]trace.Event{e})
		l.grow()
	}
	return l
}

func TestACallHasOneLineUnlessItIsInterrupted(t *testing.T) {
	l := interleaved()
	var steps []string
	for i := range l.rows {
		ln := l.Line(i, len(l.row))
		steps = append(steps, strconv.Itoa(ln.Step)+ln.Tag)
	}
	if got, want := strings.Join(steps, " "), "1srv 3srv 4srv 6c1 7srv 9srv 11srv"; got != want {
		t.Errorf("lines %s, want %s", got, want)
	}
}

// A line must read the same however the run came: all at once, or event by
// event; and the current line must be that of the last step.
func TestEveryStepHasItsLine(t *testing.T) {
	l := interleaved()
	if l.At(0) != -1 {
		t.Error("a line is current before the first step")
	}
	for n := 1; n <= len(l.row); n++ {
		i := l.At(n)
		if ln := l.Line(i, n); ln.Step != n {
			t.Errorf("at step %d the current line shows step %d", n, ln.Step)
		}
	}
	once := newLog(l.run)
	once.grow()
	if len(once.rows) != len(l.rows) {
		t.Errorf("%d lines at once, %d one by one", len(once.rows), len(l.rows))
	}
}

func TestLinesSayWhatBecameOfTheCall(t *testing.T) {
	l := interleaved()
	n := len(l.row)
	for _, c := range []struct {
		step int
		want []string
	}{
		{4, []string{"accept(3,", "&lt;unfinished"}},
		{7, []string{"accept(3,", "= 4", `<span class="z">slept</span>`}},
		{9, []string{`>= -1 ECONNRESET</span>`}},
		{11, []string{`>= 1</span><span class="call"`, `([{fd=4, revents=POLLIN}])</span>`}},
	} {
		got := l.Line(l.At(c.step), n).HTML
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("step %d reads %s, without %s", c.step, got, w)
			}
		}
	}
}

// A note is ours, and is text from outside: a trace file may hold anything.
func TestNotesAreEscaped(t *testing.T) {
	s := playtest.New(1)
	run := play.NewRun(s.Header)
	run.Add([]trace.Event{{Kind: trace.Note, Note: `" onmouseover="alert(1)"><script>`}})
	l := newLog(run)
	l.grow()
	got := l.Line(0, 1).HTML
	if !strings.Contains(got, icon.Notice) || strings.Contains(got, "<script") || strings.Contains(got, `" onmouseover`) {
		t.Errorf("a note became %s", got)
	}
}

func TestLinesAreBrief(t *testing.T) {
	for _, c := range []struct {
		call     trace.Call
		in, want string
	}{
		{trace.Connect, `connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16)`, `connect(3, {127.0.0.1:80}, 16)`},
		{trace.Select, `select(4, [3], [], [], {tv_sec=0, tv_usec=500000})`, `select(4, [3], [], [], {0.5})`},
		{trace.Select, `select(4, [3], [], [], {tv_sec=20, tv_usec=0})`, `select(4, [3], [], [], {20})`},
		{trace.Nanosleep, `nanosleep({tv_sec=0, tv_nsec=3000000}, NULL)`, `nanosleep({0.003}, NULL)`},
		{trace.Recv, `recv(4, "{tv_sec=1, tv_usec=2}", 1024)`, `recv(4, "{tv_sec=1, tv_usec=2}", 1024)`},
		{trace.Close, `close(3)`, `close(3)`},
	} {
		if got := brief(c.in, c.call); got != c.want {
			t.Errorf("brief(%s) = %s, want %s", c.in, got, c.want)
		}
	}
}

// A line that is cut can be read whole.
func TestALineReadWhole(t *testing.T) {
	s := playtest.New(1)
	s.Enter(0, trace.Bind, 3, trace.Event{Addr: "127.0.0.1:80"})
	s.Return(0, trace.Event{Errno: trace.EADDRINUSE})
	s.Gap(0, 1234)
	s.Events = append(s.Events, trace.Event{Kind: trace.Note, Time: 1 << 40, Note: "a sentence of ours"})
	run := play.NewRun(s.Header)
	run.Add(s.Events)
	l := newLog(run)
	l.grow()
	if got := l.Whole(0, 4); !strings.Contains(got, `sin_port=htons(80)`) || !strings.Contains(got, "Address already in use") {
		t.Error(got)
	}
	if got := l.Whole(2, 4); got != "a sentence of ours" {
		t.Error(got)
	}
	if got := l.Line(1, 4).HTML; !strings.Contains(got, "1,234 calls were not recorded here") || l.Line(1, 4).Tag != "srv" {
		t.Error(got)
	}
	if got := Width(`<span class="a" title="x">f(&lt;3)</span><span>= 1</span>`); got != 1+5+1+3 {
		t.Errorf("it takes %d", got)
	}
}
