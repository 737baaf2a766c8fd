package strace

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// LogOptions are the options of strace(1) for a program of anybody's: its calls about
// sockets, those that wait, and those that make processes and fds.
var LogOptions = []string{"-f", "--seccomp-bpf", "-ttt", "-T", "-yy", "-xx", "-s", strconv.Itoa(trace.DataCap), "-e", "trace=" +
	"%network,read,write,readv,writev,close,dup,dup2,dup3,fcntl,ioctl,sendfile,splice,select,pselect6,poll,ppoll," +
	"epoll_create,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait,epoll_pwait2,eventfd2,pipe2," +
	"clone,clone3,fork,vfork,execve,execveat,wait4,waitid,nanosleep,clock_nanosleep"}

// A Log reads what strace wrote about a program of anybody's, and makes the messages of a
// trace of it. A process is in the trace from its first socket on, or from when it was
// made by one that has some; what is not about sockets is left out.
//
// The lines may be of any form that a [Reader] takes. Threads belong to processes as the
// calls that made them say. Where those are not in the log, each thread that nobody
// introduces is taken for a process; unless Origin tells.
type Log struct {
	// Origin tells of a thread that no line has introduced. It may be nil.
	Origin func(tid int) Origin

	// Place tells the line of a program's text that an address in a file of machine code is
	// of: the number of the text, as trace.Event.File has it, and the line. ok is false
	// where it isn't known, or is not the program's own. Place may be nil. With strace -k,
	// it is asked of each call's frames from the innermost on, until one is known.
	Place func(object string, offset uint64) (file, line int, ok bool)

	unread Reader // of lines that belong to no process

	clock   ticker
	newest  int64 // when the newest call came back
	began   int64 // time of the first line with one
	lines   int64
	told    int64 // number of the newest line of a call, while its place isn't known; else 0
	threads map[int]*logProc
	procs   []*logProc
	making  map[int]string             // by thread: the arguments of a clone that is under way
	held    map[int][]heldLine         // of threads that a clone under way may be making
	waiting []logEvent                 // not passed on yet
	named   map[string]int             // processes in the trace, by their programs' names
	shown   int                        // processes that are in the trace
	missed  int64                      // calls of processes beyond those that a trace can have
	last    map[*logProc]map[int]int64 // by thread: no event of it is earlier than the one before
	noted   int                        // kinds of what isn't understood that were told
	said    bool                       // what strace knows, and what it does not
	ends    map[string]bool            // addresses that the processes' sockets had
	cut     int                        // bytes that the log has of each content, 0 where nothing is cut
	cutSaid bool
}

// Origin is what is known, when its first line comes, of a thread that no line has
// introduced.
type Origin struct {
	PID     int           // of its process
	Words   []string      // that the process was started with
	Sockets []trace.Queue // that the process has open: addresses and states
}

// logProc is a process of a log.
type logProc struct {
	reader *Reader
	pid    int
	words  []string // what it was started with, as execve(2) says
	parent *logProc
	number int // in the trace, plus one; 0 for one that isn't in it yet
	file   int // number of the text that its first known line is of; 0 while none is
	forked bool
	serves bool // it has listened
	beyond bool // a trace can't have one more
	ended  bool
}

type heldLine struct {
	text string
	line line
	now  int64
}

type logEvent struct {
	trace.Event
	of   *logProc // nil of a Sample
	line int64    // number of the line that told of it
}

// The limits of a Log.
const (
	maxHeld    = 4096    // lines of threads that nobody has introduced yet
	maxWaiting = 1 << 17 // events that wait for earlier ones
	maxBatch   = 512     // events of a message
	maxEnds    = 1 << 16 // addresses that Knows tells apart
)

// Began returns the wall clock's time of the first line, ns since 1970, 0 where the log
// has none.
func (g *Log) Began() int64 { return g.began }

// Timed reports whether the lines have times.
func (g *Log) Timed() bool { return g.clock.timed }

// Lines returns how many lines there were.
func (g *Log) Lines() int64 { return g.lines }

// Input is what one strace writes. A Log may have several: of programs on one machine,
// whose clock they share.
type Input struct {
	log *Log
	cutter
}

// Input returns a new input.
func (g *Log) Input() *Input { return &Input{log: g} }

// Write reads a piece of a log. It takes all of it, always.
func (in *Input) Write(p []byte) (int, error) {
	in.feed(p, in.log.line, in.log.unread.strange)
	return len(p), nil
}

// Quiet says that strace has written nothing for a while, as of a [Reader].
func (in *Input) Quiet() { in.quiet(in.log.line) }

// Close reads a last line without an end: it may be cut off.
func (in *Input) Close() {
	if len(in.tail) > 0 && !in.skipping {
		in.log.line(string(in.tail))
	}
	in.tail = nil
}

// line reads a line, without its end.
func (g *Log) line(text string) {
	text = strings.TrimSuffix(text, "\r")
	if len(text) > maxLine || strings.TrimSpace(text) == "" {
		return
	}
	if g.threads == nil {
		g.threads, g.making, g.held = map[int]*logProc{}, map[int]string{}, map[int][]heldLine{}
		g.last = map[*logProc]map[int]int64{}
	}
	l := parse(text)
	g.lines++
	g.clock.tick(&l)
	if !g.clock.timed { // their order is all there is
		g.clock.now++
	}
	if g.began == 0 && (l.clock != clockNone || l.kind == lineCall) { // strace's own lines have no time
		g.began = g.clock.now
	}
	if l.kind == lineCall {
		g.newest = max(g.newest, g.clock.now+l.took)
	}
	switch l.kind {
	case lineStrange:
		g.unread.misread("a line of no known form", text)
		return
	case lineStack:
		g.frame(l.rest)
		return
	case lineOwn, lineSignal:
		return
	}
	g.told = g.lines
	p := g.threads[l.thread]
	if p == nil && len(g.making) > 0 {
		if n := len(g.held); n < maxFollowed && len(g.held[l.thread]) < maxHeld {
			g.held[l.thread] = append(g.held[l.thread], heldLine{text, l, g.clock.now})
			return
		}
	}
	if p == nil {
		p = g.meet(l.thread)
	}
	g.take(p, text, &l)
}

// meet makes the process of a thread that no line has introduced.
func (g *Log) meet(tid int) *logProc {
	o := Origin{PID: tid}
	if g.Origin != nil {
		o = g.Origin(tid)
	}
	for _, p := range g.procs {
		if p.pid == o.PID && tid != o.PID {
			g.threads[tid] = p
			return p
		}
	}
	p := g.add(tid, &logProc{pid: o.PID, words: o.Words})
	if len(o.Sockets) > 0 {
		p.reader.living = true
		start := trace.Event{Kind: trace.Start, Time: g.clock.now, FD: -1, Queues: o.Sockets}
		for i := range start.Queues {
			q := &start.Queues[i]
			q.Time = g.clock.now
			p.reader.fds[q.FD] = &followed{named: true}
			p.serves = p.serves || q.State == trace.Listening
		}
		g.know(o.Sockets)
		g.waiting = append(g.waiting, logEvent{start, p, 0})
	}
	return p
}

// frame reads a frame of the stack of the call that the newest line was about:
// "/usr/bin/prog(main+0x12) [0x1234]". strace writes it when the call is over.
func (g *Log) frame(text string) {
	if g.Place == nil || g.told == 0 {
		return
	}
	object, rest, _ := strings.Cut(text, "(")
	_, hex, _ := strings.Cut(rest, "[0x")
	offset, err := strconv.ParseUint(strings.TrimSuffix(hex, "]"), 16, 64)
	if err != nil {
		return
	}
	file, line, ok := g.Place(object, offset)
	if !ok {
		return
	}
	for i := len(g.waiting) - 1; i >= 0 && i >= len(g.waiting)-maxBatch; i-- {
		if e := &g.waiting[i]; e.line == g.told && (e.Kind == trace.Enter || e.Kind == trace.Return) {
			e.File, e.Line = file, line
			if e.of.file == 0 {
				e.of.file = file
			}
		}
	}
	g.told = 0 // what called it doesn't matter
}

// know notes the addresses of sockets.
func (g *Log) know(sockets []trace.Queue) {
	for i := range sockets {
		if local := sockets[i].Local; local != "" && len(g.ends) < maxEnds {
			if g.ends == nil {
				g.ends = map[string]bool{}
			}
			g.ends[local] = true
		}
	}
}

// Knows reports whether a socket of the kernel's is, by its address, one that a process of
// the log has had.
func (g *Log) Knows(s *trace.Sock) bool { return g.ends[s.Local] }

// Sample adds a reading of the kernel's table of sockets, made at a time of the wall clock,
// ns since 1970. It is nobody's, and stands among the calls by its time.
func (g *Log) Sample(at int64, table []trace.Sock) {
	if g.began > 0 {
		g.waiting = append(g.waiting, logEvent{trace.Event{Kind: trace.Sample, Time: at, FD: -1, Sockets: table}, nil, 0})
	}
}

func (g *Log) add(tid int, p *logProc) *logProc {
	p.reader = &Reader{sockets: true, main: p.pid}
	p.reader.begin(&g.clock, 0)
	if p.parent != nil {
		p.words = p.parent.words
		p.reader.inherit(p.parent.reader)
	}
	g.procs = append(g.procs, p)
	g.threads[tid] = p
	return p
}

// take reads a line of a process.
func (g *Log) take(p *logProc, text string, l *line) {
	name := l.name
	spawns := name == "clone" || name == "clone3" || name == "fork" || name == "vfork"
	switch {
	case l.kind == lineBegun && spawns:
		g.making[l.thread] = l.args
	case l.kind == lineCall && (name == "execve" || name == "execveat"), l.kind == lineResumed && name == "execve":
		g.execed(p, l)
	}
	p.reader.read(text, l)
	g.pass(p)
	if l.kind == lineEnd && l.thread == p.pid && !strings.HasPrefix(l.rest, "superseded") {
		p.ended = true
		delete(g.threads, l.thread) // another process may get the number
	}
	if spawns && (l.kind == lineCall || l.kind == lineResumed) {
		args := g.making[l.thread] + l.args
		delete(g.making, l.thread)
		if tid, err := strconv.Atoi(l.result); err == nil && tid > 0 {
			g.made(p, tid, args)
		}
		if len(g.making) == 0 {
			g.release()
		}
	}
}

// made takes note of a thread that p has made, or of a process.
func (g *Log) made(p *logProc, tid int, args string) {
	if strings.Contains(args, "CLONE_THREAD") {
		g.threads[tid] = p
		if thread, ok := p.reader.thread(tid); ok && p.reader.living {
			g.waiting = append(g.waiting, logEvent{trace.Event{Kind: trace.Start, Time: g.started(tid), Thread: thread, FD: -1}, p, 0})
		}
	} else {
		child := g.add(tid, &logProc{pid: tid, parent: p})
		if len(child.reader.fds) > 0 && p.reader.living {
			child.forked = true
			child.reader.living, child.serves = true, p.serves
			g.waiting = append(g.waiting, logEvent{trace.Event{Kind: trace.Start, Time: g.started(tid), FD: -1, Args: []int64{0, int64(tid)}}, child, 0})
		}
	}
	g.replay(tid)
}

// started returns when a thread began, as far as the log tells: it may have run before its
// maker knew.
func (g *Log) started(tid int) int64 {
	at := g.clock.now
	if ran := g.held[tid]; len(ran) > 0 {
		at = min(at, ran[0].now)
	}
	return at
}

// replay reads the lines of a thread that were held back.
func (g *Log) replay(tid int) {
	lines, now := g.held[tid], g.clock.now
	delete(g.held, tid)
	for i := range lines {
		h := &lines[i]
		p := g.threads[tid]
		if p == nil {
			p = g.meet(tid)
		}
		g.clock.now = h.now
		g.take(p, h.text, &h.line)
	}
	g.clock.now = now
}

// release reads what was held back of threads that nobody has made.
func (g *Log) release() {
	for len(g.held) > 0 {
		first, at := 0, int64(1<<63-1)
		for tid, lines := range g.held {
			if lines[0].now < at || lines[0].now == at && tid < first {
				first, at = tid, lines[0].now
			}
		}
		g.replay(first)
	}
}

// execed notes the words that a process goes on with.
func (g *Log) execed(p *logProc, l *line) {
	if l.result != "0" {
		return
	}
	args := l.args
	if c := p.reader.open[l.thread]; c != nil && l.kind == lineResumed {
		args = c.args + args
	}
	list := split(args)
	if len(list) > 2 && list[0] != "" && list[0][0] != '"' { // execveat has a folder's fd in front
		list = list[1:]
	}
	if len(list) > 1 {
		p.words = words(list[1])
	}
}

// words reads an array of strings: ["python3", "server.py"].
func words(text string) (list []string) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	for _, word := range split(text) {
		if b, ok := unquote(strings.TrimSuffix(word, "...")); ok {
			list = append(list, string(b))
		}
	}
	return list
}

// Name is what a process is called that was started with the words: the program, or the
// script that an interpreter runs.
func Name(words []string) string {
	if len(words) == 0 {
		return "process"
	}
	name := strings.TrimPrefix(path.Base(words[0]), "-")
	for _, runs := range []string{"python", "node", "ruby", "perl", "sh", "bash", "dash", "php", "java", "env"} {
		if rest, ok := strings.CutPrefix(name, runs); ok && strings.Trim(rest, "0123456789.") == "" {
			for _, word := range words[1:] {
				if !strings.HasPrefix(word, "-") {
					name = path.Base(word)
					break
				}
				if word == "-c" || word == "-e" {
					break
				}
			}
		}
	}
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	if len(name) > 40 {
		name = name[:40]
	}
	return name
}

// pass takes the events that a process's reader has.
func (g *Log) pass(p *logProc) {
	for _, e := range p.reader.events {
		if moved := e.Kind == trace.Return && e.Errno == 0 && (e.Call.Sends() || e.Call.Receives()); moved && len(e.Data) > 0 && int64(len(e.Data)) < min(e.Result, trace.DataCap) {
			g.cut = max(g.cut, len(e.Data))
		}
		p.serves = p.serves || e.Call == trace.Listen || e.Call == trace.Accept
		g.know(e.Queues)
		g.waiting = append(g.waiting, logEvent{e, p, g.lines})
	}
	p.reader.events = p.reader.events[:0]
}

// Take returns the next messages: of what was before the wall clock's time before, ns
// since 1970, which no line to come is expected to be about. Of a call that has entered by
// then, and not returned, the Timeout may be trace.Untold.
func (g *Log) Take(before int64) []*trace.Message { return g.next(before) }

// End returns what is left.
func (g *Log) End() []*trace.Message {
	clear(g.making)
	g.release()
	return g.next(1<<63 - 1)
}

// Now returns the time of the newest line, ns since 1970: of a call that came back, when it
// did.
func (g *Log) Now() int64 { return max(g.clock.now, g.newest) }

func (g *Log) next(before int64) []*trace.Message {
	// A long log may have any number of processes that end without a socket, or for which
	// a trace has no room.
	g.procs = slices.DeleteFunc(g.procs, func(p *logProc) bool {
		gone := p.ended && (p.beyond || !p.reader.living)
		if gone {
			g.missed += p.reader.Missed
		}
		return gone
	})
	for _, p := range g.procs {
		p.reader.events = p.reader.Take(before)
		g.pass(p)
	}
	sort.SliceStable(g.waiting, func(i, k int) bool { return g.waiting[i].Time < g.waiting[k].Time })
	n := sort.Search(len(g.waiting), func(i int) bool { return g.waiting[i].Time >= before })
	n = max(n, len(g.waiting)-maxWaiting)
	var out []*trace.Message
	var batch []trace.Event
	flush := func() {
		if len(batch) > 0 {
			out = append(out, &trace.Message{Events: batch})
			batch = nil
		}
	}
	for i := range g.waiting[:n] {
		e := &g.waiting[i]
		if e.of == nil {
			if e.Time = max(0, e.Time-g.began); g.shown > 0 {
				batch = append(batch, e.Event)
			}
			continue
		}
		if e.of.number == 0 {
			flush()
			out = append(out, g.show(e.of)...)
		}
		if e.of.beyond {
			if e.Kind == trace.Enter {
				g.missed++
			}
			continue
		}
		if e.Kind == trace.Start && len(e.Args) > 0 {
			e.Args[0] = int64(e.of.parent.number - 1)
		}
		g.settle(e)
		batch = append(batch, e.Event)
		if len(batch) == maxBatch {
			flush()
		}
	}
	flush()
	g.waiting = slices.Delete(g.waiting, 0, n)
	return append(out, g.notes()...)
}

// settle gives an event its process and its time in the trace.
func (g *Log) settle(e *logEvent) {
	e.Proc = e.of.number - 1
	last := g.last[e.of]
	if last == nil {
		last = map[int]int64{}
		g.last[e.of] = last
	}
	e.Time = max(e.Time-g.began, last[e.Thread])
	last[e.Thread] = e.Time
	for i := range e.Queues {
		e.Queues[i].Time = max(e.Queues[i].Time-g.began, 0)
	}
}

// show returns the messages with which a process comes into the trace.
func (g *Log) show(p *logProc) []*trace.Message {
	if g.shown >= trace.MostProcs {
		p.beyond = true
		return nil
	}
	g.shown++
	p.number = g.shown
	role := trace.RoleClient
	if p.serves {
		role = trace.RoleServer
	}
	proc := &trace.Proc{Name: g.name(p), Tag: "p" + strconv.Itoa(g.shown), Role: role, Program: strings.Join(p.words, " "), File: p.file, PID: p.pid, Tracer: trace.StraceLog}
	if p.forked && p.parent.number > 0 {
		proc.Parent = p.parent.number
		proc.File = cmp.Or(proc.File, p.parent.file)
	}
	return []*trace.Message{{Child: proc}}
}

// name returns a name that no other process in the trace has: a second one is called
// "server.py 2".
func (g *Log) name(p *logProc) string {
	name := Name(p.words)
	if g.named == nil {
		g.named = map[string]int{}
	}
	if g.named[name]++; g.named[name] > 1 {
		return name + " " + strconv.Itoa(g.named[name])
	}
	return name
}

// notes returns what has to be said of the log, each thing once.
func (g *Log) notes() (out []*trace.Message) {
	if g.shown > 0 && !g.said {
		g.said = true
		out = append(out, g.note("strace tells these calls. It stops the thread at each, and counts in µs. Whether a call slept, and what woke it, is inferred"))
		if !g.clock.timed {
			out = append(out, g.note("this log has no times: the calls are in their order, and their distances mean nothing; strace -ttt -T writes times"))
		}
	}
	if g.cut > 0 && !g.cutSaid {
		g.cutSaid = true
		out = append(out, g.note(fmt.Sprintf("this log has the first %d bytes of what was sent and received, and the true counts; strace -s %d writes more", g.cut, trace.DataCap)))
	}
	unread := slices.Clone(g.unread.unread)
	for _, p := range g.procs {
		for _, u := range p.reader.unread {
			if !slices.ContainsFunc(unread, func(o Unread) bool { return o.What == u.What }) {
				unread = append(unread, u)
			}
		}
	}
	for ; g.noted < min(len(unread), maxUnread); g.noted++ {
		u := unread[g.noted]
		out = append(out, g.note(fmt.Sprintf("strace wrote %s, which isn't understood here: %s", u.What, u.First)))
	}
	return out
}

func (g *Log) note(text string) *trace.Message {
	return &trace.Message{Events: []trace.Event{{Kind: trace.Note, Time: max(0, g.clock.now-g.began), FD: -1, Note: text}}}
}

// Missed returns how many calls a trace has no room for: those of more processes or
// threads than it can have.
func (g *Log) Missed() int64 {
	n := g.missed
	for _, p := range g.procs {
		n += p.reader.Missed
	}
	return n
}

// Header returns the header of the log's trace. Its processes come as children.
func (g *Log) Header() *trace.Header {
	h := &trace.Header{Version: trace.Version, Lab: trace.LogLab, Began: g.began / 1e6, Kernel: "Linux", Isolation: trace.Shared}
	if !g.clock.timed {
		h.Began, h.Clock = 0, trace.NoClock
	}
	return h
}

// IsLog reports whether a file begins as a log of strace's: of its first lines most are of
// a known form.
func IsLog(file []byte) bool {
	good, bad := 0, 0
	for line := range bytes.Lines(file[:min(len(file), maxLine)]) {
		text := strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if l := parse(text); l.kind == lineStrange {
			bad++
		} else {
			good++
		}
		if good+bad == 20 {
			break
		}
	}
	return good > bad
}
