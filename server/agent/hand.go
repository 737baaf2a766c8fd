package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sockscope/server/byhand"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// ByHand is the kind of an agent that has any number of sockets, in the setting "type" of
// its process. Its acts name everything; see package byhand.
const ByHand = "hand"

// hand makes any call on its own sockets. What the kernel refuses, the trace says: an
// error of a hand's says why there was nothing to ask the kernel.
type hand struct {
	sockets map[int]*socket.Socket
	lists   map[int]*socket.Epoll
}

func (h *hand) make(a *trace.Act) (err error) {
	if err := byhand.Check(a); err != nil {
		return err
	}
	stopped := socket.Attempt(func() { err = h.call(a) })
	var told socket.Errno
	if stopped != nil && !errors.As(stopped, &told) {
		return stopped
	}
	return err
}

// call makes the call of an act that was checked.
func (h *hand) call(a *trace.Act) error {
	switch a.Call {
	case trace.Socket:
		if s, err := socket.Try(int(a.Args[0]), int(a.Args[1])); err == nil {
			h.sockets[s.Fileno()] = s
		}
		return nil
	case trace.Eventfd:
		s := socket.NewEventfd()
		h.sockets[s.Fileno()] = s
		return nil
	case trace.EpollCreate:
		e := socket.NewEpoll()
		h.lists[e.Fileno()] = e
		return nil
	case trace.Nanosleep:
		socket.Sleep(time.Duration(a.Timeout))
		return nil
	case trace.Select, trace.Poll:
		return h.wait(a)
	case trace.EpollCtl, trace.EpollWait:
		return h.list(a)
	case trace.Close:
		if e := h.lists[a.FD]; e != nil {
			e.Close()
			delete(h.lists, a.FD)
			return nil
		}
	}
	s, err := h.socket(a.FD)
	if err != nil {
		return err
	}
	switch a.Call {
	case trace.Accept:
		if conn, err := s.Accept(); err == nil {
			h.sockets[conn.Fileno()] = conn
		}
	case trace.Close:
		s.Close()
		delete(h.sockets, a.FD)
	default:
		one(s, a)
	}
	return nil
}

// one makes a call that is about one socket, and neither makes nor closes one.
func one(s *socket.Socket, a *trace.Act) {
	switch a.Call {
	case trace.Bind:
		s.Bind(a.Addr)
	case trace.Listen:
		s.Listen(int(a.Args[0]))
	case trace.Connect:
		s.Connect(a.Addr)
	case trace.Send:
		s.Send(a.Data, int(a.Args[0]))
	case trace.Recv:
		s.Recv(a.Size)
	case trace.Sendto:
		s.Sendto(a.Data, a.Addr)
	case trace.Recvfrom:
		s.Recvfrom(a.Size, int(a.Args[0]))
	case trace.Writev:
		var pieces [][]byte
		for data, sizes := a.Data, a.Args; len(sizes) > 0; data, sizes = data[sizes[0]:], sizes[1:] {
			pieces = append(pieces, data[:sizes[0]])
		}
		s.Writev(pieces...)
	case trace.Write:
		s.Notify()
	case trace.Shutdown:
		s.Shutdown(int(a.Args[0]))
	case trace.Fcntl:
		s.SetBlocking(a.Args[1] == 0)
	case trace.Setsockopt:
		set(s, int(a.Args[0]), int(a.Args[1]), int(a.Args[2]))
	case trace.Getsockopt:
		s.GetOption(int(a.Args[0]), int(a.Args[1]))
	case trace.Getsockname:
		s.Getsockname()
	case trace.Getpeername:
		s.Getpeername()
	}
}

// set sets an option, each in the form that the kernel takes.
func set(s *socket.Socket, level, option, value int) {
	switch {
	case level == socket.SOL_SOCKET && option == socket.SO_LINGER:
		s.SetLinger(value)
	case level == socket.SOL_SOCKET && option == socket.SO_RCVTIMEO:
		s.SetRecvTimeout(time.Duration(value) * time.Microsecond)
	default:
		s.SetOption(level, option, value)
	}
}

// wait makes a select or a poll.
func (h *hand) wait(a *trace.Act) error {
	sets := a.Sets
	if sets == nil {
		sets = new(trace.Sets)
	}
	interest := socket.Interest{}
	inputs, outputs := socket.Set{}, socket.Set{}
	for _, fd := range sets.Read {
		s, err := h.socket(fd)
		if err != nil {
			return err
		}
		inputs[s] = true
		interest[s] |= socket.POLLIN
	}
	for _, fd := range sets.Write {
		s, err := h.socket(fd)
		if err != nil {
			return err
		}
		outputs[s] = true
		interest[s] |= socket.POLLOUT
	}
	if a.Call == trace.Select {
		socket.Select(inputs, outputs, limit(a)...)
	} else {
		socket.Poll(interest, limit(a)...)
	}
	return nil
}

// list makes a call about an epoll's list.
func (h *hand) list(a *trace.Act) error {
	e := h.lists[a.FD]
	if e == nil {
		return fmt.Errorf("%v: fd %d is no epoll's; epoll_create1 makes one", a.Call, a.FD)
	}
	if a.Call == trace.EpollWait {
		e.Wait(limit(a)...)
		return nil
	}
	s, err := h.socket(int(a.Args[1]))
	if err != nil {
		return err
	}
	const add, modify = 1, 3
	switch events := socket.Events(a.Args[2]); a.Args[0] {
	case add:
		e.Add(s, events)
	case modify:
		e.Modify(s, events)
	default:
		e.Delete(s)
	}
	return nil
}

// limit returns the act's timeout as the package socket takes it.
func limit(a *trace.Act) []time.Duration {
	if a.Timeout == trace.Forever {
		return nil
	}
	return []time.Duration{time.Duration(a.Timeout)}
}

// socket returns the socket with the fd.
func (h *hand) socket(fd int) (*socket.Socket, error) {
	if s := h.sockets[fd]; s != nil {
		return s, nil
	}
	if h.lists[fd] != nil {
		return nil, fmt.Errorf("fd %d is an epoll's list, and this takes a socket", fd)
	}
	if len(h.sockets) == 0 {
		return nil, fmt.Errorf("fd %d is not open: this side has no socket; make one first", fd)
	}
	var have []int
	for fd := range h.sockets {
		have = append(have, fd)
	}
	slices.Sort(have)
	return nil, fmt.Errorf("fd %d is not open; this side has %s", fd, strings.Trim(strings.ReplaceAll(fmt.Sprint(have), " ", ", "), "[]"))
}
