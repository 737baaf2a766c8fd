package export

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/byhand"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// ErrNotByHand says which runs can be saved as a program.
var ErrNotByHand = errors.New("only what was done by hand can be saved as a program: a lab's programs are written already")

// Go writes what was done by hand as a program in Go.
func Go(w io.Writer, r *play.Run) error { return writeProgram(w, r, goProgram) }

// Python writes what was done by hand as a program in Python.
func Python(w io.Writer, r *play.Run) error { return writeProgram(w, r, pythonProgram) }

// C writes what was done by hand as a program in C.
func C(w io.Writer, r *play.Run) error { return writeProgram(w, r, cProgram) }

func writeProgram(w io.Writer, r *play.Run, of func(*script) string) error {
	s, err := newScript(r)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, of(s))
	return err
}

// script is what was done by hand: the calls of all sides in the order in which they
// entered. A program made of it has a thread for each side. A call in it takes its turn: it
// waits until the calls before it have entered, and until those of them have returned that
// had done so in the run.
type script struct {
	sides    int
	steps    []step
	returned int      // how many of them came back
	names    []string // by their numbers: the addresses of the kernel's choice that are used again
}

// step is one call.
type step struct {
	n      int // from 1
	side   int
	enter  *trace.Event
	back   *trace.Event // nil of one that has not returned
	during []int        // the calls that were under way when it entered
	learns int          // the address that it returns is this one of the script's names, from 1; 0 for none
	uses   int          // its address is this one of the script's names
	kind   trace.FDKind // of its fd, before the call
	epoll  trace.FDKind // of the fd that an epoll_ctl puts on the list
}

// newScript reads a run. A trace may come from anywhere: a call that nobody can make by
// hand is an error.
func newScript(r *play.Run) (*script, error) {
	if r.Header.Lab != lab.Hand.ID || len(r.Header.Procs) > byhand.MaxSides {
		return nil, ErrNotByHand
	}
	s := &script{sides: len(r.Header.Procs)}
	for i := range r.Calls {
		c := &r.Calls[i]
		st := step{n: i + 1, side: r.Lanes[c.Lane].Proc, enter: r.Step(c.Enter)}
		if st.enter.Thread != 0 || st.side < 0 {
			return nil, ErrNotByHand
		}
		if c.Return >= 0 {
			st.back = r.Step(c.Return)
			s.returned++
		}
		for k := range r.Calls[:i] {
			if before := &r.Calls[k]; before.Return < 0 || before.Return > c.Enter {
				st.during = append(st.during, k+1)
			}
		}
		s.steps = append(s.steps, st)
	}
	if s.steps == nil {
		return nil, errors.New("nothing was done by hand yet")
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	s.learn()
	return s, nil
}

// check makes sure that each call can be written, about fds that its side has then.
func (s *script) check() error {
	open := make([]map[int]trace.FDKind, s.sides)
	for i := range open {
		open[i] = map[int]trace.FDKind{}
	}
	for i := range s.steps {
		st := &s.steps[i]
		e, fds := st.enter, open[st.side]
		a := trace.Act{Call: e.Call, FD: e.FD, Args: e.Args, Size: e.Size, Timeout: e.Timeout, Addr: e.Addr, Data: e.Data}
		if e.Sets != nil && e.Call != trace.EpollWait {
			a.Sets = &trace.Sets{Read: e.Sets.Read, Write: e.Sets.Write}
		}
		form, err := byhand.Find(e.Call)
		if err == nil {
			err = byhand.Check(&a)
		}
		if err == nil && e.Call.Sends() && e.Size != len(e.Data) {
			err = errors.New("the trace does not have all of the bytes")
		}
		if err != nil {
			return fmt.Errorf("call %d can't be written: %w", st.n, err)
		}
		for k := range form.Fields {
			fd, kind := e.FD, trace.FDKind(0)
			switch form.Fields[k].Kind {
			case byhand.FD, byhand.AnyFD, byhand.ListFD:
				st.kind = fds[fd]
			case byhand.MemberFD:
				fd = int(e.Args[1])
				st.epoll = fds[fd]
			default:
				continue
			}
			if kind = fds[fd]; kind == 0 {
				return fmt.Errorf("call %d can't be written: nothing made its fd %d", st.n, fd)
			}
		}
		if a.Sets != nil {
			for _, fd := range slices.Concat(a.Sets.Read, a.Sets.Write) {
				if fds[fd] == 0 {
					return fmt.Errorf("call %d can't be written: nothing made its fd %d", st.n, fd)
				}
			}
		}
		switch {
		case !st.ok():
		case e.Call.MakesFD() && st.back.Result >= 0 && st.back.Result < 1<<16:
			fds[int(st.back.Result)] = max(e.Call.Row().Makes, madeKind)
			if e.Call == trace.EpollCreate {
				fds[int(st.back.Result)] = trace.FDEpoll
			} else if e.Call == trace.Eventfd {
				fds[int(st.back.Result)] = trace.FDEventfd
			}
		case e.Call == trace.Close:
			delete(fds, e.FD)
		}
	}
	return nil
}

// madeKind stands for any socket.
const madeKind = trace.FDConn

// ok reports whether the call came back without an error.
func (st *step) ok() bool { return st.back != nil && st.back.Errno == 0 }

// learn finds the addresses that the kernel chose and that a call told of, and the later
// calls that use them. In the program these are variables: the kernel will choose others.
func (s *script) learn() {
	chosen := map[string]bool{} // by the learner
	for i := range s.steps {
		if e := s.steps[i].enter; e.Call == trace.Bind {
			chosen[e.Addr] = true
		}
	}
	told, number := map[string]*step{}, map[string]int{}
	for i := range s.steps {
		st := &s.steps[i]
		if addr := st.enter.Addr; addr != "" && told[addr] != nil && told[addr].back.Time <= st.enter.Time {
			if number[addr] == 0 {
				s.names = append(s.names, addr)
				number[addr] = len(s.names)
				told[addr].learns = len(s.names)
			}
			st.uses = number[addr]
		}
		switch st.enter.Call {
		case trace.Accept, trace.Recvfrom, trace.Getsockname, trace.Getpeername:
			if addr := addressOf(st); addr != "" && !chosen[addr] && told[addr] == nil {
				told[addr] = st
			}
		}
	}
}

// addressOf is the address that a call returned, where it is one with a port.
func addressOf(st *step) string {
	if !st.ok() {
		return ""
	}
	if at, err := netip.ParseAddrPort(st.back.Addr); err != nil || at.Port() == 0 {
		return ""
	}
	return st.back.Addr
}

// letter names a side.
func (st *step) letter() string { return string(rune('A' + st.side)) }

// title is what the program says of the call before its result.
func (st *step) title() string { return st.letter() + ": " + st.enter.Call.String() }

// made is the fd that the call made; 0 for none.
func (st *step) made() int {
	if st.ok() && st.enter.Call.MakesFD() {
		return int(st.back.Result)
	}
	return 0
}

// remark says what the call did in the run, where it is worth saying.
func (st *step) remark() string {
	switch {
	case st.back == nil:
		return "sleeps, and never returned"
	case st.back.Errno != 0:
		return st.back.Errno.String()
	case st.back.Sleep == trace.Slept:
		return "sleeps"
	}
	return ""
}

// fdsOf lists the variables of a side: the numbers of all fds that it made.
func (s *script) fdsOf(side int) (fds []int) {
	for i := range s.steps {
		if st := &s.steps[i]; st.side == side && st.made() > 0 && !slices.Contains(fds, st.made()) {
			fds = append(fds, st.made())
		}
	}
	slices.Sort(fds)
	return fds
}

// uses reports whether a call of a side is about an fd.
func (s *script) uses(side, fd int) bool {
	return slices.ContainsFunc(s.steps, func(st step) bool {
		e := st.enter
		return st.side == side && (e.FD == fd || e.Call == trace.EpollCtl && int(e.Args[1]) == fd ||
			slices.ContainsFunc(st.interest(), func(a asked) bool { return a.fd == fd }))
	})
}

// has reports whether a step, of one side or, with -1, of any, is one of the calls.
func (s *script) has(side int, calls ...trace.Call) bool {
	return slices.ContainsFunc(s.steps, func(st step) bool {
		return (side < 0 || st.side == side) && slices.Contains(calls, st.enter.Call)
	})
}

// sleepers says of each side that never came back where it is.
func (s *script) sleepers() (texts []string) {
	for i := range s.steps {
		if st := &s.steps[i]; st.back == nil {
			texts = append(texts, "Side "+st.letter()+" is in "+st.enter.Call.String()+" then, and ends with the program.")
		}
	}
	return texts
}

// asked is what a poll or a select asks about an fd.
type asked struct {
	fd          int
	read, write bool
}

// interest lists the fds of a select or poll in the order of their numbers.
func (st *step) interest() (all []asked) {
	if st.enter.Sets == nil || st.enter.Call == trace.EpollWait {
		return nil
	}
	for _, fd := range slices.Concat(st.enter.Sets.Read, st.enter.Sets.Write) {
		if !slices.ContainsFunc(all, func(a asked) bool { return a.fd == fd }) {
			all = append(all, asked{fd, slices.Contains(st.enter.Sets.Read, fd), slices.Contains(st.enter.Sets.Write, fd)})
		}
	}
	slices.SortFunc(all, func(a, b asked) int { return a.fd - b.fd })
	return all
}

// milliseconds is the timeout as poll takes it.
func (st *step) milliseconds() int64 {
	if st.enter.Timeout == trace.Forever {
		return -1
	}
	return (st.enter.Timeout + 999_999) / 1_000_000
}

// pieces are the bytes of a writev.
func (st *step) pieces() (all [][]byte) {
	data := st.enter.Data
	for _, n := range st.enter.Args {
		all = append(all, data[:n])
		data = data[n:]
	}
	return all
}

// choice returns the name of what was chosen for a field of the call.
func (st *step) choice(label string, level, value int64) string {
	form, _ := byhand.Find(st.enter.Call)
	for i := range form.Fields {
		if f := &form.Fields[i]; f.Label == label {
			for _, c := range f.Choices {
				if c.Level == level && c.Value == value {
					return c.Name
				}
			}
		}
	}
	return strconv.FormatInt(value, 10)
}

// option is the name of the option that the call is about, and level that of its level.
func (st *step) option() (level, name string) {
	l, v := st.enter.Args[0], st.enter.Args[1]
	return map[int64]string{1: "SOL_SOCKET", 6: "IPPROTO_TCP", 41: "IPPROTO_IPV6"}[l], st.choice("option", l, v)
}

// lines joins the lines of a program.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) {
	fmt.Fprintf(l, format, args...)
	l.WriteByte('\n')
}

// list writes numbers with commas between and before.
func list(numbers []int) (text string) {
	for _, n := range numbers {
		text += ", " + strconv.Itoa(n)
	}
	return text
}
