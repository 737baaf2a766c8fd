package export

import (
	"fmt"
	"net/netip"
	"strings"

	"sockscope/server/trace"
)

const goHead = `// Made by hand on Sockscope: the same calls on the same sides, in the same order. Each
// side is a thread here. Where a call slept, it sleeps again. It is for Linux on 64 bits.
//
//	go run FILE
package main

`

const goTail = `
// order is which calls have entered, and which have returned.
var order = struct {
	*sync.Cond
	entered  int
	returned map[int]bool
}{sync.NewCond(new(sync.Mutex)), 0, map[int]bool{}}

// turn waits until it is the turn of call n: the calls before it have entered, and have
// returned unless they were under way then, too.
func turn(n int, during ...int) {
	order.L.Lock()
	for !ready(n, during) {
		order.Wait()
	}
	order.entered = n
	order.L.Unlock()
	order.Broadcast()
	if during != nil {
		time.Sleep(20 * time.Millisecond) // they are asleep by then
	}
}

func ready(n int, during []int) bool {
	for i := 1; i < n; i++ {
		if order.entered < n-1 || !order.returned[i] && !slices.Contains(during, i) {
			return false
		}
	}
	return true
}

// done says what call n has returned, with what came out beside it.
func done(n int, title string, result int, err error, out ...any) {
	order.L.Lock()
	defer order.L.Unlock()
	if err != nil {
		fmt.Println(title, "= -1", err)
	} else {
		fmt.Println(append([]any{title, "=", result}, out...)...)
	}
	order.returned[n] = true
	order.Broadcast()
}

// finish waits until n calls have returned.
func finish(n int) {
	order.L.Lock()
	for len(order.returned) < n {
		order.Wait()
	}
}

// call makes a system call that package syscall has no function for, or none that tells
// all that it returns.
func call(number uintptr, args ...uintptr) (int, error) {
	var a [6]uintptr
	copy(a[:], args)
	r, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
`

// goHelpers are functions that only some calls need.
var goHelpers = []struct {
	calls []trace.Call
	text  string
}{
	{[]trace.Call{trace.Send}, `
func send(fd int, data string, flags int) (int, error) {
	return call(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.StringData(data))), uintptr(len(data)), uintptr(flags))
}
`},
	{[]trace.Call{trace.Recv}, `
func recv(fd, size int) ([]byte, error) {
	room := make([]byte, size)
	n, err := call(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&room[0])), uintptr(size))
	return room[:max(n, 0)], err
}
`},
	{[]trace.Call{trace.Recvfrom}, `
func recvfrom(fd, size, flags int) (int, syscall.Sockaddr, []byte, error) {
	room := make([]byte, size)
	n, from, err := syscall.Recvfrom(fd, room, flags)
	return n, from, room[:max(min(n, size), 0)], err
}
`},
	{[]trace.Call{trace.Writev}, `
func writev(fd int, pieces ...string) (int, error) {
	var vectors []syscall.Iovec
	for _, p := range pieces {
		vectors = append(vectors, syscall.Iovec{Base: unsafe.StringData(p), Len: uint64(len(p))})
	}
	return call(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vectors[0])), uintptr(len(vectors)))
}
`},
	{[]trace.Call{trace.Select}, `
// set returns a set of fds, and one more than the highest.
func set(fds ...int) (s syscall.FdSet, n int) {
	for _, fd := range fds {
		s.Bits[fd/64] |= 1 << (fd % 64)
		n = max(n, fd+1)
	}
	return s, n
}
`},
	{[]trace.Call{trace.Poll}, `
type pollFd struct {
	fd              int32
	events, revents int16
}

const (
	pollIn  = 1
	pollOut = 4
)

func poll(fds []pollFd, limit *syscall.Timespec) (int, error) {
	return call(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)), uintptr(unsafe.Pointer(limit)))
}
`},
}

// goProgram writes a script in Go.
func goProgram(s *script) string {
	var l lines
	l.WriteString(goHead)
	l.add("import (")
	for _, m := range []struct {
		name  string
		calls []trace.Call // that it is for; nil is any
	}{
		{"fmt", nil}, {"runtime", nil}, {"slices", nil}, {"sync", nil}, {"syscall", nil}, {"time", nil},
		{"unsafe", []trace.Call{trace.Send, trace.Recv, trace.Writev, trace.Poll}},
	} {
		if m.calls == nil || s.has(-1, m.calls...) {
			l.add("\t%q", m.name)
		}
	}
	l.add(")\n")
	if len(s.names) > 0 {
		l.add("// Addresses that the kernel chooses.")
		for i, addr := range s.names {
			l.add("var addr%d syscall.Sockaddr // was %s", i+1, addr)
		}
		l.add("")
	}
	l.add("func main() {")
	for _, name := range sideNames(s, "side%c", 'A') {
		l.add("\tgo %s()", name)
	}
	l.add("\tfinish(%d)", s.returned)
	for _, text := range s.sleepers() {
		l.add("\t// %s", text)
	}
	l.add("}")
	for side := range s.sides {
		l.add("\nfunc side%c() {", 'A'+side)
		l.add("\truntime.LockOSThread()")
		if fds := s.fdsOf(side); fds != nil {
			l.add("\tvar %s int", numbered("fd", fds))
		}
		if s.has(side, trace.Send, trace.Sendto, trace.Recvfrom, trace.Writev, trace.Write, trace.Select, trace.Poll, trace.EpollWait, trace.Getsockopt) {
			l.add("\tvar n int")
		}
		if s.of(side) > 0 {
			l.add("\tvar err error")
		}
		for i := range s.steps {
			if st := &s.steps[i]; st.side == side {
				l.WriteString(goCall(st))
			}
		}
		l.add("}")
	}
	l.WriteString(goTail)
	for _, h := range goHelpers {
		if s.has(-1, h.calls...) {
			l.WriteString(h.text)
		}
	}
	return l.String()
}

// of is how many calls a side made.
func (s *script) of(side int) (n int) {
	for i := range s.steps {
		if s.steps[i].side == side {
			n++
		}
	}
	return n
}

// numbered lists names with numbers.
func numbered(name string, numbers []int) string {
	var all []string
	for _, n := range numbers {
		all = append(all, fmt.Sprint(name, n))
	}
	return strings.Join(all, ", ")
}

// goCall writes one call.
func goCall(st *step) string {
	var l lines
	e := st.enter
	fd := fmt.Sprintf("fd%d", e.FD)
	made := "_" // where the fd goes that it makes
	if n := st.made(); n > 0 {
		made = fmt.Sprintf("fd%d", n)
	}
	result := "0" // that done is told
	from := "_"   // where the address goes that it learns
	if st.learns > 0 {
		from = fmt.Sprintf("addr%d", st.learns)
	}
	l.add("")
	remark := st.remark()
	if remark != "" {
		remark = " // " + remark
	}
	l.add("\tturn(%d%s)", st.n, list(st.during))
	put := func(format string, args ...any) { l.add("\t"+format, args...) }
	do := func(format string, args ...any) { l.add("\t"+format+remark, args...) }
	if made != "_" {
		result = made
	} else if e.Call.MakesFD() {
		result = "-1"
	}
	switch e.Call {
	case trace.Socket:
		do("%s, err = syscall.Socket(syscall.%s, %s, 0)", made, st.choice("domain", 0, e.Args[0]), dotted("syscall.", st.choice("type", 0, e.Args[1])))
	case trace.Bind:
		do("err = syscall.Bind(%s, %s)", fd, goAddr(st))
	case trace.Listen:
		do("err = syscall.Listen(%s, %d)", fd, e.Args[0])
	case trace.Accept:
		do("%s, %s, err = syscall.Accept(%s)", made, from, fd)
	case trace.Connect:
		do("err = syscall.Connect(%s, %s)", fd, goAddr(st))
	case trace.Send:
		do("n, err = send(%s, %s, %s)", fd, goString(e.Data), st.goFlags())
		result = "n"
	case trace.Recv:
		l.add("\t{")
		do("\tdata, err := recv(%s, %d)", fd, e.Size)
		put("\tdone(%d, %q, len(data), err, fmt.Sprintf(\"%%q\", data))", st.n, st.title())
		l.add("\t}")
		return l.String()
	case trace.Sendto:
		do("err = syscall.Sendto(%s, []byte(%s), 0, %s)", fd, goString(e.Data), goAddr(st))
		put("n = %d // a datagram is taken whole", len(e.Data))
		result = "n"
	case trace.Recvfrom:
		l.add("\t{")
		put("\tvar data []byte")
		do("\tn, %s, data, err = recvfrom(%s, %d, %s)", from, fd, e.Size, st.goFlags())
		put("\tdone(%d, %q, n, err, fmt.Sprintf(\"%%q\", data))", st.n, st.title())
		l.add("\t}")
		return l.String()
	case trace.Writev:
		var pieces []string
		for _, p := range st.pieces() {
			pieces = append(pieces, goString(p))
		}
		do("n, err = writev(%s, %s)", fd, strings.Join(pieces, ", "))
		result = "n"
	case trace.Write:
		do("n, err = syscall.Write(%s, []byte{1, 0, 0, 0, 0, 0, 0, 0})", fd)
		result = "n"
	case trace.Shutdown:
		do("err = syscall.Shutdown(%s, syscall.%s)", fd, st.choice("how", 0, e.Args[0]))
	case trace.Close:
		do("err = syscall.Close(%s)", fd)
	case trace.Select:
		var read, write []int
		for _, a := range st.interest() {
			if a.read {
				read = append(read, a.fd)
			}
			if a.write {
				write = append(write, a.fd)
			}
		}
		limit := "nil"
		if e.Timeout != trace.Forever {
			limit = fmt.Sprintf("&syscall.Timeval{Sec: %d, Usec: %d}", e.Timeout/1e9, e.Timeout%1e9/1000)
		}
		l.add("\t{")
		put("\tread, r := set(%s)", numbered("fd", read))
		put("\twrite, w := set(%s)", numbered("fd", write))
		do("\tn, err = syscall.Select(max(r, w), &read, &write, nil, %s)", limit)
		l.add("\t}")
		result = "n"
	case trace.Poll:
		limit := "nil"
		if e.Timeout != trace.Forever {
			limit = fmt.Sprintf("&syscall.Timespec{Sec: %d, Nsec: %d}", e.Timeout/1e9, e.Timeout%1e9)
		}
		var all []string
		for _, a := range st.interest() {
			all = append(all, fmt.Sprintf("{fd: int32(fd%d), events: %s}", a.fd, a.events("pollIn", "pollOut", " | ")))
		}
		do("n, err = poll([]pollFd{%s}, %s)", strings.Join(all, ", "), limit)
		result = "n"
	case trace.EpollCreate:
		do("%s, err = syscall.EpollCreate1(0)", made)
	case trace.EpollCtl:
		events := dotted("syscall.", st.choice("events", 0, e.Args[2]))
		events = strings.ReplaceAll(strings.ReplaceAll(events, "syscall.EPOLLET", "1<<31"), "|", " | ") // package syscall has EPOLLET as a negative number
		do("err = syscall.EpollCtl(%s, syscall.%s, fd%d, &syscall.EpollEvent{Events: %s, Fd: int32(fd%d)})", fd, st.choice("what", 0, e.Args[0]), e.Args[1], events, e.Args[1])
	case trace.EpollWait:
		do("n, err = syscall.EpollWait(%s, make([]syscall.EpollEvent, 64), %d)", fd, st.milliseconds())
		result = "n"
	case trace.Fcntl:
		do("_, err = call(syscall.SYS_FCNTL, uintptr(%s), syscall.F_SETFL, %s)", fd, dotted("syscall.", st.choice("flags", 0, e.Args[1])))
	case trace.Setsockopt:
		do("%s", goOption(st, fd))
	case trace.Getsockopt:
		level, name := st.option()
		do("n, err = syscall.GetsockoptInt(%s, syscall.%s, %s)", fd, level, goOptionName(name))
		result = "n"
	case trace.Getsockname, trace.Getpeername:
		name := map[trace.Call]string{trace.Getsockname: "Getsockname", trace.Getpeername: "Getpeername"}[e.Call]
		if from == "_" {
			do("_, err = syscall.%s(%s)", name, fd)
		} else {
			do("%s, err = syscall.%s(%s)", from, name, fd)
		}
	case trace.Eventfd:
		do("%s, err = call(syscall.SYS_EVENTFD2, 0, 0)", made)
	case trace.Nanosleep:
		do("err = syscall.Nanosleep(&syscall.Timespec{Sec: %d, Nsec: %d}, nil)", e.Timeout/1e9, e.Timeout%1e9)
	}
	put("done(%d, %q, %s, err)", st.n, st.title(), result)
	return l.String()
}

// goFlags is the name of a call's flags, as a number where package syscall has none.
func (st *step) goFlags() string {
	name := st.choice("flags", 0, st.enter.Args[0])
	if name == "MSG_MORE" {
		return "0x8000 /* MSG_MORE */"
	}
	return dotted("syscall.", name)
}

// goOptionName is an option, as a number where package syscall has no name for it.
func goOptionName(name string) string {
	switch name {
	case "SO_REUSEPORT":
		return "15 /* SO_REUSEPORT */"
	case "TCP_USER_TIMEOUT":
		return "18 /* TCP_USER_TIMEOUT */"
	}
	return "syscall." + name
}

// goOption writes a setsockopt.
func goOption(st *step, fd string) string {
	level, name := st.option()
	v := st.enter.Args[2]
	switch {
	case name == "SO_LINGER" && v < 0:
		return fmt.Sprintf("err = syscall.SetsockoptLinger(%s, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{})", fd)
	case name == "SO_LINGER":
		return fmt.Sprintf("err = syscall.SetsockoptLinger(%s, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: %d})", fd, v)
	case name == "SO_RCVTIMEO":
		return fmt.Sprintf("err = syscall.SetsockoptTimeval(%s, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: %d, Usec: %d})", fd, v/1e6, v%1e6)
	}
	return fmt.Sprintf("err = syscall.SetsockoptInt(%s, syscall.%s, %s, %d)", fd, level, goOptionName(name), v)
}

// goAddr is the address that a call has.
func goAddr(st *step) string {
	if st.uses > 0 {
		return fmt.Sprintf("addr%d", st.uses)
	}
	addr := st.enter.Addr
	if strings.HasPrefix(addr, "@") {
		if addr == "@" {
			addr = "" // the kernel makes one up
		}
		return fmt.Sprintf("&syscall.SockaddrUnix{Name: %s}", goString([]byte(addr)))
	}
	at, _ := netip.ParseAddrPort(addr) // it was checked
	kind, size := "SockaddrInet4", 4
	if at.Addr().Is6() {
		kind, size = "SockaddrInet6", 16
	}
	bytes := strings.Trim(strings.ReplaceAll(fmt.Sprint(at.Addr().AsSlice()), " ", ", "), "[]")
	return fmt.Sprintf("&syscall.%s{Port: %d, Addr: [%d]byte{%s}}", kind, at.Port(), size, bytes)
}

// goString is a literal of bytes.
func goString(b []byte) string {
	return quoted(b, func(c byte) string { return fmt.Sprintf(`\x%02x`, c) })
}
