package strace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// arguments reads the arguments of one call into its events.
type arguments struct {
	list  []string
	next  int
	whole bool // else the last ones are missing

	enter *trace.Event
	ret   *trace.Event // nil while the call is in the kernel
	tags  map[string]int
	tag   string // what a struct epoll_event that went in has for data

	status  int64 // of waitpid
	ended   bool  // status is one
	strange string
}

// odd notes something that the events can't hold.
func (a *arguments) odd(what string) {
	if a.strange == "" {
		a.strange = what
	}
}

// take returns the next argument, and whether it is there.
func (a *arguments) take() (string, bool) {
	if a.next < len(a.list) && a.list[a.next] != "" {
		a.next++
		return a.list[a.next-1], true
	}
	if a.whole {
		a.odd("an argument that is missing")
	}
	return "", false
}

// more reports whether there is another argument.
func (a *arguments) more() bool { return a.next < len(a.list) && a.list[a.next] != "" }

// came reports whether the call came back without an error.
func (a *arguments) came() bool { return a.ret != nil && a.ret.Errno == 0 }

func (a *arguments) push(n int64) { a.enter.Args = append(a.enter.Args, n) }

// integer reads a number as C writes it, NULL for 0.
func integer(text string) (int64, bool) {
	if text == "NULL" {
		return 0, true
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(text, 0, 64)
	return int64(n), err == nil
}

func (a *arguments) number() int64 {
	text, ok := a.take()
	if !ok {
		return 0
	}
	n, ok := integer(text)
	if !ok {
		a.odd("a number")
	}
	return n
}

// of reads flags, each of which is in one of the tables, or a number.
func (a *arguments) of(text string, tables ...table) (n int64) {
next:
	for word := range strings.SplitSeq(text, "|") {
		for _, t := range tables {
			if v, ok := t.value(word); ok {
				n |= v
				continue next
			}
		}
		v, ok := integer(word)
		if !ok {
			a.odd(fmt.Sprintf("the constant %.40s", word))
		}
		n |= v
	}
	return n
}

// flags pushes the next argument, if it is there.
func (a *arguments) flags(tables ...table) {
	if text, ok := a.take(); ok {
		a.push(a.of(text, tables...))
	}
}

// arg writes one argument. A new kind of argument has a case here and one in
// arguments.read.
func (w *writer) arg(a trace.Arg) {
	switch a {
	case trace.ArgFD:
		w.int(int64(w.enter.FD))
	case trace.ArgInt:
		w.int(w.take())
	case trace.ArgSize:
		w.int(int64(w.size()))
	case trace.ArgDomain:
		w.say(domains.name(w.take()))
	case trace.ArgType:
		w.say(socketType(w.take()))
	case trace.ArgProtocol:
		w.say(protocol(w.at(w.next-2), w.take()))
	case trace.ArgShutdown:
		w.say(shutdowns.name(w.take()))
	case trace.ArgMsgFlags:
		w.say(messages.bits(w.take()))
	case trace.ArgFurtherMsgFlags:
		if n := w.take(); n != 0 {
			w.say(", ", messages.bits(n))
		}
	case trace.ArgSocketFlags:
		w.say(socketFlags.bits(w.take()))
	case trace.ArgFurtherSocketFlags:
		if n := w.take(); n != 0 {
			w.say(", ", socketFlags.bits(n))
		}
	case trace.ArgEpollFlags:
		w.say(epollFlags.bits(w.take()))
	case trace.ArgEventfdFlags:
		w.say(eventfdFlags.bits(w.take()))
	case trace.ArgOpenFlags:
		n := w.take()
		w.say(fileFlags(n))
		if n&createFile != 0 {
			w.say(", 0", strconv.FormatInt(w.take(), 8))
		}
	case trace.ArgEpollOp:
		w.say(epollOps.name(w.take()))
	case trace.ArgEpollEvent:
		if w.at(w.next-2) == trace.EpollDelete {
			w.say("NULL")
			return
		}
		fd := w.at(w.next - 1)
		w.say(epollEvent(fd, w.take()))
	case trace.ArgKevent:
		w.say("[{ident=")
		w.int(w.take())
		w.say(", filter=", filters.name(w.take()), ", flags=", eventActs.name(w.take()), "}]")
	case trace.ArgFcntl:
		w.fcntl()
	case trace.ArgOption:
		level := w.take()
		of, name := OptionName(level, w.take())
		w.say(of, ", ", name)
	case trace.ArgOptionValue, trace.ArgOptionOut:
		value, size := optionValue(w.at(w.next-2), w.at(w.next-1), w.take())
		switch {
		case a == trace.ArgOptionValue:
			w.say(value, ", ", size)
		case w.failed():
			w.say("..., [4]")
		default:
			w.say(value, ", [", size, "]")
		}
	case trace.ArgSignal:
		w.say(trace.SignalName(w.take()))
	case trace.ArgAction:
		w.say(actions.name(w.take()))
	case trace.ArgSigaction:
		w.say("{sa_handler=", actions.name(w.take()), ", sa_mask=[], sa_flags=0}")
	case trace.ArgPointer:
		w.say(hex(w.take()))
	case trace.ArgFutexOp:
		w.say(futexes.name(w.take()))
	case trace.ArgFutexValue:
		w.int(w.take())
		if w.at(w.next-2)&^futexPrivate == futexWait {
			w.say(", NULL")
		}
	case trace.ArgShmKey:
		n := w.take()
		if name, ok := shmKeys.has(n); ok {
			w.say(name)
			return
		}
		w.say(hex(n))
	case trace.ArgShmFlags:
		n := w.take()
		if flags := n &^ 0o777; flags != 0 {
			w.say(shmFlags.bits(flags), "|")
		}
		w.say(fmt.Sprintf("0%02o", n&0o777))
	case trace.ArgShmOp:
		w.say(shmOps.name(w.take()))
	case trace.ArgMaskSize:
		w.say("8")
	case trace.ArgStatusOut:
		if w.failed() || w.ret.Result == 0 {
			w.say("...")
			return
		}
		w.say(waitStatus(w.at(2)))
	case trace.ArgWaitOptions:
		w.say(waitOptions.bits(w.at(1)))
	case trace.ArgAddr:
		addr, size := sockaddr(w.enter.Addr)
		w.say(addr, ", ", size)
	case trace.ArgAddrOut:
		switch {
		case w.failed():
			w.say("...")
		case w.ret.Addr == "" && w.enter.Call == trace.Recvfrom:
			w.say("NULL, [0]") // it has room for one, and the sender has none
		case w.ret.Addr == "":
			w.say("NULL, NULL")
		default:
			addr, size := sockaddr(w.ret.Addr)
			w.say(addr, ", [", size, "]")
		}
	case trace.ArgPath:
		w.say(quote([]byte(w.enter.Addr)))
	case trace.ArgData:
		w.say(content(w.enter.Data, w.enter.Size, w.most))
	case trace.ArgVectors:
		w.vectors(w.enter.Data, int64(w.enter.Size))
	case trace.ArgVectorsOut:
		if w.failed() {
			w.say("...")
			return
		}
		w.vectors(w.ret.Data, w.ret.Result)
	case trace.ArgMessage:
		w.message(w.enter.Addr, w.enter.Data, int64(w.enter.Size))
	case trace.ArgMessageOut:
		if w.failed() {
			w.say("..., ", messages.bits(w.at(0)))
			return
		}
		w.message(w.ret.Addr, w.ret.Data, w.ret.Result)
	case trace.ArgOffset:
		w.offset()
	case trace.ArgDataOut:
		if w.failed() {
			w.say("...")
			return
		}
		w.say(content(w.ret.Data, int(min(w.ret.Result, int64(w.size()))), w.most)) // with MSG_TRUNC the result may be more
	case trace.ArgReadSet, trace.ArgWriteSet, trace.ArgExceptSet:
		w.set(int(a - trace.ArgReadSet))
	case trace.ArgPollFDs:
		w.say(pollFDs(w.enter.Sets, "events"))
	case trace.ArgEpollEvents:
		if w.failed() {
			w.say("...")
			return
		}
		var parts []string
		for _, m := range members(w.ret.Sets) {
			parts = append(parts, epollEvent(int64(m.fd), m.events))
		}
		w.say("[", strings.Join(parts, ", "), "]")
	case trace.ArgKevents:
		if w.failed() {
			w.say("...")
			return
		}
		w.say(kevents(w.ret.Sets))
	case trace.ArgTimeval:
		w.say(timeval(w.timeout()))
	case trace.ArgTimespec:
		w.say(timespec(w.timeout()))
	case trace.ArgMilliseconds:
		w.say(milliseconds(w.timeout()))
	case trace.ArgNull, trace.ArgLeft:
		w.say("NULL")
	case trace.ArgZero:
		w.say("0")
	case trace.ArgOne:
		w.say("1")
	case trace.ArgDirectory:
		w.say("AT_FDCWD")
	case trace.ArgClock:
		w.say("CLOCK_REALTIME")
	case trace.ArgSpawn:
		w.say("child_stack=NULL, flags=SIGCHLD")
	}
}

// read reads one argument, as writer.arg writes it.
func (a *arguments) read(arg trace.Arg) {
	switch arg {
	case trace.ArgFD:
		if a.more() {
			a.enter.FD = int(int32(a.number()))
		}
	case trace.ArgInt:
		if a.more() || a.whole {
			a.push(a.number())
		}
	case trace.ArgDomain:
		a.flags(domains)
	case trace.ArgType:
		a.flags(kinds, socketFlags)
	case trace.ArgProtocol:
		a.flags(protocols)
	case trace.ArgShutdown:
		a.flags(shutdowns)
	case trace.ArgMsgFlags:
		a.flags(messages)
	case trace.ArgSocketFlags:
		a.flags(socketFlags)
	case trace.ArgFurtherSocketFlags:
		if a.more() {
			a.flags(socketFlags)
		}
	case trace.ArgFurtherMsgFlags:
		if a.more() {
			a.flags(messages)
		}
	case trace.ArgEpollFlags:
		a.flags(epollFlags)
	case trace.ArgEventfdFlags:
		a.flags(eventfdFlags)
	case trace.ArgOpenFlags:
		a.flags(accesses, openFlags)
		if a.more() {
			a.push(a.number())
		}
	case trace.ArgEpollOp:
		a.flags(epollOps)
	case trace.ArgEpollEvent:
		a.epollEvent()
	case trace.ArgFcntl:
		a.fcntl()
	case trace.ArgOption:
		a.option()
	case trace.ArgOptionValue:
		if value, ok := a.optionValue(); ok {
			a.push(value)
		}
	case trace.ArgOptionOut:
		if !a.came() {
			a.next += 2
		} else if value, ok := a.optionValue(); ok {
			a.ret.Args = append(slices.Clone(a.enter.Args), value)
		}
	case trace.ArgSignal:
		if text, ok := a.take(); ok {
			n := signalNamed(text)
			if n == 0 {
				a.odd(fmt.Sprintf("the signal %.40s", text))
			}
			a.push(n)
		}
	case trace.ArgAction:
		a.flags(actions)
	case trace.ArgPointer, trace.ArgFutexValue:
		a.push(a.number())
		if a.more() && arg == trace.ArgFutexValue {
			if text, _ := a.take(); text != "NULL" {
				a.odd("a futex with more")
			}
		}
	case trace.ArgFutexOp:
		a.flags(futexes)
	case trace.ArgShmKey:
		a.flags(shmKeys)
	case trace.ArgShmFlags:
		a.flags(shmFlags)
	case trace.ArgShmOp:
		a.flags(shmOps)
	case trace.ArgSigaction:
		if text, ok := a.take(); ok {
			a.sigaction(text)
		}
	case trace.ArgStatusOut:
		if text, ok := a.take(); ok && a.came() && a.ret.Result > 0 {
			a.waitStatus(text)
		}
	case trace.ArgWaitOptions:
		if text, ok := a.take(); ok {
			a.push(a.of(text, waitOptions))
			if a.ended {
				a.push(a.status)
			}
		}
	case trace.ArgAddr:
		if text, ok := a.take(); ok {
			a.enter.Addr = a.addr(text)
			a.next++ // its size
		}
	case trace.ArgAddrOut:
		if text, ok := a.take(); ok && a.came() && !strings.HasPrefix(text, "0x") { // there nothing was written
			a.ret.Addr = a.addr(text)
		}
		a.next++
	case trace.ArgPath:
		if text, ok := a.take(); ok {
			a.enter.Addr = string(a.content(text))
		}
	case trace.ArgData:
		if text, ok := a.take(); ok {
			a.enter.Data = a.content(text)
		}
	case trace.ArgVectors:
		if text, ok := a.take(); ok {
			a.enter.Data = a.vectors(text)
		}
		a.next++ // how many they are
	case trace.ArgVectorsOut:
		if text, ok := a.take(); ok && a.came() {
			a.ret.Data = a.vectors(text)
		}
		a.next++
	case trace.ArgMessage:
		if text, ok := a.take(); ok {
			a.enter.Addr, a.enter.Data = a.message(text)
		}
	case trace.ArgMessageOut:
		switch text, ok := a.take(); {
		case !ok:
		case a.came():
			a.ret.Addr, a.ret.Data = a.message(text)
		default:
			a.flags(messages)
		}
	case trace.ArgOffset:
		a.offset()
	case trace.ArgDataOut:
		if text, ok := a.take(); ok && a.came() {
			a.ret.Data = a.content(text)
		}
	case trace.ArgSize:
		a.size()
	case trace.ArgReadSet, trace.ArgWriteSet, trace.ArgExceptSet:
		a.set(int(arg - trace.ArgReadSet))
	case trace.ArgPollFDs:
		if text, ok := a.take(); ok {
			a.enter.Sets = a.pollFDs(text, "events=")
		}
	case trace.ArgEpollEvents:
		if text, ok := a.take(); ok && a.came() {
			a.epollEvents(text)
		}
	case trace.ArgTimeval, trace.ArgTimespec, trace.ArgMilliseconds:
		a.timeout(arg)
	case trace.ArgDirectory:
		if text, ok := a.take(); ok && text != "AT_FDCWD" {
			a.odd("a path from elsewhere")
		}
	case trace.ArgSpawn:
		a.next = len(a.list)
	default: // nothing that an event has
		a.take()
	}
}

// sigaction reads a struct sigaction without a handler, a mask or flags.
func (a *arguments) sigaction(text string) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(text, "{sa_handler="), ",")
	n, known := actions.value(name)
	if !known || rest != " sa_mask=[], sa_flags=0}" {
		a.odd("a handler of signals")
	}
	a.push(n)
}
