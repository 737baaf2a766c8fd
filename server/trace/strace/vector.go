package strace

import (
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// maxVectors bounds the pieces of one call whose sizes are kept.
const maxVectors = 64

// vectors writes the rest of the call's integers as pieces that hold n bytes, of which
// data is the beginning: [{iov_base="ab", iov_len=2}], 1.
func (w *writer) vectors(data []byte, n int64) {
	pieces, many := w.pieces(data, n)
	w.say(pieces, ", ", strconv.Itoa(many))
}

func (w *writer) pieces(data []byte, n int64) (text string, many int) {
	var parts []string
	for w.next < max(len(w.enter.Args), w.returned()) {
		size := w.take()
		there := max(0, min(n, size)) // the kernel fills one after another
		piece := data[:min(int64(len(data)), there)]
		data, n = data[len(piece):], n-there
		parts = append(parts, "{iov_base="+content(piece, int(there), w.most)+", iov_len="+strconv.FormatInt(size, 10)+"}")
	}
	return "[" + strings.Join(parts, ", ") + "]", len(parts)
}

// returned returns how many integers the Return has.
func (w *writer) returned() int {
	if w.ret == nil {
		return 0
	}
	return len(w.ret.Args)
}

// vectors reads an array of struct iovec: it pushes the sizes, adds them to Event.Size,
// and returns the content of all of them together.
func (a *arguments) vectors(text string) (data []byte) {
	whole := true // every byte of the pieces so far is there
	left := int64(1) << 40
	if a.ret != nil && a.enter.Call.Receives() {
		left = a.ret.Result
	}
	for i, one := range a.array(text) {
		base, length, ok := a.vector(one)
		switch {
		case !ok || i >= maxVectors:
			a.odd("the pieces of a " + a.enter.Call.String())
			whole = false
			continue
		case a.enter.Size+length > 1<<30:
			a.odd("a size beyond all memory")
			return data
		}
		a.push(int64(length))
		a.enter.Size += length
		there := min(left, int64(length))
		left -= there
		if whole {
			data = append(data, base...)
			data = data[:min(len(data), trace.DataCap)]
		}
		whole = whole && int64(len(base)) == there
	}
	return data
}

// vector reads {iov_base="ab", iov_len=2}.
func (a *arguments) vector(text string) (base []byte, length int, ok bool) {
	text, ok = strings.CutPrefix(text, "{")
	text, closed := strings.CutSuffix(text, "}")
	fields := split(text)
	if !ok || !closed || len(fields) != 2 {
		return nil, 0, false
	}
	name, value, _ := cutName(fields[0])
	base = a.content(value)
	size, value, _ := cutName(fields[1])
	n, err := strconv.ParseUint(value, 10, 30)
	return base, int(n), name == "iov_base" && size == "iov_len" && err == nil && int(n) >= len(base)
}

// message writes a struct msghdr, and the flags behind it:
//
//	{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="ab", iov_len=2}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0
func (w *writer) message(addr string, data []byte, n int64) {
	name, size := sockaddr(addr)
	flags, told := w.take(), w.take()
	pieces, many := w.pieces(data, n)
	w.say("{msg_name=", name, ", msg_namelen=", size, ", msg_iov=", pieces, ", msg_iovlen=", strconv.Itoa(many),
		", msg_controllen=0, msg_flags=", messages.bits(told), "}, ", messages.bits(flags))
}

// message reads a struct msghdr, and the flags behind it.
func (a *arguments) message(text string) (addr string, data []byte) {
	text, ok := strings.CutPrefix(text, "{")
	text, closed := strings.CutSuffix(text, "}")
	if !ok || !closed {
		a.odd("a struct msghdr")
	}
	a.flags(messages)
	if len(a.enter.Args) == 0 {
		a.push(0)
	}
	flags, told := a.enter.Args[0], int64(0)
	a.enter.Args = nil
	for _, field := range split(text) {
		switch name, value, _ := cutName(field); name {
		case "msg_name":
			if strings.HasPrefix(value, "{") { // else an address in memory that nothing was written to
				addr = a.addr(value)
			}
		case "msg_iov":
			data = a.vectors(value)
		case "msg_flags":
			told = a.of(value, messages)
		case "msg_namelen", "msg_iovlen", "msg_control":
		case "msg_controllen":
			if value != "0" {
				a.odd("more than bytes")
			}
		default:
			a.odd("a struct msghdr")
		}
	}
	a.enter.Args = append([]int64{flags, told}, a.enter.Args...)
	return addr, data
}

// offset writes a place in a file, and which one it is after the call: [0] => [5].
func (w *writer) offset() {
	n := w.take()
	if n < 0 {
		w.say("NULL")
		return
	}
	w.say("[", strconv.FormatInt(n, 10), "]")
	if w.ret != nil && w.ret.Result > 0 {
		w.say(" => [", strconv.FormatInt(n+w.ret.Result, 10), "]")
	}
}

// offset reads a place in a file.
func (a *arguments) offset() {
	text, ok := a.take()
	if !ok {
		return
	}
	if text == "NULL" {
		a.push(-1)
		return
	}
	before, _, _ := strings.Cut(text, " => ")
	n, err := strconv.ParseUint(strings.Trim(before, "[]"), 10, 62)
	if err != nil {
		a.odd("a place in a file")
	}
	a.push(int64(n))
}
