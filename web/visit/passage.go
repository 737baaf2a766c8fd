package visit

import "sockscope/web/play"

// Passage is a flow at the position, from its sends to its recvs.
func (f *Focus) Passage(fl Flow) play.Passage {
	c := &f.Player.Run.Conns[fl.Conn]
	from, to := c.Client.User(f.Pos()), c.Server.User(f.Pos())
	if fl.Way == 1 {
		from, to = to, from
	}
	sendQ, recvQ := play.Reading{At: -1}, play.Reading{At: -1}
	state := f.State()
	if from.Proc >= 0 && from.Proc < len(state.Procs) {
		if fd := state.Procs[from.Proc].FD(from.FD); fd != nil {
			fd = f.freshest(fd)
			sendQ = play.Reading{Bytes: int64(fd.Send), At: fd.SendAt}
		}
	}
	if to.Proc >= 0 && to.Proc < len(state.Procs) {
		if fd := state.Procs[to.Proc].FD(to.FD); fd != nil {
			fd = f.freshest(fd)
			recvQ = play.Reading{Bytes: int64(fd.Recv), At: fd.RecvAt}
		}
	}
	return f.Player.Run.Passage(fl.Conn, fl.Way, f.Pos(), sendQ, recvQ)
}

// RecvOf returns the step of recv i of a flow, -1 where there is none.
func (f *Focus) RecvOf(fl Flow, i int) int {
	if recvs := f.Player.Run.Conns[fl.Conn].Flows[fl.Way].Recvs; i >= 0 && i < len(recvs) {
		return recvs[i].Step
	}
	return -1
}
