//go:build !js

package trace

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// StraceOptions are the options of strace(1) whose output a Straced reads. With the
// filter in the kernel, a thread is stopped at these calls alone.
var StraceOptions = []string{"-f", "--seccomp-bpf", "-ttt", "-T", "-xx", "-s", strconv.Itoa(DataCap), "-e", "signal=none", "-e",
	"trace=socket,bind,listen,accept4,getsockname,getpeername,setsockopt,getsockopt,shutdown,epoll_create1,epoll_ctl,epoll_pwait,eventfd2,openat,read,write,close"}

// StraceMarks is how many times a process closes fd -1 before its program begins:
// what strace wrote before is the runtime's own start. They also tell what strace
// costs.
const StraceMarks = 32

// MaxStraceLine is the longest line of strace's that is read, in bytes: more than
// two times DataCap, in hexadecimal, takes.
const MaxStraceLine = 64 << 10

// Straced reads strace's output about one process, line by line, and makes events of
// it, those of calls about the fds that the program has made. Its threads are
// numbered from KernelThread on, in the order in which they come up.
//
// The times of the events are ns since 1970, as strace has them: it reads its clock
// when it has stopped the thread on the way in, and how long the call took by another
// clock a little later. So a call never entered sooner than is said; on a busy machine
// it may have returned later, by as long as strace itself waited for a processor.
type Straced struct {
	// Missed counts calls of threads beyond MaxThreads, which are left out.
	Missed int64

	events  []Event
	threads map[int]int // by the kernel's number
	open    map[int]*strace1
	fds     map[int]*followed
	tags    map[string]int // what epoll is to give back with an event: the fd it stands for

	marks       int
	first, last int64 // time of the first mark, and of the newest
	early       []earlier
}

// earlier is a call about an epoll that came back before the program began: a
// runtime has one epoll for all, which it may have made before main.
type earlier struct {
	tid  int
	call *strace1
	result
}

// maxEarly is how many of them are kept.
const maxEarly = 16

// strace1 is a call that has not returned.
type strace1 struct {
	name string
	at   int64
	args string // as far as strace has written them
	told bool   // its Enter is among the events

	begun  bool      // see Straced.begun
	asked  *Sets     // of epoll_pwait: the interest list when it entered
	closed *followed // of close: what its fd was
}

// followed is an fd that a call of the program made.
type followed struct {
	nonBlocking bool
	interest    map[int]int64 // of an epoll: the bits, by the fd
}

// Began reports whether the program has begun, and what strace adds to a call, in ns.
func (p *Straced) Began() (cost int64, ok bool) {
	if p.marks < StraceMarks {
		return 0, false
	}
	return (p.last - p.first) / (StraceMarks - 1), true
}

// Early returns how many calls stand at the program's beginning which were made
// before.
func (p *Straced) Early() int { return len(p.early) }

// Take returns the events since the last time, and those of calls that entered
// before the time and have not returned. The Timeout of such a call may be Untold.
func (p *Straced) Take(before int64) []Event {
	for tid, c := range p.open {
		if !c.told && c.at < before {
			if thread, enter, _, err := p.call(tid, c, nil); err == nil && enter != nil {
				c.told = true
				p.put(thread, *enter)
			}
		}
	}
	events := p.events
	p.events = nil
	return events
}

func (p *Straced) put(thread int, e Event) {
	e.Thread = thread
	p.events = append(p.events, e)
}

// strayed is the error for a line that is none of strace's.
func strayed(line, what string) error {
	return fmt.Errorf("strace: %s in %.100q; a line is THREAD TIME CALL(ARGUMENTS) = RESULT <SECONDS>", what, line)
}

// Partial reads the beginning of a line, whose call is still in the kernel: one that
// may wait, as far as strace has written it to the end of an argument.
func (p *Straced) Partial(line string) error {
	waits := strings.Contains(line, " epoll_pwait(") || strings.Contains(line, " accept4(") || strings.Contains(line, " read(")
	if !waits || !strings.HasSuffix(line, ", ") || strings.Contains(line, "<... ") {
		return nil
	}
	return p.Line(line + "<unfinished ...>")
}

// Line reads a whole line, without its end.
func (p *Straced) Line(line string) error {
	if len(line) > MaxStraceLine {
		return fmt.Errorf("strace: a line of %d bytes; the longest that is read has %d", len(line), MaxStraceLine)
	}
	number, rest, _ := strings.Cut(line, " ")
	tid, err := strconv.Atoi(number)
	when, rest, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
	at, right := seconds(when)
	if err != nil || !ok || !right || tid <= 0 {
		return strayed(line, "no thread and time")
	}
	switch {
	case strings.HasPrefix(rest, "--- "): // a signal
		return nil
	case strings.HasPrefix(rest, "+++ "):
		return p.exit(line, tid, at, rest)
	case strings.HasPrefix(rest, "<... "):
		c := p.open[tid]
		_, more, ok := strings.Cut(rest, " resumed>")
		if !ok {
			return strayed(line, "a call that isn't resumed")
		}
		if c == nil {
			return nil // it entered before the program began
		}
		delete(p.open, tid)
		c.args += more
		return p.returned(line, tid, c, at)
	}
	name, args, ok := strings.Cut(rest, "(")
	if !ok {
		return strayed(line, "no call")
	}
	if p.open == nil {
		p.open, p.threads, p.fds, p.tags = map[int]*strace1{}, map[int]int{}, map[int]*followed{}, map[string]int{}
	}
	c := &strace1{name: name, at: at}
	if known := p.open[tid]; known != nil && known.at == at && known.name == name {
		c = known // its beginning was read before
	}
	var unfinished bool
	c.args, unfinished = strings.CutSuffix(args, "<unfinished ...>")
	if unfinished {
		if len(p.open) >= maxFollowed {
			return fmt.Errorf("strace: more than %d calls under way", maxFollowed)
		}
		p.begun(c)
		p.open[tid] = c
		return nil
	}
	delete(p.open, tid)
	return p.returned(line, tid, c, at)
}

// begun notes what has to be known before the call returns. strace reads of returns
// one after another: of an fd that is being put on a list other threads may be told
// before, and the number of one that is being closed they may be given.
func (p *Straced) begun(c *strace1) {
	if c.begun {
		return
	}
	c.begun = true
	a := arguments{list: splitArguments(c.args)}
	fd := int(a.number(0))
	f := p.fds[fd]
	if f == nil || a.err != nil {
		return
	}
	switch c.name {
	case "epoll_ctl":
		on := int(a.number(2))
		events, tag := a.epollEvent(3)
		if a.symbol(1, epollOps) == epollDelete || p.fds[on] == nil || a.err != nil || len(p.tags) >= maxFollowed {
			return
		}
		// An old tag was good until now: an event with it may have come out of the
		// kernel before the fd was closed.
		maps.DeleteFunc(p.tags, func(_ string, of int) bool { return of == on })
		p.tags[tag] = on
		if f.interest == nil {
			f.interest = map[int]int64{}
		}
		f.interest[on] = events
	case "epoll_pwait":
		c.asked = p.interest(f)
	case "close":
		c.closed = f
		delete(p.fds, fd)
		for _, f := range p.fds {
			delete(f.interest, fd)
		}
	}
}

// seconds reads a time such as 1795526443.402828, in ns.
func seconds(text string) (ns int64, ok bool) {
	whole, part, ok := strings.Cut(text, ".")
	s, err := strconv.ParseInt(whole, 10, 40)
	us, err2 := strconv.ParseUint(part, 10, 20)
	return s*1e9 + int64(us)*1e3, ok && err == nil && err2 == nil && s >= 0 && len(part) == 6
}

// exit reads the end of a thread.
func (p *Straced) exit(line string, tid int, at int64, rest string) error {
	thread, known := p.threads[tid]
	delete(p.open, tid)
	if !known {
		return nil
	}
	e := Event{Kind: Exit, Time: at, FD: -1}
	if status, ok := strings.CutPrefix(rest, "+++ exited with "); ok {
		n, err := strconv.ParseUint(strings.TrimSuffix(status, " +++"), 10, 8)
		if err != nil {
			return strayed(line, "no exit status")
		}
		e.Result = int64(n)
	} else if name, ok := strings.CutPrefix(rest, "+++ killed by "); ok {
		name, _, _ = strings.Cut(name, " ")
		for n := int64(1); n < 32; n++ {
			if SignalName(n) == name {
				e.Result = -n
			}
		}
	} else {
		return strayed(line, "neither exited nor killed")
	}
	p.put(thread, e)
	return nil
}

// result is what stands behind a call's arguments.
type result struct {
	at    int64 // of the return
	value int64
	errno Errno
}

// returned reads the rest of a call that came back, on a line that was begun at the
// time at: no sooner.
func (p *Straced) returned(line string, tid int, c *strace1, at int64) error {
	args, rest, ok := cutLast(c.args, "= ")
	args, closed := strings.CutSuffix(strings.TrimRight(args, " "), ")")
	if !ok || !closed {
		return strayed(line, "no result")
	}
	if strings.HasPrefix(rest, "?") {
		return nil // it never came back, or is made again by the kernel itself
	}
	rest, took, ok := cutLast(rest, " <")
	ns, right := seconds(strings.TrimSuffix(took, ">"))
	value, said, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(value, 0, 64)
	if !ok || !right || err != nil {
		return strayed(line, "no result and duration")
	}
	r := result{at: max(c.at+ns, at), value: n}
	if n == -1 {
		symbol, _, _ := strings.Cut(said, " ")
		if r.errno = errnoNamed(symbol); r.errno == 0 {
			return strayed(line, "an error number that isn't known")
		}
	}
	c.args = args
	if p.marks < StraceMarks {
		if c.name == "close" && strings.TrimSpace(args) == "-1" {
			if p.marks++; p.marks == 1 {
				p.first = c.at
			}
			p.last = c.at
			return p.began(line)
		}
		if strings.HasPrefix(c.name, "epoll_") || c.name == "eventfd2" {
			if len(p.early) < maxEarly {
				p.early = append(p.early, earlier{tid, c, r})
			}
		}
		return nil
	}
	return p.came(line, tid, c, r)
}

// began takes over what was made before the program began, once it has.
func (p *Straced) began(line string) error {
	if p.marks < StraceMarks {
		return nil
	}
	at := p.last
	for _, e := range p.early {
		took := e.at - e.call.at
		e.call.at, e.at = at, at+took
		at += took
		if err := p.came(line, e.tid, e.call, e.result); err != nil {
			return err
		}
	}
	return nil
}

// came makes the events of a call that came back.
func (p *Straced) came(line string, tid int, c *strace1, r result) error {
	p.begun(c)
	thread, enter, ret, err := p.call(tid, c, &r)
	if err != nil {
		return strayed(line, err.Error())
	}
	if enter == nil {
		return nil // not about what is followed
	}
	if !c.told {
		p.put(thread, *enter)
	}
	p.put(thread, *ret)
	return nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func errnoNamed(name string) Errno {
	for i := range errnoText {
		if name != "" && errnoText[i][0] == name {
			return Errno(i)
		}
	}
	return 0
}

// stracedCalls are the calls by the kernel's names.
var stracedCalls = map[string]Call{
	"socket": Socket, "bind": Bind, "listen": Listen, "accept4": Accept, "getsockname": Getsockname,
	"getpeername": Getpeername, "setsockopt": Setsockopt, "getsockopt": Getsockopt, "shutdown": Shutdown,
	"epoll_create1": EpollCreate, "epoll_ctl": EpollCtl, "epoll_pwait": EpollWait, "eventfd2": Eventfd, "openat": Openat,
	"read": Read, "write": Write, "close": Close,
}

// call makes the events of a call: its Enter from what of its arguments is there, and
// with r its Return. They are nil for a call that is about nothing followed.
func (p *Straced) call(tid int, c *strace1, r *result) (thread int, enter, ret *Event, err error) {
	name, known := stracedCalls[c.name]
	if p.marks < StraceMarks || !known {
		return 0, nil, nil, nil
	}
	a := arguments{list: splitArguments(c.args), whole: r != nil}
	e := &Event{Kind: Enter, Time: c.at, Call: name, FD: -1}
	makes := name == Socket || name == EpollCreate || name == Eventfd || name == Openat
	if !makes {
		e.FD = int(a.number(0))
	}
	f := p.fds[e.FD]
	if name == Close {
		f = c.closed
	}
	if !makes && f == nil || name == EpollCtl && p.fds[int(a.number(2))] == nil && a.err == nil {
		return 0, nil, nil, a.err
	}
	out := new(Event)
	if r != nil {
		*out = Event{Kind: Return, Time: r.at, Call: name, FD: e.FD, Result: r.value, Errno: r.errno}
	}
	ok := r != nil && r.errno == 0
	switch name {
	case Socket:
		e.Args = []int64{a.symbol(0, domains), a.bits(1, kinds, socketFlags), a.symbol(2, protocols)}
	case Bind:
		e.Addr = a.addr(1)
		out.Addr = e.Addr
	case Listen:
		e.Args = []int64{a.number(1)}
	case Accept:
		if r != nil {
			e.Args = []int64{a.bits(3, nil, socketFlags)}
		}
		if ok {
			out.Addr = a.addr(1)
		}
	case Getsockname, Getpeername:
		if ok {
			out.Addr = a.addr(1)
		}
	case Setsockopt, Getsockopt:
		level := a.symbol(1, levels)
		e.Args = []int64{level, a.option(level, 2)}
		if name == Setsockopt {
			e.Args = append(e.Args, a.value(3))
		} else if ok {
			out.Args = append(slices.Clone(e.Args), a.value(3))
		}
	case Shutdown:
		e.Args = []int64{a.symbol(1, shutdowns)}
	case EpollCreate:
		e.Args = []int64{a.bits(0, nil, []bit{{closeOnExec, "EPOLL_CLOEXEC"}})}
	case Openat:
		e.Args = []int64{a.bits(2, map[int64]string{0: "O_RDONLY"}, openFlags)}
		e.Addr = string(a.content(1))
	case Eventfd:
		e.Args = []int64{a.number(0), a.bits(1, nil, eventfdFlags)}
	case EpollCtl:
		e.Args = []int64{a.symbol(1, epollOps), a.number(2), 0}
		if e.Args[0] != epollDelete {
			e.Args[2], _ = a.epollEvent(3)
		}
	case EpollWait:
		e.Sets, e.Timeout = c.asked, Untold
		if r != nil {
			e.Size, e.Timeout = int(a.number(2)), a.milliseconds(3)
			out.Size, out.Timeout = e.Size, e.Timeout
		}
		if ok {
			out.Sets = a.epollEvents(1, p.tags)
		}
	case Read:
		if r != nil {
			e.Size = int(a.number(2))
			out.Size = e.Size
		}
		if ok {
			out.Data = a.content(1)
		}
	case Write:
		e.Data, e.Size = a.content(1), int(a.number(2))
		out.Data = e.Data
	}
	if a.err != nil {
		return 0, nil, nil, a.err
	}
	if out.Args == nil {
		out.Args = e.Args
	}
	if e.Size < 0 || e.Size > 1<<30 {
		return 0, nil, nil, fmt.Errorf("%d bytes", e.Size)
	}
	if r != nil {
		out.Sleep = slept(e, f)
		p.follow(e, out)
	}
	if thread, known = p.threads[tid]; !known {
		if thread = KernelThread + len(p.threads); thread >= MaxThreads {
			p.Missed++
			return 0, nil, nil, nil
		}
		p.threads[tid] = thread
	}
	return thread, e, out, nil
}

// slept tells of a call that cannot wait for anything that it didn't.
func slept(e *Event, f *followed) Sleep {
	switch e.Call {
	case EpollWait:
		if e.Timeout != 0 {
			return SleepUnknown
		}
	case Read, Write, Accept:
		if !f.nonBlocking {
			return SleepUnknown
		}
	}
	return Awake
}

// maxFollowed is how many fds are followed at most.
const maxFollowed = 4096

// follow notes what a call that came back changed about the fds.
func (p *Straced) follow(e, ret *Event) {
	switch {
	case e.Call == EpollCtl:
		if (e.Args[0] == epollDelete) == (ret.Errno == 0) { // what was put on the list is noted already
			delete(p.fds[e.FD].interest, int(e.Args[1]))
		}
	case ret.Errno != 0:
	case e.Call == Socket, e.Call == Accept, e.Call == EpollCreate, e.Call == Eventfd, e.Call == Openat:
		if len(p.fds) < maxFollowed {
			p.fds[int(ret.Result)] = &followed{nonBlocking: e.bit(map[Call]int{Socket: 1, Eventfd: 1}[e.Call], nonBlock)}
		}
	}
}

// interest returns the interest list of an epoll as Sets.
func (p *Straced) interest(f *followed) *Sets {
	s := new(Sets)
	var fds []int
	for fd := range f.interest {
		fds = append(fds, fd)
	}
	slices.Sort(fds)
	for _, fd := range fds {
		s.add(fd, f.interest[fd]&(pollIn|pollOut|pollPri))
	}
	return s
}

// add puts fd into the list of each of the bits.
func (s *Sets) add(fd int, bits int64) {
	for _, l := range []struct {
		bit  int64
		list *[]int
	}{{pollIn, &s.Read}, {pollOut, &s.Write}, {pollPri, &s.Except}, {pollErr, &s.Error}, {pollHup, &s.HangUp}, {pollRdHup, &s.RdHup}} {
		if bits&l.bit != 0 {
			*l.list = append(*l.list, fd)
		}
	}
}

// splitArguments cuts arguments apart at the commas that stand outside of strings,
// arrays, structures and calls.
func splitArguments(text string) []string {
	var list []string
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth <= 0:
			list = append(list, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	return append(list, strings.TrimSpace(text[from:]))
}

// arguments reads the arguments of a call. After the first that is wrong it gives
// zeros.
type arguments struct {
	list  []string
	whole bool // else the last ones may be missing
	err   error
}

func (a *arguments) fail(i int, want string) {
	if a.err == nil {
		got := "nothing"
		if i < len(a.list) {
			got = fmt.Sprintf("%.40q", a.list[i])
		}
		a.err = fmt.Errorf("argument %d is %s, want %s", i+1, got, want)
	}
}

// at returns argument i, and whether it is there.
func (a *arguments) at(i int, want string) (string, bool) {
	if i < len(a.list) && a.list[i] != "" {
		return a.list[i], true
	}
	if a.whole || i == 0 {
		a.fail(i, want)
	}
	return "", false
}

func (a *arguments) number(i int) int64 {
	text, ok := a.at(i, "a number")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(text, 0, 32)
	if err != nil {
		a.fail(i, "a number of 32 bits")
	}
	return n
}

// symbol reads one constant of a table, or its number.
func (a *arguments) symbol(i int, names map[int64]string) int64 {
	text, ok := a.at(i, "a constant")
	if !ok {
		return 0
	}
	for n, name := range names {
		if name == text {
			return n
		}
	}
	return a.number(i)
}

// bits reads flags, of which the first may be a constant.
func (a *arguments) bits(i int, first map[int64]string, names []bit) (n int64) {
	text, ok := a.at(i, "flags")
	if !ok {
		return 0
	}
	return a.flags(i, text, first, names)
}

func (a *arguments) flags(i int, text string, first map[int64]string, names []bit) (n int64) {
next:
	for word := range strings.SplitSeq(text, "|") {
		for _, b := range names {
			if b.name == word {
				n |= b.value
				continue next
			}
		}
		for value, name := range first {
			if name == word {
				n |= value
				continue next
			}
		}
		value, err := strconv.ParseInt(word, 0, 64)
		if err != nil {
			a.fail(i, "flags that are known")
			return 0
		}
		n |= value
	}
	return n
}

func (a *arguments) option(level int64, i int) int64 {
	text, ok := a.at(i, "an option")
	if !ok {
		return 0
	}
	for key, name := range options {
		if key[0] == level && name == text {
			return key[1]
		}
	}
	return a.number(i)
}

// value reads the value of an option: [1].
func (a *arguments) value(i int) int64 {
	text, ok := a.at(i, "[a number]")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(strings.Trim(text, "[]"), 10, 64)
	if err != nil {
		a.fail(i, "[a number]")
	}
	return n
}

// milliseconds reads a timeout in ms, -1 for none.
func (a *arguments) milliseconds(i int) int64 {
	if n := a.number(i); n >= 0 {
		return n * 1e6
	}
	return Forever
}

// content reads a string, as far as strace has written it.
func (a *arguments) content(i int) []byte {
	text, ok := a.at(i, "a string")
	if !ok {
		return nil
	}
	b, ok := unhex(strings.TrimSuffix(text, "..."))
	if !ok || len(b) > DataCap {
		a.fail(i, "a string in hexadecimal")
	}
	return b
}

// unhex reads "\x68\x65".
func unhex(text string) ([]byte, bool) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' || (len(text)-2)%4 != 0 {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text[1:len(text)-1], `\x`, ""))
	return b, err == nil && len(b) == (len(text)-2)/4
}

// addr reads a socket address as HOST:PORT, a path as it is.
func (a *arguments) addr(i int) string {
	text, ok := a.at(i, "an address")
	if !ok {
		return ""
	}
	quoted := func(begin, end string) string {
		_, s, _ := strings.Cut(text, begin)
		s, _, _ = strings.Cut(s, end)
		b, _ := unhex(s)
		return string(b)
	}
	_, port, _ := strings.Cut(text, "_port=htons(")
	port, _, _ = strings.Cut(port, ")")
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		if host := quoted("inet_addr(", ")"); host != "" {
			return fmt.Sprintf("%s:%d", host, n)
		}
		if host := quoted("inet_pton(AF_INET6, ", ","); host != "" {
			return fmt.Sprintf("[%s]:%d", host, n)
		}
	}
	a.fail(i, "an address of AF_INET or AF_INET6")
	return ""
}

// epollEvent reads {events=EPOLLIN, data={u32=1, u64=1}}, or with data=0x1 as newer
// ones of strace have it.
func (a *arguments) epollEvent(i int) (events int64, tag string) {
	text, ok := a.at(i, "a struct epoll_event")
	if !ok {
		return 0, ""
	}
	return a.event(i, text)
}

func (a *arguments) event(i int, text string) (events int64, tag string) {
	text, ok := strings.CutPrefix(text, "{events=")
	names, tag, more := strings.Cut(text, ", data=")
	tag = strings.TrimRight(tag, "}")
	if _, whole, both := strings.Cut(tag, "u64="); both {
		tag = whole
	}
	if !ok || !more || tag == "" {
		a.fail(i, "a struct epoll_event")
		return 0, ""
	}
	return a.flags(i, names, nil, epollBits), tag
}

// epollEvents reads an array of struct epoll_event, and finds the fds by their tags.
func (a *arguments) epollEvents(i int, tags map[string]int) *Sets {
	s := new(Sets)
	text, _ := a.at(i, "an array")
	text, ok := strings.CutPrefix(text, "[")
	text, closed := strings.CutSuffix(text, "]")
	if !ok || !closed {
		a.fail(i, "an array")
		return s
	}
	for _, one := range splitArguments(text) {
		if one == "" {
			continue
		}
		events, tag := a.event(i, one)
		if fd, ok := tags[tag]; ok && a.err == nil {
			s.add(fd, events)
		}
	}
	return s
}
