package export

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
)

// Perfetto writes a run as Chrome's trace events, in the JSON Object Format of "Trace Event
// Format": a track a thread, a slice a call, and a flow from what woke a call to that call.
// Flows are inferred, and say so. Sampled queues are counters. The times count from the
// run's start.
//
// Packets and source texts are left out. A call that has not returned is a slice without an
// end.
func Perfetto(w io.Writer, r *play.Run) error {
	p := &events{run: r, out: bufio.NewWriter(w), ids: newIDs(r)}
	times := "since the run's start"
	if r.Header.Clock == trace.NoClock {
		times = "none: the numbers give the order, and no more"
	}
	p.say(`{"displayTimeUnit":"ns","otherData":{"from":"Sockscope","lab":`, quote(r.Header.Lab), `,"kernel":`, quote(r.Header.Kernel),
		`,"began":`, strconv.FormatInt(r.Header.Began, 10), `,"times":"`, times, `"},"traceEvents":[`)
	p.names()
	for i := range r.Calls {
		p.call(&r.Calls[i])
	}
	for i := range r.Len() {
		p.step(r.Step(i))
	}
	for i := range r.Wakes {
		p.wake(i)
	}
	p.say("\n]}\n")
	return p.out.Flush()
}

// events writes trace events.
type events struct {
	run  *play.Run
	out  *bufio.Writer
	some bool // there has been one
	*ids
}

func (p *events) say(parts ...string) {
	for _, s := range parts {
		p.out.WriteString(s)
	}
}

// event writes an event of a thread at a time, ns; more is the rest of its members.
func (p *events) event(phase string, proc, thread int, time int64, more ...string) {
	if p.some {
		p.say(",")
	}
	p.some = true
	p.say("\n", `{"ph":"`, phase, `","pid":`, strconv.Itoa(p.pid(proc)), `,"tid":`, strconv.Itoa(p.tid(proc, thread)), `,"ts":`, micros(time))
	p.say(more...)
	p.say("}")
}

// micros returns a time as a number of µs.
func micros(ns int64) string {
	s := strconv.FormatInt(max(ns, 0)/1000, 10)
	if part := max(ns, 0) % 1000; part != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(part+1000, 10)[1:], "0")
	}
	return s
}

// names names the processes and the threads.
func (p *events) names() {
	for i := range p.run.Lanes {
		l := &p.run.Lanes[i]
		if l.Proc < 0 { // a peer is no thread
			continue
		}
		if l.Thread == 0 || l.Thread == p.first(l.Proc) {
			p.event("M", l.Proc, l.Thread, 0, `,"name":"process_name","args":{"name":`, quote(l.Name), `}`)
			p.event("M", l.Proc, l.Thread, 0, `,"name":"process_sort_index","args":{"sort_index":`, strconv.Itoa(l.Proc), `}`)
		}
		name := "thread " + strconv.Itoa(l.Thread+1)
		if p.run.Straced(l.Proc) {
			name = trace.ThreadName(l.Thread)
		}
		p.event("M", l.Proc, l.Thread, 0, `,"name":"thread_name","args":{"name":`, quote(name), `}`)
	}
}

// line returns how a call is written as a line, in the words of the program.
func line(enter, ret *trace.Event) string { return strace.API.Line(enter, ret) }

// call writes a slice.
func (p *events) call(c *play.Call) {
	enter, lane := p.run.Step(c.Enter), &p.run.Lanes[c.Lane]
	category, phase, took, slept := "call", "B", "", "not known: it has not returned"
	if enter.Call.Told() {
		category = "told"
	}
	var ret *trace.Event
	if c.Return >= 0 {
		ret = p.run.Step(c.Return)
		phase, took = "X", `,"dur":`+micros(ret.Time-enter.Time)
		slept = map[trace.Sleep]string{trace.Awake: "no", trace.Slept: "yes"}[ret.Sleep]
		if slept == "" {
			slept = "not known"
		}
		if slept == "yes" && p.run.Logged(lane.Proc) {
			slept = "yes, inferred"
		}
	}
	args := `"call":` + quote(line(enter, ret)) + `,"slept":"` + slept + `"`
	if ret != nil && ret.Errno != 0 {
		args += `,"error":` + quote(ret.Errno.String())
	}
	if n := enter.File - 1; n >= 0 && n < len(p.run.Header.Sources) {
		args += `,"source":` + quote(p.run.Header.Sources[n].Name+":"+strconv.Itoa(enter.Line))
	}
	p.event(phase, lane.Proc, lane.Thread, enter.Time, took, `,"name":`, quote(enter.Call.String()), `,"cat":"`, category, `","args":{`, args, `}`)
}

// step writes what a step is beside a call: the life of a thread, queues, notes.
func (p *events) step(e *trace.Event) {
	for i := range e.Queues {
		p.queue(e, &e.Queues[i])
	}
	switch e.Kind {
	case trace.Start:
		for i := range p.run.Lanes {
			l := &p.run.Lanes[i]
			if l.Start < 0 || p.run.Step(l.Start) != e {
				continue
			}
			phase, took := "B", ""
			if l.Exit >= 0 {
				phase, took = "X", `,"dur":`+micros(p.run.Gist(l.Exit).Time-e.Time)
			}
			p.event(phase, l.Proc, l.Thread, e.Time, took, `,"name":`, quote(l.Name), `,"cat":"thread","args":{}`)
		}
	case trace.Exit:
		how := "exited with " + strconv.FormatInt(e.Result, 10)
		if e.Result < 0 {
			how = "killed by " + trace.SignalName(-e.Result)
		}
		p.event("i", e.Proc, e.Thread, e.Time, `,"s":"t","name":`, quote(how), `,"cat":"thread"`)
	case trace.Note:
		p.event("i", 0, p.first(0), e.Time, `,"s":"g","name":`, quote(e.Note), `,"cat":"note"`)
	}
}

// queue writes the sampled lengths of an fd's queues.
func (p *events) queue(e *trace.Event, q *trace.Queue) {
	var args []string
	if q.Has(trace.RecvQ) {
		args = append(args, `"Recv-Q":`+strconv.Itoa(q.Recv))
	}
	if q.Has(trace.SendQ) {
		args = append(args, `"Send-Q":`+strconv.Itoa(q.Send))
	}
	if len(args) > 0 {
		p.event("C", e.Proc, e.Thread, q.Time, `,"name":"fd `, strconv.Itoa(q.FD), ` (sampled)","args":{`, strings.Join(args, ","), `}`)
	}
}

// wake writes a flow. Its ends lie within the slices of the two calls, 1 ns before they
// end: that is how a reader finds them.
func (p *events) wake(i int) {
	w := &p.run.Wakes[i]
	end := func(phase string, step int, more string) {
		e := p.run.Step(step)
		at := e.Time
		if c := p.run.CallAt(step); c != nil && c.Return == step {
			at = max(at-1, p.run.Gist(c.Enter).Time)
		} else if e.Kind == trace.Exit {
			at--
		}
		p.event(phase, e.Proc, e.Thread, at, `,"id":`, strconv.Itoa(i+1), `,"name":"wakes","cat":"inferred"`, more)
	}
	end("s", w.Cause, "")
	end("f", w.Effect, `,"bp":"e"`)
}

// quote returns a string as JSON has it (RFC 8259).
func quote(s string) string {
	const hex = "0123456789abcdef"
	b := append(make([]byte, 0, len(s)+2), '"')
	for _, c := range s { // what is no UTF-8 comes as U+FFFD
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return string(append(b, '"'))
}
