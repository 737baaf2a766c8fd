package byhand

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sockscope/server/trace"
)

// The bounds of what one call may ask for.
const (
	MaxBytes   = trace.DataCap    // sent by a call: the trace has all of them
	MaxRoom    = 32 << 10         // for what a call receives
	MaxPieces  = 3                // of writev
	MaxMembers = 64               // fds that a call waits for
	MaxName    = 107              // bytes of a Unix socket's name (unix(7))
	MaxWait    = 10 * time.Minute // timeouts and pauses
	MinWait    = time.Millisecond

	firstFD, lastFD = 3, 1 << 16 // those below are the process's own
)

// Check returns an error, for people, about an act that comes from outside and can't be
// carried out as it stands. Whether its side has the fd, only the side knows.
func Check(a *trace.Act) error {
	form, err := Find(a.Call)
	if err != nil {
		return err
	}
	args := a.Args
	next := func() (v int64) {
		if len(args) > 0 {
			v, args = args[0], args[1:]
		}
		return v
	}
	if want := form.args(a); len(a.Args) != want {
		return fmt.Errorf("%v has numbers among its arguments: %d, and not %d", a.Call, want, len(a.Args))
	}
	var option *Choice
	for i := range form.Fields {
		f := &form.Fields[i]
		switch f.Kind {
		case FD, ListFD, AnyFD:
			err = checkFD(int64(a.FD))
		case MemberFD:
			err = checkFD(next())
		case Addr:
			err = checkAddr(a.Addr)
		case Data:
			err = checkBytes(len(a.Data))
		case Pieces:
			if err = checkBytes(len(a.Data)); err == nil {
				err = checkPieces(a.Args, len(a.Data))
			}
			args = nil
		case Size:
			err = f.between(int64(a.Size))
		case Int:
			err = f.between(next())
		case Value:
			err = f.value(option, next())
		case One, Fixed:
			if v := next(); f.choice(0, v) == nil {
				err = fmt.Errorf("%s %d can't be; it is %s", f.Label, v, f.names())
			}
		case Option:
			level, name := next(), next()
			if option = f.choice(level, name); option == nil {
				err = fmt.Errorf("option %d of level %d can't be; it is %s", name, level, f.names())
			}
		case ReadFDs:
			err = checkMembers(a.Sets)
		case WriteFDs: // with those to read
		case Timeout:
			if a.Timeout != trace.Forever {
				err = checkWait(a.Timeout)
			}
		case Pause:
			err = checkWait(a.Timeout)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", a.Call, err)
		}
	}
	return nil
}

// args is how many numbers an act of the form has.
func (f *Form) args(a *trace.Act) (n int) {
	for i := range f.Fields {
		switch f.Fields[i].Kind {
		case Int, One, Fixed, MemberFD, Value:
			n++
		case Option:
			n += 2
		case Pieces:
			n += min(max(len(a.Args), 1), MaxPieces)
		}
	}
	return n
}

// between returns an error where v is not within the field's bounds.
func (f *Field) between(v int64) error {
	if v < f.Min || v > f.Max {
		return fmt.Errorf("%s is %d; it can be %d to %d", f.Label, v, f.Min, f.Max)
	}
	return nil
}

// value checks the value of an option.
func (f *Field) value(option *Choice, v int64) error {
	switch {
	case option != nil && option.Name == "SO_RCVTIMEO" && (v < 0 || v > MaxWait.Microseconds()):
		return fmt.Errorf("SO_RCVTIMEO is %d µs; it can be 0, which is no limit, to %v", v, MaxWait)
	case option != nil && option.Name != "SO_LINGER" && v < 0:
		return fmt.Errorf("the value of %s is %d; it can't be less than 0", option.Name, v)
	}
	return f.between(v)
}

func checkFD(fd int64) error {
	if fd < firstFD || fd > lastFD {
		return fmt.Errorf("fd %d is none of this side's sockets; their numbers begin at %d", fd, firstFD)
	}
	return nil
}

func checkBytes(n int) error {
	if n > MaxBytes {
		return fmt.Errorf("%d bytes are too many for one call; %d is the most", n, MaxBytes)
	}
	return nil
}

func checkPieces(sizes []int64, n int) error {
	sum := int64(0)
	for _, size := range sizes {
		if size < 0 || size > int64(n) {
			return fmt.Errorf("a piece of %d bytes, of %d in all", size, n)
		}
		sum += size
	}
	if sum != int64(n) {
		return fmt.Errorf("the pieces have %d bytes together, and there are %d", sum, n)
	}
	return nil
}

// checkAddr takes an address with a number, or an abstract name. A path is out of reach:
// files are not a run's own, as its network is.
func checkAddr(addr string) error {
	if name, abstract := strings.CutPrefix(addr, "@"); abstract {
		if len(name) > MaxName || strings.ContainsRune(name, 0) {
			return fmt.Errorf("the name of a Unix socket has at most %d bytes, none of them 0", MaxName)
		}
		return nil
	}
	if strings.Contains(addr, "/") {
		return fmt.Errorf("%.40q is a file, and files are out of reach here; a Unix socket has a name behind an @, as @hand", addr)
	}
	at, err := netip.ParseAddrPort(addr)
	if err != nil || at.Addr().Zone() != "" {
		return fmt.Errorf("%.40q is no address; one is 127.0.0.1:9999, [::1]:9999, or @hand for a Unix socket", addr)
	}
	return nil
}

func checkMembers(s *trace.Sets) error {
	if s == nil {
		return nil // it waits for its timeout alone
	}
	if s.Len() > MaxMembers || len(s.Except)+len(s.Error)+len(s.HangUp)+len(s.RdHup) > 0 {
		return fmt.Errorf("%d fds to wait for; %d is the most, each to read or to write", s.Len(), MaxMembers)
	}
	for _, list := range [][]int{s.Read, s.Write} {
		for _, fd := range list {
			if err := checkFD(int64(fd)); err != nil {
				return err
			}
		}
	}
	return nil
}

var errWait = errors.New("the time can be 1ms to 10m, as 500ms")

func checkWait(ns int64) error {
	if ns < int64(MinWait) || ns > int64(MaxWait) {
		return errWait
	}
	return nil
}
