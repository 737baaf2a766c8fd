package export

import (
	"fmt"
	"net/netip"
	"strings"

	"sockscope/server/trace"
)

const pythonHead = `# Made by hand on Sockscope: the same calls on the same sides, in the same order. Each side
# is a thread here. Where a call slept, it sleeps again. Python adds SOCK_CLOEXEC by itself.
#
#     python3 FILE
`

const pythonTail = `
changed = threading.Condition()
entered, returned = 0, set()
kept = []  # what was made: Python closes what nobody refers to


def call(n, title, make, *args, during=()):
    """Makes call n when it is its turn: the calls before it have entered, and have
    returned unless they were under way then, too."""
    global entered
    with changed:
        changed.wait_for(lambda: entered == n - 1 and returned.issuperset(set(range(1, n)) - set(during)))
        entered = n
        changed.notify_all()
    if during:
        time.sleep(0.02)  # they are asleep by then
    result = None
    try:
        result = make(*args)
        said = words(result)
    except OSError as error:
        said = "-1 " + error.strerror
    with changed:
        kept.append(result)
        print(title, "=", said, flush=True)
        returned.add(n)
        changed.notify_all()
    return result


def failed(what):
    threading.__excepthook__(what)
    os._exit(1)


def finish(n):
    """Waits until n calls have returned."""
    with changed:
        changed.wait_for(lambda: len(returned) == n)


def words(result):
    """What a call returned, as C has it: a number, then what came out beside it."""
    if result is None:
        return "0"
    if isinstance(result, bytes):
        return f"{len(result)} {result}"
    if isinstance(result, (list, tuple)):
        return " ".join(str(r) for r in result if not isinstance(r, socket.socket))
    return str(getattr(result, "fileno", lambda: result)())
`

// pythonProgram writes a script in Python.
func pythonProgram(s *script) string {
	var l lines
	l.WriteString(pythonHead)
	for _, m := range []struct {
		name  string
		calls []trace.Call // that it is for; nil is any
	}{
		{"fcntl", []trace.Call{trace.Fcntl}}, {"os", nil}, {"select", []trace.Call{trace.Select, trace.Poll, trace.EpollCreate}},
		{"socket", nil}, {"struct", []trace.Call{trace.Setsockopt}}, {"sys", []trace.Call{trace.Write}}, {"threading", nil}, {"time", nil},
	} {
		if m.calls == nil || s.has(-1, m.calls...) {
			l.add("import %s", m.name)
		}
	}
	if len(s.names) > 0 {
		l.add("")
	}
	for i := range s.names {
		l.add("addr%d = None  # it was %s; the kernel chooses", i+1, s.names[i])
	}
	for side := range s.sides {
		l.add("\n\ndef side_%c():", 'a'+side)
		var global []string
		made := 0
		for i := range s.steps {
			if st := &s.steps[i]; st.side == side && st.learns > 0 {
				global = append(global, fmt.Sprintf("addr%d", st.learns))
			}
		}
		if global != nil {
			l.add("    global %s", strings.Join(global, ", "))
		}
		for i := range s.steps {
			if st := &s.steps[i]; st.side == side {
				l.WriteString(pythonCall(st))
				made++
			}
		}
		if made == 0 {
			l.add("    pass")
		}
	}
	for _, helper := range pythonHelpers {
		if s.has(-1, helper.call) {
			l.WriteString("\n" + helper.text)
		}
	}
	l.WriteString("\n" + pythonTail)
	l.add("\n\nthreading.excepthook = failed")
	l.add("for side in (%s):", strings.Join(sideNames(s, "side_%c", 'a'), ", ")+map[bool]string{true: ","}[s.sides == 1])
	l.add("    threading.Thread(target=side, daemon=True).start()")
	l.add("finish(%d)", s.returned)
	for _, text := range s.sleepers() {
		l.add("# %s", text)
	}
	return l.String()
}

// sideNames lists the functions of the sides.
func sideNames(s *script, format string, first rune) (names []string) {
	for i := range s.sides {
		names = append(names, fmt.Sprintf(format, first+rune(i)))
	}
	return names
}

// pythonHelpers are functions that only some calls need.
var pythonHelpers = []struct {
	call trace.Call
	text string
}{
	{trace.Accept, `
def accept(listener):
    conn, addr = listener.accept()
    kept.append(conn)
    return conn.fileno(), addr, conn
`},
	{trace.Recvfrom, `
def recvfrom(sock, size, flags):
    room = bytearray(size)
    n, addr = sock.recvfrom_into(room, size, flags)
    return n, addr, bytes(room[:min(n, size)])
`},
	{trace.Select, `
def select_fds(read, write, timeout):
    readable, writable, _ = select.select(read, write, [], timeout)
    return len(readable) + len(writable), readable, writable
`},
	{trace.Poll, `
def poll(interest, timeout):
    asked = select.poll()
    for fd, events in interest:
        asked.register(fd, events)
    ready = asked.poll(timeout)
    return len(ready), ready
`},
	{trace.EpollWait, `
def epoll_wait(epoll, timeout):
    ready = epoll.poll(timeout, 64)
    return len(ready), ready
`},
	{trace.Getsockname, `
def getsockname(sock):
    return 0, sock.getsockname()
`},
	{trace.Getpeername, `
def getpeername(sock):
    return 0, sock.getpeername()
`},
}

// pythonCall writes one call.
func pythonCall(st *step) string {
	e := st.enter
	fd := fmt.Sprintf("fd%d", e.FD)
	var make string // the function, and its arguments
	pick := ""      // of several results, the one to keep
	switch e.Call {
	case trace.Socket:
		make = fmt.Sprintf("socket.socket, socket.%s, %s", st.choice("domain", 0, e.Args[0]), dotted("socket.", st.choice("type", 0, e.Args[1])))
	case trace.Bind:
		make = fd + ".bind, " + pythonAddr(st)
	case trace.Listen:
		make = fmt.Sprintf("%s.listen, %d", fd, e.Args[0])
	case trace.Accept:
		make, pick = "accept, "+fd, "[2]"
	case trace.Connect:
		make = fd + ".connect, " + pythonAddr(st)
	case trace.Send:
		make = fmt.Sprintf("%s.send, %s, %s", fd, pythonBytes(e.Data), dotted("socket.", st.choice("flags", 0, e.Args[0])))
	case trace.Recv:
		make = fmt.Sprintf("%s.recv, %d", fd, e.Size)
	case trace.Sendto:
		make = fmt.Sprintf("%s.sendto, %s, %s", fd, pythonBytes(e.Data), pythonAddr(st))
	case trace.Recvfrom:
		make = fmt.Sprintf("recvfrom, %s, %d, %s", fd, e.Size, dotted("socket.", st.choice("flags", 0, e.Args[0])))
	case trace.Writev:
		var pieces []string
		for _, p := range st.pieces() {
			pieces = append(pieces, pythonBytes(p))
		}
		make = fmt.Sprintf("os.writev, %s.fileno(), [%s]", fd, strings.Join(pieces, ", "))
	case trace.Write:
		make = "os.write, " + fd + ", (1).to_bytes(8, sys.byteorder)"
		if st.kind != trace.FDEventfd {
			make = "os.write, " + fd + ".fileno(), (1).to_bytes(8, sys.byteorder)"
		}
	case trace.Shutdown:
		make = fmt.Sprintf("%s.shutdown, socket.%s", fd, st.choice("how", 0, e.Args[0]))
	case trace.Close:
		if make = fd + ".close"; st.kind == trace.FDEventfd {
			make = "os.close, " + fd
		}
	case trace.Select:
		var read, write []string
		for _, a := range st.interest() {
			if a.read {
				read = append(read, fmt.Sprintf("fd%d", a.fd))
			}
			if a.write {
				write = append(write, fmt.Sprintf("fd%d", a.fd))
			}
		}
		make = fmt.Sprintf("select_fds, [%s], [%s], %s", strings.Join(read, ", "), strings.Join(write, ", "), pythonSeconds(e.Timeout))
	case trace.Poll:
		var all []string
		for _, a := range st.interest() {
			all = append(all, fmt.Sprintf("(fd%d, %s)", a.fd, a.events("select.POLLIN", "select.POLLOUT", " | ")))
		}
		limit := "None"
		if ms := st.milliseconds(); ms >= 0 {
			limit = fmt.Sprint(ms)
		}
		make = fmt.Sprintf("poll, [%s], %s", strings.Join(all, ", "), limit)
	case trace.EpollCreate:
		make = "select.epoll"
	case trace.EpollCtl:
		events := dotted("select.", st.choice("events", 0, e.Args[2]))
		switch e.Args[0] {
		case 1:
			make = fmt.Sprintf("%s.register, fd%d, %s", fd, e.Args[1], events)
		case 3:
			make = fmt.Sprintf("%s.modify, fd%d, %s", fd, e.Args[1], events)
		default:
			make = fmt.Sprintf("%s.unregister, fd%d", fd, e.Args[1])
		}
	case trace.EpollWait:
		make = fmt.Sprintf("epoll_wait, %s, %s", fd, pythonSeconds(e.Timeout))
	case trace.Fcntl:
		make = fmt.Sprintf("fcntl.fcntl, %s, fcntl.F_SETFL, %s", fd, dotted("os.", st.choice("flags", 0, e.Args[1])))
	case trace.Setsockopt:
		level, name := st.option()
		value := fmt.Sprint(e.Args[2])
		switch {
		case name == "SO_LINGER" && e.Args[2] < 0:
			value = `struct.pack("ii", 0, 0)`
		case name == "SO_LINGER":
			value = fmt.Sprintf(`struct.pack("ii", 1, %d)`, e.Args[2])
		case name == "SO_RCVTIMEO":
			value = fmt.Sprintf(`struct.pack("ll", %d, %d)`, e.Args[2]/1e6, e.Args[2]%1e6)
		}
		make = fmt.Sprintf("%s.setsockopt, socket.%s, socket.%s, %s", fd, level, name, value)
	case trace.Getsockopt:
		level, name := st.option()
		make = fmt.Sprintf("%s.getsockopt, socket.%s, socket.%s", fd, level, name)
	case trace.Getsockname:
		make = "getsockname, " + fd
	case trace.Getpeername:
		make = "getpeername, " + fd
	case trace.Eventfd:
		make = "os.eventfd, 0, 0"
	case trace.Nanosleep:
		make = "time.sleep, " + pythonSeconds(e.Timeout)
	}
	keep := ""
	if n := st.made(); n > 0 {
		keep = fmt.Sprintf("fd%d = ", n)
	} else {
		pick = ""
	}
	if st.learns > 0 {
		keep, pick = fmt.Sprintf("%saddr%d = ", keep, st.learns), "[1]"
		if n := st.made(); n > 0 {
			keep, pick = fmt.Sprintf("_, addr%d, fd%d = ", st.learns, n), ""
		}
	}
	during := ""
	if len(st.during) > 0 {
		during = ", during=(" + list(st.during)[2:] + ",)"
	}
	text := fmt.Sprintf("    %scall(%d, %q, %s%s)%s", keep, st.n, st.title(), make, during, pick)
	if r := st.remark(); r != "" {
		text += "  # " + r
	}
	return text + "\n"
}

// events names what is asked about an fd.
func (a *asked) events(in, out, or string) string {
	switch {
	case a.read && a.write:
		return in + or + out
	case a.write:
		return out
	}
	return in
}

// dotted puts the package before each name of several with | between; 0 stays.
func dotted(pkg, names string) string {
	if names == "0" {
		return names
	}
	return pkg + strings.ReplaceAll(names, "|", "|"+pkg)
}

// pythonSeconds is a timeout in seconds.
func pythonSeconds(ns int64) string {
	if ns == trace.Forever {
		return "None"
	}
	return fmt.Sprint(float64(ns) / 1e9)
}

// pythonAddr is the address that a call has.
func pythonAddr(st *step) string {
	if st.uses > 0 {
		return fmt.Sprintf("addr%d", st.uses)
	}
	if name, abstract := strings.CutPrefix(st.enter.Addr, "@"); abstract {
		if name == "" {
			return `""` // the kernel makes one up
		}
		return pythonBytes([]byte("\x00" + name))
	}
	at, _ := netip.ParseAddrPort(st.enter.Addr) // it was checked
	return fmt.Sprintf("(%q, %d)", at.Addr(), at.Port())
}

// pythonBytes is a literal of bytes.
func pythonBytes(b []byte) string {
	return "b" + quoted(b, func(c byte) string { return fmt.Sprintf(`\x%02x`, c) })
}

// quoted is b between quotation marks, with what isn't printable escaped.
func quoted(b []byte, escape func(byte) string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '\n':
			out.WriteString(`\n`)
		case c == '"' || c == '\\':
			out.WriteString(`\` + string(rune(c)))
		case c < ' ' || c > '~':
			out.WriteString(escape(c))
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
