package strace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// cutter cuts what strace writes into lines.
type cutter struct {
	tail     []byte // the beginning of a line
	skipping bool   // the rest of a line that is too long
}

// feed takes a piece. line gets each line that it ends, without the end; strange gets the
// beginning of one of more than maxLine bytes, whose rest goes nowhere.
func (c *cutter) feed(p []byte, line func(text string), strange func(what, text string)) {
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			break
		}
		if !c.skipping {
			line(string(append(c.tail, p[:end]...)))
		}
		c.tail, c.skipping, p = c.tail[:0], false, p[end+1:]
	}
	switch {
	case c.skipping:
	case len(c.tail)+len(p) > maxLine:
		strange(fmt.Sprintf("a line of more than %d bytes", maxLine), string(append(c.tail, p...)))
		c.tail, c.skipping = c.tail[:0], true
	default:
		c.tail = append(c.tail, p...)
	}
}

// quiet gives line the beginning of a line whose call may wait, made whole.
func (c *cutter) quiet(line func(text string)) {
	if text := stuck(string(c.tail)); text != "" && !c.skipping {
		line(text)
	}
}

// lineKind says what a line of strace's is about.
type lineKind uint8

const (
	lineCall    lineKind = iota // a call that came back
	lineBegun                   // a call that is in the kernel: "read(4,  <unfinished ...>"
	lineResumed                 // the rest of such a call: "<... read resumed>"x", 1) = 1"
	lineSignal                  // "--- SIGURG {si_signo=SIGURG} ---"
	lineEnd                     // "+++ exited with 0 +++"
	lineStack                   // " > /usr/bin/prog(main+0x12) [0x1234]", of the call before (-k)
	lineOwn                     // "strace: Process 7 attached"
	lineStrange                 // of no known form
)

// A line is one line of strace's, taken apart.
type line struct {
	kind   lineKind
	thread int    // as the kernel numbers it; 0 where the line doesn't say
	clock  clock  // what time is
	time   int64  // ns
	name   string // of a call
	args   string // of a call, as far as they stand here
	result string // of a call that came back: "-1 EAGAIN (Resource temporarily unavailable)"
	took   int64  // ns; -1 where the line doesn't say
	rest   string // of a signal and an end
}

// clock says what the time of a line is counted from.
type clock uint8

const (
	clockNone  clock = iota
	clockEpoch       // 1970 (-ttt)
	clockDay         // midnight (-t, -tt)
	clockLast        // the line before (-r)
)

// parse takes a line apart. What has no known form is a lineStrange.
func parse(text string) line {
	l := line{kind: lineStrange, took: -1}
	if frame, ok := strings.CutPrefix(text, " > "); ok {
		l.kind, l.rest = lineStack, frame
		return l
	}
	if strings.HasPrefix(text, "strace: ") {
		l.kind = lineOwn
		return l
	}
	rest := l.prefix(text)
	switch {
	case strings.HasPrefix(rest, "???"), strings.HasPrefix(rest, "<... ??? "):
		l.kind = lineOwn // a thread died before strace could look at its call
		return l
	case strings.HasPrefix(rest, "--- "):
		l.kind, l.rest = lineSignal, rest[4:]
		return l
	case strings.HasPrefix(rest, "+++ "):
		l.kind, l.rest = lineEnd, rest[4:]
		return l
	case strings.HasPrefix(rest, "<... "):
		name, more, ok := strings.Cut(rest[5:], " resumed>")
		if !ok {
			return l
		}
		l.kind, l.name, rest = lineResumed, name, more
	default:
		name, more, ok := strings.Cut(rest, "(")
		if !ok || name == "" || strings.ContainsFunc(name, func(c rune) bool { return !wordly(c) }) {
			return l
		}
		l.kind, l.name, rest = lineCall, name, more
	}
	end := closing(rest)
	if end < 0 {
		args, unfinished := strings.CutSuffix(strings.TrimRight(rest, " "), "<unfinished ...>")
		if !unfinished { // strace let go of the thread
			args, unfinished = strings.CutSuffix(args, "<detached ...>")
		}
		if !unfinished || l.kind == lineResumed {
			l.kind = lineStrange
			return l
		}
		l.kind, l.args = lineBegun, args
		return l
	}
	l.args = rest[:end]
	result, ok := strings.CutPrefix(strings.TrimLeft(rest[end+1:], " "), "= ")
	if !ok {
		l.kind = lineStrange
		return l
	}
	if i := strings.LastIndex(result, " <"); i >= 0 {
		if took, ok := seconds(strings.TrimSuffix(result[i+2:], ">")); ok {
			l.took, result = took, result[:i]
		}
	}
	l.result = strings.TrimSpace(result)
	return l
}

// prefix reads what stands before the call: thread, time, number and address of the
// call (-n, -i). It returns the rest.
func (l *line) prefix(text string) string {
	text = strings.TrimLeft(text, " ")
	if number, ok := strings.CutPrefix(text, "[pid "); ok {
		if number, rest, ok := strings.Cut(number, "]"); ok {
			l.thread = thread(number)
			text = strings.TrimLeft(rest, " ")
		}
	} else if number, rest, ok := strings.Cut(text, " "); ok && thread(number) > 0 {
		l.thread = thread(number)
		text = strings.TrimLeft(rest, " ")
	}
	if word, rest, ok := strings.Cut(text, " "); ok {
		if l.time, l.clock = instant(word); l.clock != clockNone {
			text = strings.TrimLeft(rest, " ")
			if strings.HasPrefix(text, "(+") { // -r beside -t
				_, text, _ = strings.Cut(text, ")")
				text = strings.TrimLeft(text, " ")
			}
		}
	}
	for strings.HasPrefix(text, "[") {
		_, rest, ok := strings.Cut(text, "]")
		if !ok {
			break
		}
		text = strings.TrimLeft(rest, " ")
	}
	return text
}

// thread reads the number of a thread, with its name behind it (-Y) or not; 0 is none.
func thread(text string) int {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "<")
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// instant reads the time of a line.
func instant(word string) (ns int64, from clock) {
	day := strings.Split(word, ":")
	if len(day) == 3 {
		h, err := strconv.ParseUint(day[0], 10, 6)
		m, err2 := strconv.ParseUint(day[1], 10, 6)
		s, ok := seconds(day[2])
		if n, err := strconv.ParseUint(day[2], 10, 6); err == nil {
			s, ok = int64(n)*1e9, true
		}
		if err != nil || err2 != nil || !ok {
			return 0, clockNone
		}
		return int64(h*60+m)*60e9 + s, clockDay
	}
	ns, ok := seconds(word)
	switch {
	case !ok:
		return 0, clockNone
	case ns < 1e8*1e9: // three years: no time since 1970
		return ns, clockLast
	}
	return ns, clockEpoch
}

// seconds reads a number of seconds such as 1795526443.402828, in ns.
func seconds(text string) (ns int64, ok bool) {
	whole, part, ok := strings.Cut(text, ".")
	if !ok || len(part) == 0 || len(part) > 9 {
		return 0, false
	}
	s, err := strconv.ParseUint(whole, 10, 33)
	n, err2 := strconv.ParseUint(part, 10, 32)
	for range 9 - len(part) {
		n *= 10
	}
	return int64(s*1e9 + n), err == nil && err2 == nil
}

func wordly(c rune) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// past returns where what begins at i ends: a string, a remark, what strace adds to an
// fd (-y); else it is the next byte.
func past(s string, i int) int {
	switch {
	case s[i] == '"':
		for k := i + 1; k < len(s); k++ {
			switch s[k] {
			case '\\':
				k++
			case '"':
				return k + 1
			}
		}
		return len(s)
	case strings.HasPrefix(s[i:], "/*"):
		if end := strings.Index(s[i+2:], "*/"); end >= 0 {
			return i + 2 + end + 2
		}
	case s[i] == '<' && i > 0 && wordly(rune(s[i-1])) && !strings.HasPrefix(s[i:], "<<"):
		for k, depth := i+1, 1; k < len(s); k++ { // a device is named in one more: </dev/null<char 1:3>>
			switch {
			case s[k] == '<' && s[k-1] != '<':
				depth++
			case s[k] == '>' && s[k-1] != '-':
				if depth--; depth == 0 {
					return len(s) - len(strings.TrimPrefix(s[k+1:], "(deleted)"))
				}
			}
		}
	}
	return i + 1
}

// closing returns where the parenthesis is that ends the arguments, -1 for none.
func closing(s string) int {
	depth := 0
	for i := 0; i < len(s); i = past(s, i) {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ']', '}':
			depth--
		case ')':
			if depth <= 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// split cuts arguments apart at the commas that stand outside of strings, arrays,
// structures and calls. Remarks, and what -y adds to an fd, are left out.
func split(s string) []string {
	var list []string
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); {
		end := past(s, i)
		switch c := s[i]; {
		case c == '"':
			b.WriteString(s[i:end])
		case end > i+1: // left out
		case c == ',' && depth <= 0:
			list = append(list, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
			b.WriteByte(c)
		}
		i = end
	}
	return append(list, strings.TrimSpace(b.String()))
}
