package strace

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// Names says by which names the calls are written, each with its own arguments.
type Names uint8

const (
	API    Names = iota // what the program calls: recv, accept
	Kernel              // what enters the kernel on Linux: recvfrom, accept4. These lines are strace's own.
	Whole               // as Kernel, with all content that there is, and no time finer than 1 µs: for a file that others read
)

// Content is how many bytes of content strace shows, unless told otherwise by its
// option -s.
const Content = 32

// Line returns a call as strace(1) writes it with its option -T:
//
//	recv(5, "Hello", 1024) = 5 <0.000123>
//
// and, while ret is nil, a call that is blocked now:
//
//	recv(4,  <unfinished ...>
//
// What a trace doesn't have differs from strace: what stands at an address that
// nothing was written to is "...", the room for an address is not told, the data of
// an epoll_event is the fd, epoll's events are in the order of their fds, and a duration below a microsecond is in nanoseconds, nine
// digits. Content is cut at Content bytes.
func (n Names) Line(enter, ret *trace.Event) string {
	text, _ := n.write(enter, ret)
	if ret == nil {
		return text + " <unfinished ...>"
	}
	return text + n.behind(enter, ret)
}

// Resumed returns the second line of a call whose first line was Line(enter, nil),
// because other threads had something to say in between:
//
//	<... recv resumed>"Hello", 1024) = 5 <0.000123>
func (n Names) Resumed(enter, ret *trace.Event) string {
	name, _ := n.of(enter.Call)
	text, known := n.write(enter, ret)
	return "<... " + name + " resumed>" + text[known:] + n.behind(enter, ret)
}

// Lost returns the second line of a call whose first line was Line(enter, nil), and of
// which nobody knows whether it came back:
//
//	<... recv resumed>) = ?
func (n Names) Lost(enter *trace.Event) string {
	name, _ := n.of(enter.Call)
	return "<... " + name + " resumed>) = ?"
}

// of returns the name of a call and its arguments.
func (n Names) of(c trace.Call) (string, []trace.Arg) {
	row := c.Row()
	if n != API && len(row.Kernel) > 0 {
		return row.Kernel[0].Name, row.Kernel[0].Form
	}
	return c.String(), row.Form
}

// write returns the call with its arguments, and how much of that is known while it
// is in the kernel; no more than that with ret nil.
func (n Names) write(enter, ret *trace.Event) (text string, known int) {
	name, form := n.of(enter.Call)
	w := writer{b: []byte(name + "("), enter: enter, ret: ret, most: Content}
	if n == Whole {
		w.most = trace.DataCap
	}
	switch {
	case ret != nil && ret.Text != "":
		text = oneLine(ret.Text)
		if begun := oneLine(enter.Text); strings.HasPrefix(text, begun) {
			known = len(begun)
		}
		return text + ")", known
	case enter.Text != "" && ret == nil:
		text = oneLine(enter.Text)
		return text, len(text)
	case enter.Call.Row().Name == "":
		w.unknown()
	}
	for _, arg := range form {
		start := len(w.b)
		if !optional(arg) {
			w.comma()
		}
		if !w.known && out(arg) {
			w.known = true
			known = len(w.b)
			if optional(arg) {
				known = start
			}
		}
		if w.known && ret == nil {
			return string(w.b), len(w.b)
		}
		w.arg(arg)
	}
	if !w.known {
		known = len(w.b)
	}
	if ret != nil {
		w.b = append(w.b, ')')
	}
	return string(w.b), known
}

// oneLine returns the text of another tracer without what would begin a line.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, text)
}

// out reports whether an argument is written by the kernel.
func out(a trace.Arg) bool {
	switch a {
	case trace.ArgAddrOut, trace.ArgDataOut, trace.ArgOptionOut, trace.ArgStatusOut, trace.ArgEpollEvents, trace.ArgKevents, trace.ArgLeft,
		trace.ArgVectorsOut, trace.ArgMessageOut:
		return true
	}
	return false
}

// optional reports whether an argument may be left out.
func optional(a trace.Arg) bool {
	return a == trace.ArgFurtherSocketFlags || a == trace.ArgFurtherMsgFlags
}

// A writer writes the arguments of one call.
type writer struct {
	b          []byte
	enter, ret *trace.Event // ret is nil while the call is in the kernel
	next       int          // of Event.Args
	known      bool         // what follows is known when the call returns
	most       int          // bytes of content
}

func (w *writer) comma() {
	if w.b[len(w.b)-1] != '(' {
		w.b = append(w.b, ", "...)
	}
}

func (w *writer) say(parts ...string) {
	for _, s := range parts {
		w.b = append(w.b, s...)
	}
}

func (w *writer) int(n int64) { w.b = strconv.AppendInt(w.b, n, 10) }

// at returns integer i of the call, 0 for one that is missing. The Return has those
// that came out, and those that the tracer learned late.
func (w *writer) at(i int) int64 {
	switch {
	case w.ret != nil && i < len(w.ret.Args):
		return w.ret.Args[i]
	case i < len(w.enter.Args):
		return w.enter.Args[i]
	}
	return 0
}

// take returns the next integer of the call.
func (w *writer) take() int64 {
	w.next++
	return w.at(w.next - 1)
}

func (w *writer) failed() bool { return w.ret.Errno != 0 }

func (w *writer) timeout() int64 {
	if w.enter.Timeout == trace.Untold && w.ret != nil {
		return w.ret.Timeout
	}
	return w.enter.Timeout
}

func (w *writer) size() int {
	if w.ret != nil {
		return max(w.enter.Size, w.ret.Size)
	}
	return w.enter.Size
}

// fcntl writes what fcntl(2) is to do, and the argument of that.
func (w *writer) fcntl() {
	op := w.take()
	w.say(fcntls.name(op))
	switch {
	case op == getFlags, len(w.enter.Args) < 2:
	case op == setFlags:
		w.say(", ", fileFlags(w.take()))
	case op == 2: // F_SETFD
		w.say(", ", fdFlags.bits(w.take()))
	default:
		w.say(", ")
		w.int(w.take())
	}
}

// set writes one of select's lists.
func (w *writer) set(i int) {
	sets := w.enter.Sets
	if sets == nil {
		sets = new(trace.Sets)
	}
	if sets.Null>>i&1 != 0 {
		w.say("NULL")
		return
	}
	w.b = appendList(w.b, [...][]int{sets.Read, sets.Write, sets.Except}[i])
}

// unknown writes the arguments of a call that a newer version recorded.
func (w *writer) unknown() {
	if w.enter.FD >= 0 {
		w.int(int64(w.enter.FD))
	}
	for _, n := range w.enter.Args {
		w.comma()
		w.int(n)
	}
}

// behind returns what stands behind the arguments.
func (n Names) behind(enter, ret *trace.Event) string {
	s := " = " + strconv.FormatInt(ret.Result, 10)
	call := enter.Call
	switch {
	case ret.Errno != 0:
		s = " = -1 " + ret.Errno.String()
		if text := ret.Errno.Text(); text != "" {
			s += " (" + text + ")"
		}
	case (call == trace.Select || call == trace.Poll) && ret.Result == 0:
		s += " (Timeout)"
	case call == trace.Select && ret.Sets != nil:
		s += " (" + ready(ret.Sets) + ")"
	case call == trace.Poll && ret.Sets != nil:
		s += " (" + pollFDs(ret.Sets, "revents") + ")"
	case call == trace.Shmat:
		s = " = " + hex(ret.Result)
	case call == trace.Fcntl && len(enter.Args) > 0 && enter.Args[0] == getFlags:
		s = " = " + hex(ret.Result) + " (flags " + fileFlags(ret.Result) + ")"
	}
	took := max(ret.Time-enter.Time, 0)
	if took > 0 && took < 1000 && n != Whole { // as strace's option --syscall-times=ns has it
		return s + " <0." + digits(took, 9) + ">"
	}
	return s + " <" + strconv.FormatInt(took/1e9, 10) + "." + digits(took%1e9/1e3, 6) + ">"
}

// digits returns n with zeros before it.
func digits(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// pollFDs returns an array of struct pollfd with its events, or with those of its
// revents that aren't 0: "[{fd=3, events=POLLIN}]".
func pollFDs(sets *trace.Sets, field string) string {
	var parts []string
	for _, m := range members(sets) {
		parts = append(parts, "{fd="+strconv.Itoa(m.fd)+", "+field+"="+pollBits.bits(m.events)+"}")
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func epollEvent(fd, events int64) string {
	return "{events=" + epollBits.bits(events) + ", data=" + hex(fd) + "}"
}

// kevents returns an array of struct kevent, as far as a trace.Sets tells.
func kevents(sets *trace.Sets) string {
	var parts []string
	if sets != nil {
		for i, fds := range [...][]int{sets.Read, sets.Write} {
			for _, fd := range fds {
				s := "{ident=" + strconv.Itoa(fd) + ", filter=" + filters.name(int64(-1-i))
				if slices.Contains(sets.HangUp, fd) {
					s += ", flags=EV_EOF"
				}
				parts = append(parts, s+"}")
			}
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// member is one fd of a trace.Sets, with the bits that poll(2) has for its lists.
type member struct {
	fd     int
	events int64
}

// listBits are the bits of the lists of a trace.Sets, in their order.
var listBits = [...]int64{pollIn, pollOut, pollPri, pollErr, pollHup, pollRdHup}

// lists returns the lists of s in the order of their keys.
func lists(s *trace.Sets) [6]*[]int {
	return [...]*[]int{&s.Read, &s.Write, &s.Except, &s.Error, &s.HangUp, &s.RdHup}
}

// members returns the fds of s in their order.
func members(s *trace.Sets) []member {
	if s == nil {
		return nil
	}
	events := map[int]int64{}
	var fds []int
	for i, set := range lists(s) {
		for _, fd := range *set {
			if events[fd] == 0 {
				fds = append(fds, fd)
			}
			events[fd] |= listBits[i]
		}
	}
	slices.Sort(fds)
	all := make([]member, len(fds))
	for i, fd := range fds {
		all[i] = member{fd, events[fd]}
	}
	return all
}

// ready returns what select left in its sets: "in [3 4], out [5]".
func ready(sets *trace.Sets) string {
	var parts []string
	for i, name := range [...]string{"in ", "out ", "except "} {
		if fds := *lists(sets)[i]; len(fds) > 0 {
			parts = append(parts, string(appendList([]byte(name), fds)))
		}
	}
	return strings.Join(parts, ", ")
}

// appendList appends a set of fds: "[3 4 5]".
func appendList(b []byte, fds []int) []byte {
	b = append(b, '[')
	for i, fd := range fds {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(fd), 10)
	}
	return append(b, ']')
}

// content returns at most so many bytes as a C string. size is how many there were: data
// may be only the beginning of them.
func content(data []byte, size, most int) string {
	shown := data[:min(len(data), most)]
	text := quote(shown)
	if size > len(shown) {
		text += "..."
	}
	return text
}

// quote returns bytes as strace quotes them: a byte that can't be printed in octal,
// with as few digits as the next byte allows.
func quote(data []byte) string {
	b := append(make([]byte, 0, len(data)+2), '"')
	for i, c := range data {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ' && c < 0x7f:
			b = append(b, c)
		case c >= '\t' && c <= '\r':
			b = append(b, '\\', "tnvfr"[c-'\t'])
		default:
			octal := strconv.FormatInt(int64(c), 8)
			if i+1 < len(data) && data[i+1] >= '0' && data[i+1] <= '7' {
				octal = digits(int64(c>>6), 1) + digits(int64(c>>3&7), 1) + digits(int64(c&7), 1)
			}
			b = append(append(b, '\\'), octal...)
		}
	}
	return string(append(b, '"'))
}

// sockaddr returns an address as strace shows it, and its size. The address is
// HOST:PORT, or one of AF_UNIX: a path, a name behind an @, or the @ alone where there
// is none.
// (Package net/netip would say more of a bad one, and costs app.wasm 40 KB.)
func sockaddr(addr string) (text, size string) {
	if addr == "" {
		return "NULL", "0"
	}
	colon := strings.LastIndexByte(addr, ':')
	host := addr[:max(colon, 0)]
	port, err := strconv.ParseUint(addr[colon+1:], 10, 16)
	six := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	switch {
	case addr == "@":
		return "{sa_family=AF_UNIX}", "2"
	case colon < 0 || err != nil || !six && strings.Trim(host, "0123456789.") != "":
		if name, abstract := strings.CutPrefix(addr, "@"); abstract {
			return "{sa_family=AF_UNIX, sun_path=@" + quote([]byte(name)) + "}", strconv.Itoa(3 + len(name))
		}
		return "{sa_family=AF_UNIX, sun_path=" + quote([]byte(addr)) + "}", strconv.Itoa(3 + len(addr))
	case six:
		return "{sa_family=AF_INET6, sin6_port=htons(" + strconv.FormatUint(port, 10) + "), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, " +
			quote([]byte(strings.Trim(host, "[]"))) + ", &sin6_addr), sin6_scope_id=0}", "28"
	}
	return "{sa_family=AF_INET, sin_port=htons(" + strconv.FormatUint(port, 10) + `), sin_addr=inet_addr("` + host + `")}`, "16"
}

func timeval(ns int64) string {
	if ns == trace.Forever {
		return "NULL"
	}
	return "{tv_sec=" + strconv.FormatInt(ns/1e9, 10) + ", tv_usec=" + strconv.FormatInt(ns%1e9/1e3, 10) + "}"
}

func timespec(ns int64) string {
	if ns == trace.Forever {
		return "NULL"
	}
	return "{tv_sec=" + strconv.FormatInt(ns/1e9, 10) + ", tv_nsec=" + strconv.FormatInt(ns%1e9, 10) + "}"
}

// milliseconds returns a timeout, rounded up as poll(2) has it.
func milliseconds(ns int64) string {
	if ns == trace.Forever {
		return "-1"
	}
	return strconv.FormatInt((ns+1e6-1)/1e6, 10)
}
