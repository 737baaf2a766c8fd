package run

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"sockscope/server/socket"
	"sockscope/server/trace"
)

// maxActs is how many calls of a learner wait while the agent's thread is
// blocked in one.
const maxActs = 8

// maxRecv is the largest room for bytes that a learner may give a recv.
const maxRecv = 64 << 10

// checkAct returns an error, for people, about an act that no agent could
// make a call of.
func checkAct(a *trace.Act) error {
	switch {
	case a == nil:
		return fmt.Errorf("the request names no call; it can be socket, connect, send, recv, shutdown or close")
	case a.Call == trace.Recv && (a.Size < 1 || a.Size > maxRecv):
		return fmt.Errorf("recv with room for %d bytes; it can be 1 to %d", a.Size, maxRecv)
	case a.Call == trace.Shutdown && (a.How < 0 || a.How > 2):
		return fmt.Errorf("shutdown %d; it can be 0 (SHUT_RD), 1 (SHUT_WR) or 2 (SHUT_RDWR)", a.How)
	}
	switch a.Call {
	case trace.Socket, trace.Connect, trace.Send, trace.Recv, trace.Shutdown, trace.Close:
		return nil
	}
	return fmt.Errorf("%v is no call of the agent's; those are socket, connect, send, recv, shutdown and close", a.Call)
}

// agent makes the calls that a learner asks for, on one socket. Whatever the
// kernel can answer is left to the kernel: a send before connect is made, and
// returns its error.
type agent struct {
	addr string
	sock *socket.Socket
}

// agentMain makes one call for each act that arrives on fd 0, and after each
// writes a trace.Error to fd 1: empty when the call was made.
func agentMain(job assignment, area *trace.Area) error {
	acts := make(chan trace.Act, maxActs)
	go func() {
		for {
			var act trace.Act
			if trace.ReadFrame(fdReader(0), trace.MaxFrame, &act) != nil {
				// A thread that is blocked in a call would not notice.
				unix.Kill(os.Getpid(), unix.SIGKILL)
			}
			acts <- act
		}
	}()
	if err := socket.Attach(area, job.Sample); err != nil {
		return err
	}
	socket.Main(func() {
		a := agent{addr: job.Addr}
		for act := range acts {
			var answer trace.Error
			if err := a.make(&act); err != nil {
				answer.Text = err.Error()
			}
			trace.WriteFrame(os.Stdout, answer)
		}
	})
	return nil
}

// make makes the call. What the kernel answered is in the trace; an error says
// why there was nothing to ask it.
func (a *agent) make(act *trace.Act) error {
	if act.Call == trace.Socket {
		if a.sock != nil {
			return fmt.Errorf("there is a socket already, %v: close it before you make another", a.sock)
		}
		a.sock = socket.New(socket.AF_INET, socket.SOCK_STREAM)
		return nil
	}
	if a.sock == nil {
		return fmt.Errorf("%v needs a socket, and there is none: make one first", act.Call)
	}
	switch act.Call {
	case trace.Connect:
		a.sock.Connect(a.addr)
	case trace.Send:
		a.sock.Send(act.Data)
	case trace.Recv:
		a.sock.Recv(act.Size)
	case trace.Shutdown:
		a.sock.Shutdown(act.How)
	case trace.Close:
		a.sock.Close()
		a.sock = nil
	}
	return nil
}
