package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Strace returns a call as strace(1) writes it with its option -T:
//
//	recv(5, "Hello", 1024) = 5 <0.000123>
//
// and, while ret is nil, a call that is blocked now:
//
//	recv(4,  <unfinished ...>
//
// It differs from strace in the names of calls, which are those of the sockets
// API (see Call), leaves out flags that are 0, and writes a duration below a
// microsecond in nanoseconds, nine digits. Content is cut at
// StraceContent bytes.
func Strace(enter, ret *Event) string {
	in, out := straceArgs(enter, ret)
	if ret == nil {
		return in + " <unfinished ...>"
	}
	return in + out + straceResult(enter, ret)
}

// Resumed returns the second line of a call whose first line was Strace(enter,
// nil), because other threads had something to say in between:
//
//	<... recv resumed>"Hello", 1024) = 5 <0.000123>
func Resumed(enter, ret *Event) string {
	_, out := straceArgs(enter, ret)
	return "<... " + enter.Call.String() + " resumed>" + out + straceResult(enter, ret)
}

// StraceContent is how many bytes of content strace shows, unless told
// otherwise by its option -s.
const StraceContent = 32

// straceArgs returns the call up to what only its return tells, and the rest
// up to the closing parenthesis; the rest is not complete while ret is nil.
func straceArgs(enter, ret *Event) (in, out string) {
	e := enter
	arg := func(i int) int64 {
		if i < len(e.Args) {
			return e.Args[i]
		}
		return 0
	}
	name := e.Call.String() + "("
	fd := strconv.Itoa(e.FD)
	ok := ret != nil && ret.Errno == 0
	switch e.Call {
	case Socket:
		return name + symbol(domains, arg(0)) + ", " + socketType(arg(1)) + ", " + protocol(arg(0), arg(2)), ")"
	case Bind, Connect:
		addr, size := sockaddr(e.Addr)
		return name + fd + ", " + addr + ", " + size, ")"
	case Listen:
		return fmt.Sprintf("%s%s, %d", name, fd, arg(0)), ")"
	case Accept, NetAccept, Getsockname, Getpeername:
		if e.Call == Accept && arg(0) != 0 {
			out = ", " + bits(socketFlags, arg(0))
		}
		if !ok {
			return name + fd + ", ", "..." + out + ")" // nothing came out
		}
		addr, size := sockaddr(ret.Addr)
		return name + fd + ", ", addr + ", [" + size + "]" + out + ")"
	case Send, Sendto, Write, NetWrite:
		in = fmt.Sprintf("%s%s, %s, %d%s", name, fd, content(e.Data, e.Size), e.Size, flags(arg(0)))
		if e.Call == Sendto {
			addr, size := sockaddr(e.Addr)
			in += ", " + addr + ", " + size
		}
		return in, ")"
	case Recv, Recvfrom, Read, NetRead:
		room := e.Size
		if ret != nil {
			room = max(room, ret.Size)
		}
		data := `""`
		if !ok && ret != nil {
			data = "..." // nothing came out
		} else if ok {
			data = content(ret.Data, int(ret.Result))
		}
		out = fmt.Sprintf("%s, %d%s", data, room, flags(arg(0)))
		if e.Call == Recvfrom && ret != nil {
			addr, size := sockaddr(ret.Addr)
			out += ", " + addr + ", [" + size + "]"
		}
		return name + fd + ", ", out + ")"
	case Shutdown:
		return name + fd + ", " + symbol(shutdowns, arg(0)), ")"
	case Select:
		sets := e.Sets
		if sets == nil {
			sets = &Sets{}
		}
		return fmt.Sprintf("%s%d, %s, %s, %s, %s", name, e.Size, list(sets.Read), list(sets.Write), list(sets.Except), timeval(e.Timeout)), ")"
	case Poll:
		return fmt.Sprintf("%s%s, %d, %s", name, pollFDs(e.Sets, "events"), e.Size, milliseconds(e.Timeout)), ")"
	case EpollCreate:
		if arg(0) == closeOnExec {
			return name + "EPOLL_CLOEXEC", ")"
		}
		return fmt.Sprintf("%s%d", name, arg(0)), ")"
	case Openat:
		return fmt.Sprintf("%sAT_FDCWD, %q, %s", name, e.Addr, openMode(arg(0))), ")"
	case Eventfd:
		return fmt.Sprintf("%s%d, %s", name, arg(0), bits(eventfdFlags, arg(1))), ")"
	case EpollCtl:
		in = fmt.Sprintf("%s%s, %s, %d, ", name, fd, symbol(epollOps, arg(0)), arg(1))
		if arg(0) == epollDelete {
			return in + "NULL", ")"
		}
		return in + epollEvent(arg(1), bits(epollBits, arg(2))), ")"
	case EpollWait:
		if ret != nil && ret.Errno != 0 {
			out = "..." // nothing came out
		} else if ret != nil {
			out = epollEvents(ret.Sets)
		}
		if e.Timeout == Untold && ret != nil {
			e = ret
		}
		return name + fd + ", ", fmt.Sprintf("%s, %d, %s)", out, e.Size, milliseconds(e.Timeout))
	case Kqueue:
		return name, ")"
	case KeventChange:
		return fmt.Sprintf("%s%s, [{ident=%d, filter=%s, flags=%s}], 1, NULL, 0, NULL", name, fd, arg(0), symbol(filters, arg(1)), symbol(eventActs, arg(2))), ")"
	case KeventWait:
		if ret != nil && ret.Errno != 0 {
			out = "..." // nothing came out
		} else if ret != nil {
			out = kevents(ret.Sets)
		}
		limit := "NULL"
		if e.Timeout != Forever {
			limit = timespec(e.Timeout)
		}
		return name + fd + ", NULL, 0, ", fmt.Sprintf("%s, %d, %s)", out, e.Size, limit)
	case Fcntl:
		const getFlags, setFlags = 3, 4
		switch arg(0) {
		case getFlags:
			return name + fd + ", F_GETFL", ")"
		case setFlags:
			return name + fd + ", F_SETFL, " + fileFlags(arg(1)), ")"
		}
		return fmt.Sprintf("%s%s, %#x, %d", name, fd, arg(0), arg(1)), ")"
	case Setsockopt, Getsockopt:
		level, option := optionNames(arg(0), arg(1))
		last := arg(2)
		if ret != nil && len(ret.Args) > 2 {
			last = ret.Args[2] // of getsockopt it has come out
		}
		value, size := optionValue(arg(0), arg(1), last)
		in = name + fd + ", " + level + ", " + option + ", "
		if e.Call == Setsockopt {
			return in + value + ", " + size, ")"
		}
		return in, value + ", [" + size + "])"
	case Waitpid:
		status := "..." // nothing came out
		if ok && ret.Result > 0 && len(ret.Args) > 2 {
			status = waitStatus(ret.Args[2])
		}
		return fmt.Sprintf("%s%d, ", name, arg(0)), status + ", " + waitOptions(arg(1)) + ")"
	case Nanosleep:
		return name + timespec(e.Timeout) + ", ", "NULL)"
	case Close, NetClose:
		return name + fd, ")"
	}
	in = name
	if e.FD >= 0 {
		in += fd
	}
	for i, a := range e.Args {
		if i > 0 || e.FD >= 0 {
			in += ", "
		}
		in += strconv.FormatInt(a, 10)
	}
	return in, ")"
}

// straceResult returns what stands behind the arguments.
func straceResult(enter, ret *Event) string {
	took := max(ret.Time-enter.Time, 0)
	s := fmt.Sprintf(" = %d", ret.Result)
	switch {
	case ret.Errno != 0:
		s = fmt.Sprintf(" = -1 %v", ret.Errno)
		if text := ret.Errno.Text(); text != "" {
			s += " (" + text + ")"
		}
	case (enter.Call == Select || enter.Call == Poll) && ret.Result == 0:
		s += " (Timeout)"
	case enter.Call == Select && ret.Sets != nil:
		s += " (" + ready(ret.Sets) + ")"
	case enter.Call == Poll && ret.Sets != nil:
		s += " (" + pollFDs(ret.Sets, "revents") + ")"
	case enter.Call == Fcntl && len(enter.Args) > 0 && enter.Args[0] == 3:
		s = fmt.Sprintf(" = %#x (flags %s)", ret.Result, fileFlags(ret.Result))
	}
	if took > 0 && took < 1000 { // as strace's option --syscall-times=ns has it
		return fmt.Sprintf("%s <0.%09d>", s, took)
	}
	return fmt.Sprintf("%s <%d.%06d>", s, took/1e9, took%1e9/1e3)
}

// pollFDs returns an array of struct pollfd with its events or revents, as far
// as they aren't 0: "[{fd=3, events=POLLIN}]".
func pollFDs(sets *Sets, field string) string {
	var parts []string
	for _, m := range sets.members() {
		parts = append(parts, fmt.Sprintf("{fd=%d, %s=%s}", m.fd, field, bits(pollBits, m.events)))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// epollEvents returns an array of struct epoll_event.
func epollEvents(sets *Sets) string {
	var parts []string
	for _, m := range sets.members() {
		parts = append(parts, epollEvent(int64(m.fd), bits(epollBits, m.events)))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func epollEvent(fd int64, events string) string {
	return fmt.Sprintf("{events=%s, data=%#x}", events, fd)
}

// kevents returns an array of struct kevent, as far as a Sets tells.
func kevents(sets *Sets) string {
	var parts []string
	if sets != nil {
		for i, fds := range [...][]int{sets.Read, sets.Write} {
			for _, fd := range fds {
				s := fmt.Sprintf("{ident=%d, filter=%s", fd, symbol(filters, int64(-1-i)))
				if slices.Contains(sets.HangUp, fd) {
					s += ", flags=EV_EOF"
				}
				parts = append(parts, s+"}")
			}
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// member is one fd of a Sets, with the bits that poll(2) has for its lists.
type member struct {
	fd     int
	events int64
}

// members returns the fds of s in their order.
func (s *Sets) members() []member {
	if s == nil {
		return nil
	}
	events := map[int]int64{}
	var fds []int
	for i, set := range [...][]int{s.Read, s.Write, s.Except, s.Error, s.HangUp, s.RdHup} {
		for _, fd := range set {
			if events[fd] == 0 {
				fds = append(fds, fd)
			}
			events[fd] |= [...]int64{pollIn, pollOut, pollPri, pollErr, pollHup, pollRdHup}[i]
		}
	}
	slices.Sort(fds)
	list := make([]member, len(fds))
	for i, fd := range fds {
		list[i] = member{fd, events[fd]}
	}
	return list
}

// ready returns what select left in its sets: "in [3 4], out [5]".
func ready(sets *Sets) string {
	var parts []string
	for _, p := range []struct {
		name string
		fds  []int
	}{{"in ", sets.Read}, {"out ", sets.Write}, {"except ", sets.Except}} {
		if len(p.fds) > 0 {
			parts = append(parts, p.name+list(p.fds))
		}
	}
	return strings.Join(parts, ", ")
}

// list returns a set of fds: "[3 4 5]".
func list(fds []int) string {
	b := []byte{'['}
	for i, fd := range fds {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(fd), 10)
	}
	return string(append(b, ']'))
}

// content returns bytes as a C string. size is how many there were: data may
// be only the beginning of them.
func content(data []byte, size int) string {
	var b strings.Builder
	b.WriteByte('"')
	shown := data[:min(len(data), StraceContent)]
	for i, c := range shown {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		case c >= '\t' && c <= '\r':
			b.WriteByte('\\')
			b.WriteByte("tnvfr"[c-'\t'])
		case i+1 < len(shown) && shown[i+1] >= '0' && shown[i+1] <= '9':
			fmt.Fprintf(&b, `\%03o`, c) // a shorter one would take in the digit
		default:
			fmt.Fprintf(&b, `\%o`, c)
		}
	}
	b.WriteByte('"')
	if size > len(shown) {
		b.WriteString("...")
	}
	return b.String()
}

// sockaddr returns an address as strace shows it, and its size. The address is
// one of ours, HOST:PORT as our tracer wrote it: what has no port is a path.
// (Package net/netip would say more of a bad one, and costs app.wasm 40 KB.)
func sockaddr(addr string) (text, size string) {
	if addr == "" {
		return "NULL", "0"
	}
	colon := strings.LastIndexByte(addr, ':')
	host := addr[:max(colon, 0)]
	port, err := strconv.ParseUint(addr[colon+1:], 10, 16)
	switch {
	case colon < 0 || err != nil:
		return "{sa_family=AF_UNIX, sun_path=" + strconv.Quote(addr) + "}", strconv.Itoa(3 + len(addr))
	case strings.HasPrefix(host, "["):
		return fmt.Sprintf(`{sa_family=AF_INET6, sin6_port=htons(%d), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "%s", &sin6_addr), sin6_scope_id=0}`, port, strings.Trim(host, "[]")), "28"
	}
	return fmt.Sprintf(`{sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr("%s")}`, port, host), "16"
}

func timeval(ns int64) string {
	if ns == Forever {
		return "NULL"
	}
	return fmt.Sprintf("{tv_sec=%d, tv_usec=%d}", ns/1e9, ns%1e9/1e3)
}

func timespec(ns int64) string { return fmt.Sprintf("{tv_sec=%d, tv_nsec=%d}", ns/1e9, ns%1e9) }

// milliseconds returns a timeout, rounded up as poll(2) has it.
func milliseconds(ns int64) string {
	if ns == Forever {
		return "-1"
	}
	return strconv.FormatInt((ns+1e6-1)/1e6, 10)
}
