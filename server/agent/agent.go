// Package agent makes the socket calls that a learner asks for, one at a time. They
// are real calls in a process of its own, and block when the kernel has them block.
package agent

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/byhand"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// MaxWaiting is how many calls of a learner wait while another is under way.
const MaxWaiting = 8

// MaxRecv is the largest room for bytes, in bytes, that a learner may give a recv.
const MaxRecv = 64 << 10

// Check returns an error, for people, about an act that an agent of a kind can't make a
// call of.
func Check(a *trace.Act, kind string) error {
	switch {
	case a == nil:
		return fmt.Errorf("the request names no call; it can be socket, connect, send, recv, sendto, recvfrom, shutdown or close")
	case kind == ByHand:
		return byhand.Check(a)
	case a.Call.Receives() && (a.Size < 1 || a.Size > MaxRecv):
		return fmt.Errorf("%v with room for %d bytes; it can be 1 to %d", a.Call, a.Size, MaxRecv)
	case a.Call == trace.Send && (a.Size < 0 || a.Size > MaxRecv):
		return fmt.Errorf("send in pieces of %d bytes; they can have 1 to %d, or 0 for all at once", a.Size, MaxRecv)
	case a.Call == trace.Shutdown && (a.How < 0 || a.How > 2):
		return fmt.Errorf("shutdown %d; it can be 0 (SHUT_RD), 1 (SHUT_WR) or 2 (SHUT_RDWR)", a.How)
	}
	switch a.Call {
	case trace.Socket, trace.Connect, trace.Send, trace.Recv, trace.Sendto, trace.Recvfrom, trace.Shutdown, trace.Close:
		return nil
	}
	return fmt.Errorf("%v is no call of the agent's; those are socket, connect, send, recv, sendto, recvfrom, shutdown and close", a.Call)
}

// agent makes the calls on one socket. It asks the kernel whatever the kernel can
// answer: it makes a send before connect, which returns its error.
type agent struct {
	addr string
	kind int // of its sockets
	sock *socket.Socket
}

// Datagrams is the kind of sockets, in the setting "type" of an agent's process, that
// are UDP's. Those of another kind are TCP's.
const Datagrams = "datagrams"

// Serve makes one call for each [trace.Act] that arrives as a frame on in. After each
// it writes a [trace.Error] to out, which is empty when the call was made. When in
// ends, it kills this process: a thread that is blocked in a call would not notice. Its
// sockets are of a kind: see Datagrams and ByHand.
func Serve(in io.Reader, out io.Writer, addr, kind string) {
	acts := make(chan trace.Act, MaxWaiting)
	made := maker(addr, kind)
	go func() {
		for {
			var act trace.Act
			if trace.ReadFrame(in, trace.MaxFrame, &act) != nil {
				unix.Kill(os.Getpid(), unix.SIGKILL)
			}
			acts <- act
		}
	}()
	for act := range acts {
		var answer trace.Error
		if err := made(&act); err != nil {
			answer.Text = err.Error()
		}
		trace.WriteFrame(out, answer)
	}
}

// maker returns what makes the calls of an agent of a kind.
func maker(addr, kind string) func(*trace.Act) error {
	switch kind {
	case ByHand:
		h := hand{map[int]*socket.Socket{}, map[int]*socket.Epoll{}}
		return h.make
	case Datagrams:
		return (&agent{addr: addr, kind: socket.SOCK_DGRAM}).make
	}
	return (&agent{addr: addr, kind: socket.SOCK_STREAM}).make
}

// make makes the call. The kernel's answer is in the trace. An error says why there was
// nothing to ask the kernel.
func (a *agent) make(act *trace.Act) error {
	if act.Call == trace.Socket {
		if a.sock != nil {
			return fmt.Errorf("there is a socket already, %v: close it before you make another", a.sock)
		}
		a.sock = socket.New(socket.AF_INET, a.kind)
		return nil
	}
	if a.sock == nil {
		return fmt.Errorf("%v needs a socket, and there is none: make one first", act.Call)
	}
	switch act.Call {
	case trace.Connect:
		a.sock.Connect(a.addr)
	case trace.Send:
		a.send(act.Data, act.Size)
	case trace.Recv:
		a.sock.Recv(act.Size)
	case trace.Sendto:
		a.sock.Sendto(act.Data, a.addr)
	case trace.Recvfrom:
		a.sock.Recvfrom(act.Size, socket.MSG_TRUNC)
	case trace.Shutdown:
		a.sock.Shutdown(act.How)
	case trace.Close:
		a.sock.Close()
		a.sock = nil
	}
	return nil
}

// send sends data in pieces of size bytes, a call for each, or in one call for 0. It
// stops at one that fails, or that takes only a part.
func (a *agent) send(data []byte, size int) {
	for size > 0 && len(data) > size {
		if n, err := a.sock.Send(data[:size]); err != nil || n < size {
			return
		}
		data = data[size:]
	}
	a.sock.Send(data)
}
