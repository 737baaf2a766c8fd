package strace

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sockscope/server/trace"
)

// Options are the options of strace(1) for a program whose calls are watched live.
// With the filter in the kernel, a thread is stopped at these calls alone.
var Options = []string{"-f", "--seccomp-bpf", "-ttt", "-T", "-xx", "-s", strconv.Itoa(trace.DataCap), "-e", "signal=none", "-e",
	"trace=socket,bind,listen,accept4,getsockname,getpeername,setsockopt,getsockopt,shutdown,epoll_create1,epoll_ctl,epoll_pwait,eventfd2,openat,read,write,close"}

// Marks is how many times a program of ours closes fd -1 before it begins: what
// strace wrote before is the runtime's own start. The marks also tell what strace costs.
const Marks = 32

// The limits of a Reader.
const (
	maxLine     = 64 << 10 // bytes of a line: in hexadecimal DataCap takes an eighth of it
	maxFollowed = 4096     // fds, and calls under way
	maxEarly    = 16       // calls from before the program began
	maxUnread   = 32       // kinds of what isn't understood
	maxText     = 1000     // bytes of a call that is kept as a text
)

// Reader reads what strace writes and makes events of it. Its threads are numbered
// from trace.KernelThread on, in the order in which they come up.
//
// The times of the events are ns since 1970, as strace has them: it reads its clock
// when it has stopped the thread on the way in, and how long the call took by another
// clock a little later. So a call never entered sooner than is said; on a busy machine
// it may have returned later, by as long as strace itself waited for a processor.
type Reader struct {
	// Marks is how many marks the program makes before it begins. Then the events are
	// those about fds that the program itself made. With 0 it has begun already, and
	// all calls that a trace can have are events.
	Marks int
	// Missed counts calls of threads beyond trace.MostThreads. They are left out.
	Missed int64

	cutter
	events  []trace.Event
	unread  []Unread
	threads map[int]int // by the kernel's number
	open    map[int]*call
	again   map[int]*call // interrupted, and made again by the kernel itself
	fds     map[int]*followed
	tags    map[string]int // what epoll is to give back with an event: the fd it stands for

	*ticker
	sockets bool // the events are those about sockets, and about what waits for them; see concerns
	base    int  // the number of the first thread
	others  int  // threads beside main
	main    int  // the kernel's number of the process's first thread, which is to be the first; 0 is the one that comes up first
	living  bool // there have been events
	left    int  // calls about sockets that have no row

	marks       int
	first, last int64 // time of the first mark, and of the newest
	early       []earlier
}

// ticker is the clock of a log's lines.
type ticker struct {
	now      int64 // time of the newest line
	midnight int64 // of a log that has times of the day: that of the day it is
	timed    bool  // there has been a time
}

// Unread is something that was not understood, and what it was first read in.
type Unread struct {
	What  string // "a line of no known form", "the constant AF_MARS in socket"
	First string // a line, at most 200 bytes of it
	Count int
	Form  bool // it is how the line is written, not what it says
}

// earlier is a call about an epoll that came back before the program began: a
// runtime has one epoll for all, which it may have made before main.
type earlier struct {
	thread int
	call   *call
	result result
}

// call is a call that has not returned.
type call struct {
	name string
	at   int64
	args string     // as far as strace has written them
	is   trace.Call // known when its Enter is told
	told bool       // its Enter is among the events

	begun  bool        // see Reader.begun
	asked  *trace.Sets // of epoll_wait: the interest list when it entered
	closed *followed   // of close: what its fd was
}

// followed is an fd that a call of the program made.
type followed struct {
	nonBlocking bool
	closes      bool          // execve(2) closes it
	named       bool          // its addresses are told
	interest    map[int]int64 // of an epoll: the bits, by the fd
}

// result is what stands behind a call's arguments.
type result struct {
	at    int64 // of the return
	value int64
	errno trace.Errno
	said  string // what strace adds: "(in [3])"
	fd    string // a new one with what -yy adds to it
}

// Began reports whether the program has begun, and what strace adds to a call, in ns.
func (r *Reader) Began() (cost int64, ok bool) {
	if r.marks < r.Marks {
		return 0, false
	}
	return (r.last - r.first) / int64(max(r.Marks-1, 1)), true
}

// Early returns how many calls stand at the program's beginning which were made
// before.
func (r *Reader) Early() int { return len(r.early) }

// Unread returns what was not understood so far, each kind once, in the order in
// which they came up. Nothing of it ends the reading.
func (r *Reader) Unread() []Unread { return r.unread }

// misread counts a line that is written as no line is.
func (r *Reader) misread(what, line string) {
	r.strange(what, line)
	if i := slices.IndexFunc(r.unread, func(u Unread) bool { return u.What == what }); i >= 0 {
		r.unread[i].Form = true
	}
}

// strange counts something that isn't understood.
func (r *Reader) strange(what, line string) {
	i := slices.IndexFunc(r.unread, func(u Unread) bool { return u.What == what })
	if i < 0 && len(r.unread) >= maxUnread {
		what = "more"
		i = slices.IndexFunc(r.unread, func(u Unread) bool { return u.What == what })
	}
	if i < 0 {
		i = len(r.unread)
		r.unread = append(r.unread, Unread{What: what, First: strings.ToValidUTF8(oneLine(line[:min(len(line), 200)]), "?")})
	}
	r.unread[i].Count++
}

// Take returns the events since the last time, and those of calls that entered
// before the time and have not returned. The Timeout of such a call may be
// trace.Untold.
func (r *Reader) Take(before int64) []trace.Event {
	for _, tid := range slices.Sorted(maps.Keys(r.open)) {
		if c := r.open[tid]; c.at < before {
			r.enters(tid, c)
		}
	}
	events := r.events
	r.events = nil
	return events
}

// enters tells that a call is in the kernel, if that is not told yet.
func (r *Reader) enters(tid int, c *call) {
	if c == nil || c.told {
		return
	}
	if thread, enter, _ := r.call(tid, c, nil); enter != nil {
		c.told, c.is = true, enter.Call
		r.put(thread, *enter)
	}
}

func (r *Reader) put(thread int, e trace.Event) {
	e.Thread = thread
	r.events = append(r.events, e)
}

// Write reads a piece of what strace writes. It takes all of it, always.
func (r *Reader) Write(p []byte) (int, error) {
	r.feed(p, r.Line, r.strange)
	return len(p), nil
}

// Quiet says that strace has written nothing for a while. A call whose beginning it
// wrote, to the end of an argument, is in the kernel if it is one that may wait.
func (r *Reader) Quiet() {
	r.quiet(r.Line)
}

// stuck makes a whole line of the beginning of one whose call may wait, "" where it
// doesn't.
func stuck(text string) string {
	if !strings.HasSuffix(text, ", ") {
		return ""
	}
	text += "<unfinished ...>"
	l := parse(text)
	forms := syscalls()[l.name]
	waits := len(forms) > 0 && (forms[0].call.Blocks() || forms[0].call.Multiplexes())
	if l.kind != lineBegun || !waits || strings.TrimSpace(split(l.args)[0]) == "" {
		return ""
	}
	return text
}

// Line reads a whole line, without its end.
func (r *Reader) Line(text string) {
	if len(text) > maxLine {
		r.strange(fmt.Sprintf("a line of more than %d bytes", maxLine), text)
		return
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	l := parse(strings.TrimSuffix(text, "\r"))
	if r.ticker == nil {
		r.begin(new(ticker), trace.KernelThread)
	}
	r.tick(&l)
	r.read(text, &l)
}

// begin makes a Reader whose threads are numbered from base on.
func (r *Reader) begin(clock *ticker, base int) {
	r.ticker, r.base = clock, base
	r.open, r.again, r.threads = map[int]*call{}, map[int]*call{}, map[int]int{}
	r.fds, r.tags = map[int]*followed{}, map[string]int{}
}

// read reads a line that was taken apart.
func (r *Reader) read(text string, l *line) {
	switch l.kind {
	case lineStrange:
		r.misread("a line of no known form", text)
	case lineEnd:
		r.exit(text, l)
	case lineBegun, lineCall:
		c := &call{name: l.name, at: r.now, args: l.args}
		if known := r.open[l.thread]; known != nil && known.at == c.at && known.name == c.name {
			known.args, c = c.args, known // its beginning was read before
		} else if known := r.again[l.thread]; known != nil {
			delete(r.again, l.thread)
			if known.name == c.name || c.name == "restart_syscall" {
				if c.name == known.name {
					known.args = c.args
				}
				c = known
			} else {
				r.interrupted(l.thread, known)
			}
		}
		if l.kind == lineCall {
			delete(r.open, l.thread)
			r.returned(text, l, c)
			return
		}
		if len(r.open) >= maxFollowed {
			r.strange(fmt.Sprintf("more than %d calls under way", maxFollowed), text)
			return
		}
		r.begun(c)
		r.open[l.thread] = c
	case lineResumed:
		c := r.open[l.thread]
		if c == nil {
			return // it entered before the log begins
		}
		delete(r.open, l.thread)
		if len(c.args) <= maxLine { // else the kernel made it again and again
			c.args += l.args
		}
		r.returned(text, l, c)
	}
}

// tick gives the line a time since 1970: its own, or that of the one before.
func (t *ticker) tick(l *line) {
	const day = 24 * 3600e9
	t.timed = t.timed || l.clock != clockNone
	switch l.clock {
	case clockEpoch:
		t.now = l.time
	case clockLast:
		t.now += l.time
	case clockDay:
		if t.midnight+l.time < t.now-day/2 {
			t.midnight += day
		}
		t.now = t.midnight + l.time
	}
}

// exit reads the end of a thread.
func (r *Reader) exit(text string, l *line) {
	if r.sockets { // it was in the kernel to its end
		r.enters(l.thread, r.open[l.thread])
	}
	thread, known := r.threads[l.thread]
	delete(r.open, l.thread)
	delete(r.again, l.thread)
	if !known {
		return
	}
	e := trace.Event{Kind: trace.Exit, Time: r.now, FD: -1}
	if strings.HasPrefix(l.rest, "superseded by execve") {
		e.Result = 0 // another thread goes on with the process
	} else if status, ok := strings.CutPrefix(l.rest, "exited with "); ok {
		status, _, _ = strings.Cut(status, " ")
		n, err := strconv.ParseUint(status, 10, 8)
		if err != nil {
			r.strange("an exit status", text)
		}
		e.Result = int64(n)
	} else if name, ok := strings.CutPrefix(l.rest, "killed by "); ok {
		name, _, _ = strings.Cut(name, " ")
		if e.Result = -signalNamed(name); e.Result == 0 {
			r.strange("the signal "+name, text)
		}
	} else {
		r.misread("an end of no known form", text)
		return
	}
	r.put(thread, e)
}

// begun notes what has to be known before the call returns. strace reads of returns
// one after another: of an fd that is being put on a list other threads may be told
// before, and the number of one that is being closed they may be given.
func (r *Reader) begun(c *call) {
	if c.begun {
		return
	}
	c.begun = true
	a := arguments{list: split(c.args), enter: new(trace.Event)}
	a.read(trace.ArgFD)
	f := r.fds[a.enter.FD]
	if f == nil || a.next == 0 {
		return
	}
	switch c.name {
	case "epoll_ctl":
		for _, arg := range trace.EpollCtl.Row().Form[1:] {
			a.read(arg)
		}
		if a.tag == "" || len(a.enter.Args) < 3 {
			return
		}
		on := int(a.enter.Args[1])
		if a.enter.Args[0] == trace.EpollDelete || r.fds[on] == nil || len(r.tags) >= maxFollowed {
			return
		}
		// An old tag was good until now: an event with it may have come out of the
		// kernel before the fd was closed.
		maps.DeleteFunc(r.tags, func(_ string, of int) bool { return of == on })
		r.tags[a.tag] = on
		if f.interest == nil {
			f.interest = map[int]int64{}
		}
		f.interest[on] = a.enter.Args[2]
	case "epoll_wait", "epoll_pwait", "epoll_pwait2":
		c.asked = interest(f)
	case "close":
		c.closed = f
		delete(r.fds, a.enter.FD)
		for _, f := range r.fds {
			delete(f.interest, a.enter.FD)
		}
	}
}

// interest returns the interest list of an epoll as a trace.Sets.
func interest(f *followed) *trace.Sets {
	s := new(trace.Sets)
	for _, fd := range slices.Sorted(maps.Keys(f.interest)) {
		new(arguments).add(s, fd, f.interest[fd]&(pollIn|pollOut|pollPri))
	}
	return s
}

// returned reads the result of a call that came back.
func (r *Reader) returned(text string, l *line, c *call) {
	end := 0 // of the result, with what -y adds to it
	for end < len(l.result) && l.result[end] != ' ' {
		end = past(l.result, end)
	}
	value, said := l.result[:end], strings.TrimLeft(l.result[end:], " ")
	if value == "?" {
		// It never came back, or the kernel makes it again by itself.
		if strings.HasPrefix(said, "ERESTART") && len(r.again) < maxFollowed {
			r.again[l.thread] = c
		} else if r.sockets {
			r.enters(l.thread, c)
		}
		return
	}
	n, ok := integer(split(value)[0])
	if !ok {
		r.misread("a result", text)
		return
	}
	back := result{at: r.now, value: n, said: said, fd: value}
	switch {
	case l.took < 0:
	case l.kind == lineCall:
		back.at = r.now + l.took
	default:
		back.at = max(c.at+l.took, r.now)
	}
	if n == -1 {
		symbol, _, _ := strings.Cut(said, " ")
		if number, ok := strings.CutPrefix(said, "(errno "); ok { // one that strace has no name for
			number, _, _ = strings.Cut(number, ")")
			n, _ := strconv.ParseUint(number, 10, 16)
			back.errno = trace.Errno(n)
		} else {
			back.errno = trace.ErrnoNamed(symbol)
		}
		if back.errno == 0 && symbol != "" {
			r.strange("the error number "+symbol, text)
			back.errno = trace.EINVAL
		}
	}
	if r.marks < r.Marks {
		r.before(l.thread, c, back)
		return
	}
	r.came(l.thread, c, back)
}

// interrupted makes the events of a call that a signal ended, and that was not made
// again.
func (r *Reader) interrupted(tid int, c *call) {
	if r.marks >= r.Marks {
		r.came(tid, c, result{at: r.now, value: -1, errno: trace.EINTR})
	}
}

// before reads a call from before the program began: a mark, or one about an epoll.
func (r *Reader) before(tid int, c *call, back result) {
	switch {
	case c.name == "close" && strings.TrimSpace(c.args) == "-1":
		if r.marks++; r.marks == 1 {
			r.first = c.at
		}
		if r.last = c.at; r.marks < r.Marks {
			return
		}
		at := r.last
		for _, e := range r.early {
			took := e.result.at - e.call.at
			e.call.at, e.result.at = at, at+took
			at += took
			r.came(e.thread, e.call, e.result)
		}
	case (strings.HasPrefix(c.name, "epoll_") || strings.HasPrefix(c.name, "eventfd")) && len(r.early) < maxEarly:
		r.early = append(r.early, earlier{tid, c, back})
	}
}

// came makes the events of a call that came back.
func (r *Reader) came(tid int, c *call, back result) {
	r.begun(c)
	thread, enter, ret := r.call(tid, c, &back)
	if enter == nil {
		return // not about what is followed
	}
	if internal(enter) {
		return
	}
	if !c.told {
		r.put(thread, *enter)
	}
	r.put(thread, *ret)
}

// internal reports whether a call is what a runtime does for itself by the hundred: it
// sets handlers as it starts, waits in private futexes, and preempts its threads.
func internal(e *trace.Event) bool {
	const private, preempt = 128, 23 // FUTEX_PRIVATE_FLAG; Go's SIGURG
	switch e.Call {
	case trace.Signal:
		return e.Text != ""
	case trace.Futex:
		return e.Text != "" || len(e.Args) > 1 && e.Args[1]&private != 0
	case trace.Tgkill:
		return len(e.Args) > 2 && e.Args[2] == preempt
	}
	return false
}

// entry is one form in which a call of the trace enters the kernel.
type entry struct {
	call trace.Call
	form []trace.Arg
}

// syscalls returns the calls by strace's names. Of two forms with one name the one
// with more NULLs is first.
var syscalls = sync.OnceValue(func() map[string][]entry {
	all := map[string][]entry{}
	for _, c := range trace.Calls() {
		if row := c.Row(); !c.Told() {
			if !slices.ContainsFunc(row.Kernel, func(k trace.Syscall) bool { return k.Name == row.Name }) {
				all[row.Name] = append(all[row.Name], entry{c, row.Form})
			}
			for _, k := range row.Kernel {
				all[k.Name] = append(all[k.Name], entry{c, k.Form})
			}
		}
	}
	return all
})

// choose returns the form that fits the arguments.
func choose(forms []entry, list []string, told trace.Call) entry {
	for _, f := range forms[:len(forms)-1] {
		fits := told == trace.CallNone || told == f.call
		for i, arg := range f.form {
			if arg == trace.ArgNull && i < len(list) && list[i] != "NULL" {
				fits = fits && told != trace.CallNone
			}
		}
		if fits {
			return f
		}
	}
	return forms[len(forms)-1]
}

// call makes the events of a call: its Enter from what of its arguments is there, and
// with back its Return. They are nil for a call that is about nothing followed.
func (r *Reader) call(tid int, c *call, back *result) (thread int, enter, ret *trace.Event) {
	if r.marks < r.Marks {
		return 0, nil, nil
	}
	forms := syscalls()[c.name]
	if len(forms) == 0 {
		if back != nil && r.sockets {
			r.leave(tid, c, back)
		} else if back != nil && r.Marks == 0 {
			r.strange("the call "+c.name, c.name+"("+c.args+")")
		}
		return 0, nil, nil
	}
	list := split(c.args)
	is := choose(forms, list, c.is)
	if is.call == trace.Fork && strings.Contains(c.args, "CLONE_THREAD") {
		return 0, nil, nil // not a process
	}
	e := &trace.Event{Kind: trace.Enter, Time: c.at, Call: is.call, FD: -1}
	a := arguments{list: list, whole: back != nil, enter: e, tags: r.tags}
	if back != nil {
		ret = &trace.Event{Kind: trace.Return, Time: back.at, Call: is.call, Result: back.value, Errno: back.errno}
		a.ret = ret
	}
	switch is.call.Row(); {
	case is.call == trace.EpollWait:
		e.Sets = c.asked
		fallthrough
	case is.call.Multiplexes():
		e.Timeout = trace.Untold
	}
	for _, arg := range is.form {
		a.read(arg)
	}
	if back != nil {
		a.result(is.call, back.said)
	}
	if is.call == trace.Nanosleep && strings.Contains(c.args, "TIMER_ABSTIME") {
		e.Timeout = trace.Untold // until a time of a clock that nobody tells
	}
	f := r.fds[e.FD]
	if is.call == trace.Close && c.begun {
		f = c.closed
	}
	if r.Marks > 0 && !r.follows(e, f) || r.sockets && !r.concerns(e, ret, f, c.args) {
		return 0, nil, nil
	}
	r.living = true
	if r.sockets {
		e.Queues = f.addresses(e.FD, c.args, c.at)
	}
	if a.strange != "" {
		text := c.name + "(" + plain(c.args)
		if len(text) > maxText {
			text = text[:maxText] + "..."
		}
		e.Text = strings.ToValidUTF8(oneLine(text), "?")
		r.strange(a.strange+" in "+c.name, text)
	}
	if ret != nil {
		ret.FD, ret.Text = e.FD, e.Text
		if ret.Args == nil {
			ret.Args = e.Args
		}
		if ret.Addr == "" && (is.call == trace.Bind || is.call == trace.Connect) {
			ret.Addr = e.Addr
		}
		if is.call == trace.Write {
			ret.Data = e.Data
		}
		ret.Size, ret.Timeout = e.Size, e.Timeout
		ret.Sleep = slept(e, f)
		r.follow(e, ret)
		if made := r.fds[int(ret.Result)]; r.sockets && e.Call.MakesFD() && ret.Errno == 0 {
			ret.Queues = made.addresses(int(ret.Result), back.fd, back.at)
		}
	}
	known := false
	if thread, known = r.thread(tid); !known {
		r.Missed++
		return 0, nil, nil
	}
	return thread, e, ret
}

// thread returns the number of a thread; false where a trace can't have one more.
func (r *Reader) thread(tid int) (int, bool) {
	thread, known := r.threads[tid]
	if !known {
		thread = r.base + len(r.threads)
		if r.main != 0 { // its number is kept for it
			if thread = r.base; tid != r.main {
				thread += 1 + r.others
				r.others++
			}
		}
		if thread >= trace.MostThreads {
			return 0, false
		}
		r.threads[tid] = thread
	}
	return thread, true
}

// follows reports whether a call is about what the program made, or makes something.
func (r *Reader) follows(e *trace.Event, f *followed) bool {
	if e.Call == trace.EpollCtl && len(e.Args) > 1 && r.fds[int(e.Args[1])] == nil {
		return false
	}
	return f != nil || e.Call.MakesFD() && e.Call != trace.Accept
}

// slept tells of a call that cannot wait for anything that it didn't.
func slept(e *trace.Event, f *followed) trace.Sleep {
	switch {
	case e.Call.Multiplexes() && e.Timeout != 0,
		e.Call.Blocks() && (f == nil || !f.nonBlocking),
		e.Call == trace.Nanosleep, e.Call == trace.Waitpid:
		return trace.SleepUnknown
	}
	return trace.Awake
}

// follow notes what a call that came back changed about the fds.
func (r *Reader) follow(e, ret *trace.Event) {
	has := func(i int) bool { return i < len(ret.Args) && ret.Args[i]&trace.NonBlock != 0 }
	f := r.fds[e.FD]
	switch {
	case e.Call == trace.EpollCtl && f != nil && len(e.Args) > 1:
		if (e.Args[0] == trace.EpollDelete) == (ret.Errno == 0) { // what was put on the list is noted already
			delete(f.interest, int(e.Args[1]))
		}
	case ret.Errno != 0:
	case e.Call == trace.Fcntl && f != nil && len(e.Args) > 1 && e.Args[0] == setFlags:
		f.nonBlocking = has(1)
	case e.Call == trace.Execve:
		maps.DeleteFunc(r.fds, func(_ int, f *followed) bool { return f.closes })
	case e.Call == trace.Fcntl && f != nil && len(e.Args) > 1 && e.Args[0] == trace.SetFDFlags:
		f.closes = e.Args[1]&1 != 0
	case e.Call == trace.Dup || e.Call == trace.Dup2:
		if f == nil {
			return
		}
		copied := *f
		copied.closes = e.Call == trace.Dup2 && has(1)
		r.fds[int(ret.Result)] = &copied
	case e.Call.MakesFD() && len(r.fds) < maxFollowed:
		flags := 0
		if e.Call == trace.Socket || e.Call == trace.Eventfd {
			flags = 1
		}
		r.fds[int(ret.Result)] = &followed{nonBlocking: has(flags)}
	}
}

// inherit gives the process of r copies of another's fds, as fork(2) does.
func (r *Reader) inherit(from *Reader) {
	for fd, f := range from.fds {
		same := *f
		same.interest = maps.Clone(f.interest)
		r.fds[fd] = &same
	}
}

// concerns reports whether a call of a program of anybody's is in its trace: it is about a
// socket, it waits for some, or it makes another process of one that has some. An fd that
// the log doesn't say the origin of is a socket when it is used as one.
func (r *Reader) concerns(e, ret *trace.Event, f *followed, args string) bool {
	switch {
	case f != nil:
		return true
	case e.Call == trace.Nanosleep, e.Call == trace.Waitpid, e.Call == trace.Fork, e.Call == trace.Execve:
		return r.living
	case e.Call == trace.Select, e.Call == trace.Poll:
		return e.Sets != nil && slices.ContainsFunc(slices.Concat(e.Sets.Read, e.Sets.Write, e.Sets.Except), func(fd int) bool { return r.fds[fd] != nil })
	case e.Call.MakesFD() && e.Call != trace.Accept && e.FD < 0:
		return e.Call.Row().Makes != trace.FDFile
	case e.FD < 0 || ret != nil && (ret.Errno == trace.EBADF || ret.Errno == trace.ENOTSOCK):
		return false
	}
	switch e.Call {
	case trace.Read, trace.Readv, trace.Write, trace.Writev, trace.Sendfile, trace.Close, trace.Fcntl, trace.Dup, trace.Dup2:
		if !socketFD(args) {
			return false
		}
	}
	if len(r.fds) < maxFollowed && e.Call != trace.Close {
		r.fds[e.FD] = &followed{}
	}
	return true
}

// addresses returns what -yy tells of a socket's addresses in a text that begins with its
// fd, 4<TCP:[127.0.0.1:80->127.0.0.1:4000]>, as read at a time; nil where it tells nothing
// new.
func (f *followed) addresses(fd int, text string, at int64) []trace.Queue {
	if f == nil || f.named {
		return nil
	}
	_, text, _ = strings.Cut(text[:min(len(text), 200)], "<")
	kind, text, _ := strings.Cut(text, ":[")
	text, _, ok := strings.Cut(text, "]>")
	if kind = strings.TrimSuffix(kind, "v6"); !ok || kind != "TCP" && kind != "UDP" {
		return nil
	}
	local, peer, connected := strings.Cut(text, "->")
	if !strings.Contains(local, ":") { // the number of its inode
		return nil
	}
	f.named = connected
	return []trace.Queue{{FD: fd, Time: at, Local: local, Peer: peer, Only: trace.NoQ}}
}

// socketFD reports whether a call's first argument is an fd that -y or -yy tells to be a
// socket: 3<TCP:[...]>, 3<socket:[7]>.
func socketFD(args string) bool {
	_, is, _ := strings.Cut(args[:min(len(args), 40)], "<")
	for _, kind := range []string{"TCP", "UDP", "UNIX", "socket:"} {
		if strings.HasPrefix(is, kind) {
			return true
		}
	}
	return false
}

// leave takes note of a call about a socket that has no row. It stays in the log. Where it
// may have moved bytes nobody can tell any more which of them a later call moves.
func (r *Reader) leave(tid int, c *call, back *result) {
	fd, err := strconv.Atoi(split(c.args)[0])
	if err != nil || r.fds[fd] == nil && !socketFD(c.args) {
		return
	}
	thread, ok := r.thread(tid)
	if !ok {
		r.Missed++
		return
	}
	r.left++
	text := c.name + "(" + plain(strings.Join(split(c.args), ", "))
	r.put(thread, trace.Event{Kind: trace.Note, Time: c.at, FD: -1,
		Note: "not drawn: " + strings.ToValidUTF8(oneLine(text[:min(len(text), 200)]), "?") + fmt.Sprintf(") = %d", back.value)})
	if back.errno == 0 && (strings.Contains(c.name, "read") || strings.Contains(c.name, "write") || strings.HasPrefix(c.name, "send") || strings.HasPrefix(c.name, "recv") || c.name == "splice") {
		r.put(thread, trace.Event{Kind: trace.Gap, Time: back.at, FD: -1, Result: 1})
	}
}
