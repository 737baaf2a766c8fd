package strace

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

func (a *arguments) size() {
	if !a.more() && !a.whole {
		return
	}
	n := a.number()
	if n < 0 || n > 1<<30 {
		a.odd("a size beyond all memory")
		n = 0
	}
	a.enter.Size = int(n)
}

func (a *arguments) timeout(arg trace.Arg) {
	text, ok := a.take()
	if !ok {
		return
	}
	a.enter.Timeout = trace.Forever
	if text == "NULL" {
		return
	}
	if n, ok := integer(text); ok && arg == trace.ArgMilliseconds {
		if n >= 0 && n <= 1<<31 {
			a.enter.Timeout = n * 1e6
		}
		return
	}
	unit := int64(1)
	if arg == trace.ArgTimeval {
		unit = 1000
	}
	ns, ok := wait(text, unit)
	if !ok {
		a.odd("a timeout")
		ns = 0
	}
	a.enter.Timeout = ns
}

// wait reads {tv_sec=1, tv_nsec=0}, or {1, 0} as old ones of strace have it. The
// second number counts units of so many ns.
func wait(text string, unit int64) (ns int64, ok bool) {
	text, ok = strings.CutPrefix(text, "{")
	text, closed := strings.CutSuffix(text, "}")
	sec, part, two := strings.Cut(text, ", ")
	_, sec, _ = cutName(sec)
	_, part, _ = cutName(part)
	s, err := strconv.ParseUint(sec, 10, 32)
	n, err2 := strconv.ParseUint(part, 10, 30)
	return int64(s)*1e9 + int64(n)*unit, ok && closed && two && err == nil && err2 == nil
}

// cutName cuts the name of a member off: "tv_sec=1".
func cutName(text string) (name, value string, ok bool) {
	if name, value, ok = strings.Cut(text, "="); ok {
		return name, value, true
	}
	return "", text, false
}

func (a *arguments) fcntl() {
	text, ok := a.take()
	if !ok {
		return
	}
	op := a.of(text, fcntls)
	a.push(op)
	switch {
	case !a.more():
	case op == setFlags:
		a.flags(accesses, openFlags)
	default:
		a.flags(fdFlags)
	}
}

func (a *arguments) option() {
	text, ok := a.take()
	if !ok {
		return
	}
	level := a.of(text, levels)
	a.push(level)
	text, ok = a.take()
	if !ok {
		return
	}
	if n, ok := options[level].value(text + "_OLD"); ok { // their names before 64-bit time
		a.push(n)
		return
	}
	a.push(a.of(text, options[level]))
}

// optionValue reads the value of an option, and its size, which says whether the
// writer would write it the same.
func (a *arguments) optionValue() (value int64, ok bool) {
	text, ok := a.take()
	if !ok {
		return 0, false
	}
	size, _ := a.take()
	size = strings.Trim(size, "[]")
	level, option := int64(0), int64(0)
	if n := len(a.enter.Args); n >= 2 {
		level, option = a.enter.Args[n-2], a.enter.Args[n-1]
	}
	word := strings.Trim(text, "[]")
	switch ns, timed := wait(text, 1000); {
	case timed:
		value = ns / 1000
	case strings.HasPrefix(text, "{l_onoff=0,"):
		value = -1
	case strings.HasPrefix(text, "{l_onoff=1, l_linger="):
		value, _ = integer(strings.TrimSuffix(text[len("{l_onoff=1, l_linger="):], "}"))
	case option == soError && trace.ErrnoNamed(word) != 0:
		value = int64(trace.ErrnoNamed(word))
	default:
		value, _ = integer(word)
	}
	if back, room := optionValue(level, option, value); back != text || room != size {
		a.odd("the value of an option")
	}
	return value, true
}

// waitStatus reads how a child ended.
func (a *arguments) waitStatus(text string) {
	_, exit, exited := strings.Cut(text, "WEXITSTATUS(s) == ")
	_, signal, signaled := strings.Cut(text, "WTERMSIG(s) == ")
	if exited {
		n, err := strconv.ParseUint(strings.TrimRight(exit, "}]"), 10, 8)
		a.status, a.ended = int64(n)<<8, err == nil
	} else if signaled {
		name := strings.TrimSuffix(strings.TrimRight(signal, "}]"), " && WCOREDUMP(s)")
		a.status = signalNamed(name)
		if a.ended = a.status > 0; strings.Contains(signal, "WCOREDUMP(s)") {
			a.status |= 0x80
		}
	}
	if !a.ended {
		a.odd("how a child ended")
	}
}

// signalNamed returns the number of a signal, 0 for a name that isn't known.
func signalNamed(name string) int64 {
	if n, ok := strings.CutPrefix(name, "SIGRT_"); ok {
		if n, err := strconv.ParseUint(n, 10, 5); err == nil {
			return 32 + int64(n)
		}
	}
	for n := int64(1); n < 32; n++ {
		if trace.SignalName(n) == name {
			return n
		}
	}
	if name == "SIGRTMIN" {
		return 32
	}
	return 0
}

// content reads a string, as far as strace has written it.
func (a *arguments) content(text string) []byte {
	b, ok := unquote(strings.TrimSuffix(text, "..."))
	if !ok {
		a.odd("a string")
	}
	return b[:min(len(b), trace.DataCap)]
}

// unquote reads a string of C's: "h\x65\154lo\n".
func unquote(text string) ([]byte, bool) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return nil, false
	}
	text = text[1 : len(text)-1]
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b = append(b, text[i])
			continue
		}
		if i++; i == len(text) {
			return b, false
		}
		switch c := text[i]; {
		case c == 'x':
			n, err := strconv.ParseUint(text[i+1:min(i+3, len(text))], 16, 8)
			if err != nil {
				return b, false
			}
			b = append(b, byte(n))
			i += 2
		case c >= '0' && c <= '7':
			n, k := 0, i
			for ; k < len(text) && k < i+3 && text[k] >= '0' && text[k] <= '7'; k++ {
				n = n*8 + int(text[k]-'0')
			}
			b = append(b, byte(n))
			i = k - 1
		case strings.IndexByte("tnvfr", c) >= 0:
			b = append(b, '\t'+byte(strings.IndexByte("tnvfr", c)))
		default:
			b = append(b, c)
		}
	}
	return b, true
}

// addr reads a socket address as sockaddr writes it.
func (a *arguments) addr(text string) string {
	if text == "NULL" {
		return ""
	}
	quoted := func(begin string) (string, bool) {
		_, s, ok := strings.Cut(text, begin)
		if !ok || s == "" || s[0] != '"' {
			return "", false
		}
		b, ok := unquote(s[:past(s, 0)])
		return string(b), ok
	}
	addr := ""
	_, port, _ := strings.Cut(text, "_port=htons(")
	port, _, _ = strings.Cut(port, ")")
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		if host, ok := quoted("inet_addr("); ok {
			addr = fmt.Sprintf("%s:%d", host, n)
		} else if host, ok := quoted("inet_pton(AF_INET6, "); ok {
			addr = fmt.Sprintf("[%s]:%d", host, n)
		}
	} else if text == "{sa_family=AF_UNIX}" {
		addr = "@"
	} else if path, ok := quoted("sun_path=@"); ok {
		addr = "@" + path
	} else if path, ok := quoted("sun_path="); ok {
		addr = path
	}
	if back, _ := sockaddr(addr); back != plain(text) {
		a.odd("an address")
	}
	return addr
}

// plain writes the strings of a text anew, as they are without strace's option -xx.
func plain(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		end := past(text, i)
		if s, ok := unquote(text[i:end]); ok {
			b.WriteString(quote(s))
		} else {
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

// set reads one of select's lists: [3 4].
func (a *arguments) set(i int) {
	text, ok := a.take()
	if !ok {
		return
	}
	if a.enter.Sets == nil {
		a.enter.Sets = new(trace.Sets)
	}
	if text == "NULL" {
		a.enter.Sets.Null |= 1 << i
		return
	}
	*lists(a.enter.Sets)[i] = a.fds(text)
}

func (a *arguments) fds(text string) (fds []int) {
	inside, ok := strings.CutPrefix(text, "[")
	inside, closed := strings.CutSuffix(inside, "]")
	if !ok || !closed {
		a.odd("a set of fds")
		return nil
	}
	for _, word := range strings.Fields(inside) {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil {
			a.odd("a set of fds")
			return fds
		}
		fds = append(fds, int(n))
	}
	return fds
}

// result reads what select and poll write behind their results.
func (a *arguments) result(call trace.Call, said string) {
	switch {
	case call == trace.Select && a.came():
		a.ret.Sets = new(trace.Sets)
		for i, name := range [...]string{"in ", "out ", "except "} {
			if _, list, ok := strings.Cut(said, name+"["); ok {
				list, _, _ = strings.Cut(list, "]")
				*lists(a.ret.Sets)[i] = a.fds("[" + list + "]")
			}
		}
	case call == trace.Poll && a.came():
		a.ret.Sets = new(trace.Sets)
		if _, list, ok := strings.Cut(said, "(["); ok {
			list, _, _ = strings.Cut(list, "]")
			a.ret.Sets = a.pollFDs("["+list+"]", "revents=")
		}
	}
}

// array takes the members of an array apart.
func (a *arguments) array(text string) []string {
	text, ok := strings.CutPrefix(text, "[")
	text, closed := strings.CutSuffix(text, "]")
	if !ok || !closed {
		a.odd("an array")
		return nil
	}
	if text == "" {
		return nil
	}
	return split(text)
}

func (a *arguments) pollFDs(text, events string) *trace.Sets {
	s := new(trace.Sets)
	for _, one := range a.array(text) {
		_, number, ok := strings.Cut(one, "{fd=")
		number, _, _ = strings.Cut(number, ",")
		fd, err := strconv.Atoi(number)
		_, words, found := strings.Cut(one, events)
		words, _, _ = strings.Cut(words, ",")
		if !ok || err != nil || !found {
			a.odd("a struct pollfd")
			continue
		}
		bits := a.of(strings.TrimSuffix(words, "}"), pollBits)
		if bits == 0 {
			a.odd("an fd that is asked for nothing")
		}
		a.add(s, fd, bits)
	}
	return s
}

// add puts fd into the list of each of the bits.
func (a *arguments) add(s *trace.Sets, fd int, bits int64) {
	for i, list := range lists(s) {
		if bits&listBits[i] != 0 {
			*list = append(*list, fd)
			bits &^= listBits[i]
		}
	}
	if bits != 0 {
		a.odd("what an fd is asked or ready for")
	}
}

// epollEvent reads a struct epoll_event that goes in.
func (a *arguments) epollEvent() {
	text, ok := a.take()
	if !ok {
		return
	}
	if !strings.HasPrefix(text, "{") { // an address, of which the kernel takes no notice
		a.push(0)
		return
	}
	var events int64
	events, a.tag = a.event(text)
	a.push(events)
}

// event reads {events=EPOLLIN, data=0x1}, {events=EPOLLIN, data={u32=1, u64=1}} as it
// was before strace 6.2, or {EPOLLIN, {u32=1, u64=1}} as it was before 5.11.
func (a *arguments) event(text string) (events int64, tag string) {
	inside, ok := strings.CutPrefix(text, "{")
	inside, closed := strings.CutSuffix(inside, "}")
	words, data, two := strings.Cut(inside, ", ")
	if !ok || !closed || !two {
		a.odd("a struct epoll_event")
		return 0, ""
	}
	_, words, _ = cutName(words)
	data = strings.TrimPrefix(data, "data=")
	if _, whole, both := strings.Cut(data, "u64="); both {
		data = strings.TrimRight(whole, "}")
	}
	if n, ok := integer(data); ok {
		data = strconv.FormatInt(n, 16)
	} else {
		a.odd("a struct epoll_event")
	}
	return a.of(words, epollBits), data
}

// epollEvents reads an array of struct epoll_event, and finds the fds by their tags.
func (a *arguments) epollEvents(text string) {
	a.ret.Sets = new(trace.Sets)
	for _, one := range a.array(text) {
		events, tag := a.event(one)
		if fd, ok := a.tags[tag]; ok {
			a.add(a.ret.Sets, fd, events)
		}
	}
}
