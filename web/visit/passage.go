package visit

import (
	"sockscope/server/trace"
	"sockscope/web/play"
)

// Passage is a flow at the position, from its sends to its recvs.
func (f *Focus) Passage(fl Flow) play.Passage {
	c := &f.Player.Run.Conns[fl.Conn]
	client, server := f.queuesOf(c.Client.User(f.Pos()), c.Addr, true), f.queuesOf(c.Server.User(f.Pos()), c.Addr, false)
	from, to := client, server
	if fl.Way == 1 {
		from, to = to, from
	}
	return f.Player.Run.Passage(fl.Conn, fl.Way, f.Pos(),
		play.Reading{Bytes: int64(from.Send), At: from.SendAt}, play.Reading{Bytes: int64(to.Recv), At: to.RecvAt})
}

// queuesOf returns the newest readings of an end of the connection of a client's address.
// An end that no process has, as it isn't accepted yet, or is closed and still sends, is
// in the kernel's table alone.
func (f *Focus) queuesOf(e play.End, addr string, client bool) trace.FDState {
	state := f.State()
	if e.Proc >= 0 && e.Proc < len(state.Procs) {
		if fd := state.Procs[e.Proc].FD(e.FD); fd != nil {
			return *f.freshest(fd)
		}
	}
	for i := range state.Sockets {
		if k := &state.Sockets[i]; client && k.Local == addr || !client && k.Peer == addr {
			return trace.FDState{Recv: k.Recv, Send: k.Send, RecvAt: state.SocketsAt, SendAt: state.SocketsAt}
		}
	}
	return trace.FDState{RecvAt: -1, SendAt: -1}
}

// RecvOf returns the step of recv i of a flow, -1 where there is none.
func (f *Focus) RecvOf(fl Flow, i int) int {
	if recvs := f.Player.Run.Conns[fl.Conn].Flows[fl.Way].Recvs; i >= 0 && i < len(recvs) {
		return recvs[i].Step
	}
	return -1
}
