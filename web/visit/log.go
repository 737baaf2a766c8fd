package visit

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/icon"
	"sockscope/web/play"
)

// Log is the run as lines of text, in the manner of strace -f: a call that
// nothing interrupts has one line; else one where it enters and one where it
// returns. It grows with its run, and a line's number never changes.
type Log struct {
	run  *play.Run
	rows []logRow
	row  []int32      // by step: index in rows
	done map[int]Line // by the last step of a row: how it reads after it
}

// logRow is one line.
type logRow struct {
	first, last int32 // the steps that it stands for
}

func newLog(run *play.Run) *Log { return &Log{run: run, done: map[int]Line{}} }

// grow takes in the steps that have come since.
func (l *Log) grow() {
	for i := len(l.row); i < l.run.Len(); i++ {
		if c := l.run.CallAt(i); c != nil && c.Return == i && c.Enter == i-1 {
			l.rows[len(l.rows)-1].last = int32(i)
		} else {
			l.rows = append(l.rows, logRow{int32(i), int32(i)})
		}
		l.row = append(l.row, int32(len(l.rows)-1))
	}
}

// reserve makes room for k times as many steps as there are: see play.Run.
func (l *Log) reserve(k float64) {
	play.Spare(&l.rows, k)
	play.Spare(&l.row, k)
}

// Len returns the number of lines.
func (l *Log) Len() int { return len(l.rows) }

// Steps returns the first and the last step that line i stands for, as indexes.
func (l *Log) Steps(i int) (first, last int) { return int(l.rows[i].first), int(l.rows[i].last) }

// At returns the line of the step that happened last at position pos, -1 at
// the start.
func (l *Log) At(pos int) int {
	if pos < 1 || pos > len(l.row) {
		return -1
	}
	return int(l.row[pos-1])
}

// Line is a row as it is shown.
type Line struct {
	Step int // its number: the step that it shows
	Tag  string
	HTML string // escaped
}

// Line returns row i as it reads at position pos: a call that enters before
// pos and returns after it is unfinished.
func (l *Log) Line(i, pos int) Line {
	first, last := l.Steps(i)
	if first < pos && last >= pos {
		return l.read(first)
	}
	ln, ok := l.done[last]
	if !ok {
		ln = l.read(last)
		l.done[last] = ln
	}
	return ln
}

// read puts a step into words.
func (l *Log) read(step int) Line {
	e := l.run.Step(step)
	out := Line{Step: step + 1}
	if e.Proc < len(l.run.Header.Procs) && e.Proc >= 0 && e.Kind != trace.Note {
		out.Tag = l.run.Header.Procs[e.Proc].Tag
		if e.Thread > 0 || l.run.Straced(e.Proc) {
			out.Tag = threadTag(l.run, &play.Lane{Proc: e.Proc, Thread: e.Thread, Tag: out.Tag})
		}
	}
	switch e.Kind {
	case trace.Enter:
		out.HTML = unfinished(strace.API.Line(e, nil), e)
	case trace.Return:
		enter := e
		if c := l.run.CallAt(step); c != nil {
			enter = l.run.Step(c.Enter)
		}
		out.HTML = returned(l.whole(enter, e), e)
	case trace.Start:
		word := "starts"
		if e.Thread == 0 && len(e.Args) == 2 {
			word += " as pid " + strconv.FormatInt(e.Args[1], 10)
		}
		out.HTML = `<span class="dim">+++ ` + word + ` +++</span>`
	case trace.Exit:
		out.HTML = `<span class="dim">+++ ` + html.EscapeString(exitText(e)) + ` +++</span>`
	case trace.Gap:
		g := play.Gap{Calls: e.Result}
		out.HTML = icon.Gap + `<span class="call er">` + g.Missing() + `</span>`
	case trace.Note:
		out.HTML = icon.Notice + `<span class="call er" title="` + html.EscapeString(e.Note) + `">` + html.EscapeString(e.Note) + `</span>`
	}
	return out
}

// Whole returns row i as it reads at position pos with nothing shortened.
func (l *Log) Whole(i, pos int) string {
	step := l.Line(i, pos).Step - 1
	e := l.run.Step(step)
	switch c := l.run.CallAt(step); {
	case e.Kind == trace.Note:
		return e.Note
	case e.Kind == trace.Enter:
		return strace.API.Line(e, nil)
	case e.Kind == trace.Return && c != nil:
		return l.whole(l.run.Step(c.Enter), e)
	case e.Kind == trace.Return:
		return strace.API.Line(e, e)
	}
	return ""
}

// whole is a call that has returned. A duration that is too short for the run's clock is
// given as the bound that it is known by.
func (l *Log) whole(enter, ret *trace.Event) string {
	text := strace.API.Line(enter, ret)
	if i := strings.LastIndex(text, " <"); i >= 0 && l.run.Emulated() && ret.Time-enter.Time < trace.EmulatedGrain {
		text = text[:i] + " <under 0.0001>"
	}
	return text
}

// Width returns how many characters the HTML of a line takes, with a space
// between its parts.
func Width(line string) int {
	n, parts := 0, strings.Split(line, "<")
	for i, part := range parts {
		if strings.HasPrefix(part, "span") {
			n++
		}
		if i > 0 {
			_, part, _ = strings.Cut(part, ">")
		}
		n += utf8.RuneCountInString(html.UnescapeString(part))
	}
	return n
}

func exitText(e *trace.Event) string {
	if e.Result < 0 {
		return "killed by " + trace.SignalName(-e.Result)
	}
	return "exited with " + strconv.FormatInt(e.Result, 10)
}

func unfinished(text string, e *trace.Event) string {
	call, rest, found := strings.Cut(text, "<unfinished")
	if !found {
		return html.EscapeString(text)
	}
	return `<span class="call" title="` + html.EscapeString(text) + `">` + html.EscapeString(brief(call, e.Call)) + `</span><span class="d">` + html.EscapeString("<unfinished"+rest) + `</span>`
}

// brief shortens the structures in a call's arguments to what they say: an
// address to {127.0.0.1:80}, a timeout to {0.5}. The whole line is its title.
func brief(call string, c trace.Call) string {
	if c.Sends() || c.Receives() {
		return call // what looks alike in there is content
	}
	if head, rest, ok := strings.Cut(call, `{sa_family=AF_INET, sin_port=htons(`); ok {
		port, rest, _ := strings.Cut(rest, `), sin_addr=inet_addr("`)
		host, rest, _ := strings.Cut(rest, `")}`)
		call = head + "{" + host + ":" + port + "}" + rest
	}
	if head, rest, ok := strings.Cut(call, "{tv_sec="); ok {
		sec, rest, _ := strings.Cut(rest, ", tv_")
		unit, rest, _ := strings.Cut(rest, "sec=")
		part, rest, _ := strings.Cut(rest, "}")
		if fraction := strings.TrimRight(strings.Repeat("0", max(0, map[string]int{"u": 6, "n": 9}[unit]-len(part)))+part, "0"); fraction != "" {
			sec += "." + fraction
		}
		call = head + "{" + sec + "}" + rest
	}
	return call
}

// returned sets a returned call's result apart, with a mark on an errno, says
// that it slept, and sets its duration back.
func returned(text string, e *trace.Event) string {
	took := ""
	if i := strings.LastIndex(text, " <"); i >= 0 && strings.HasSuffix(text, ">") {
		text, took = text[:i], text[i+1:]
	}
	call, result := text, ""
	if i := strings.LastIndex(text, ") = "); i >= 0 {
		call, result = text[:i+1], text[i+2:]
	}
	class, meaning := "ok", ""
	switch {
	case e.Errno.NotYet():
		class = "na"
	case e.Errno != 0:
		class = "er"
	}
	if e.Errno != 0 { // its sentence is long; the symbol says it
		meaning = ` title="` + html.EscapeString(result) + `"`
		result, _, _ = strings.Cut(result, " (")
	}
	// The call may be cut to fit its line, what it returned may not; but what poll says
	// of each fd may.
	result, more, _ := strings.Cut(result, " ([")
	title := ` title="` + html.EscapeString(text) + `">`
	out := `<span class="call"` + title + html.EscapeString(brief(call, e.Call)) + `</span><span class="` + class + `"` + meaning + `>` + html.EscapeString(result) + `</span>`
	if more != "" {
		out += `<span class="call"` + title + html.EscapeString("(["+more) + `</span>`
	}
	if e.Sleep == trace.Slept {
		out += `<span class="z">slept</span>`
	}
	if took != "" {
		out += `<span class="d">` + html.EscapeString(took) + `</span>`
	}
	return out
}
