package visit

import (
	"fmt"
	"math"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Flow is one direction of one connection, or the datagrams from a socket to an address;
// the zero value, where one is to be shown, follows the lane.
type Flow struct {
	Conn, Way int // index in Run.Conns, and in its Flows
	Post      int // index in Run.Posts, plus one; 0 is a connection

	fixed bool // it was picked
}

// Flows lists the directions of the connections that there are at the position.
func (f *Focus) Flows() []Flow {
	if f.Player == nil {
		return nil
	}
	var out []Flow
	for i := range f.Player.Run.Conns {
		c := &f.Player.Run.Conns[i]
		if min(opened(c.Client), opened(c.Server)) < f.Pos() {
			out = append(out, Flow{Conn: i, Way: 0}, Flow{Conn: i, Way: 1})
		}
	}
	for i := range f.Player.Run.Posts {
		if p := &f.Player.Run.Posts[i]; f.Player.Run.Datagrams[p.List[0]].Enter < f.Pos() {
			out = append(out, Flow{Post: i + 1})
		}
	}
	return out
}

// opened is the step from which an end is known, far away for one that isn't.
func opened(e play.End) int {
	if e.Proc < 0 {
		return math.MaxInt
	}
	return e.Opened
}

// FlowAt returns the index of the flow to show, -1 for none: the one that was
// picked, else the newest one in which the selected lane's process has moved
// bytes, else what the newest client will send.
func (f *Focus) FlowAt(flows []Flow) int {
	best, bestStep := len(flows)-1, -1
	for best > 0 && (flows[best].Way > 0 || flows[best].Post > 0) {
		best--
	}
	for i, fl := range flows {
		if f.flow.fixed && fl.Conn == f.flow.Conn && fl.Way == f.flow.Way && fl.Post == f.flow.Post {
			return i
		}
		if fl.Post > 0 {
			if step := f.lastLetter(fl.Post - 1); step > bestStep {
				best, bestStep = i, step
			}
			continue
		}
		c := &f.Player.Run.Conns[fl.Conn]
		if !c.Client.Of(f.Proc()) && !c.Server.Of(f.Proc()) {
			continue
		}
		if step := lastMove(&c.Flows[fl.Way], f.Pos()); step > bestStep {
			best, bestStep = i, step
		}
	}
	return best
}

// lastMove returns the last step before pos that moved bytes of the flow, -1
// for none.
func lastMove(f *play.Flow, pos int) int {
	last := -1
	for _, moves := range [][]play.Move{f.Sends, f.Recvs} {
		for i := range moves {
			if moves[i].Step < pos {
				last = max(last, moves[i].Step)
			}
		}
	}
	return last
}

// lastLetter returns the last step before the position in which the selected lane's
// process sent or got a datagram of a post, -1 for none.
func (f *Focus) lastLetter(post int) int {
	run, last := f.Player.Run, -1
	for _, k := range run.Posts[post].List {
		d := &run.Datagrams[k]
		if d.Proc == f.Proc() && d.Enter < f.Pos() {
			last = max(last, d.Enter)
		}
		if d.Recv >= 0 && d.Recv < f.Pos() && run.Gist(d.Recv).Proc == f.Proc() {
			last = max(last, d.Recv)
		}
	}
	return last
}

// PickFlow shows a flow until another lane is selected.
func (f *Focus) PickFlow(fl Flow) {
	f.flow = fl
	f.flow.fixed = true
	f.Rev++
}

// showFlow shows the bytes that the call at a step has moved.
func (f *Focus) showFlow(step int) {
	f.flow = Flow{}
	if conn, way, _, ok := f.Player.Run.Flow(step); ok {
		f.PickFlow(Flow{Conn: conn, Way: way})
	} else if d := f.Player.Run.DatagramAt(step); d != nil {
		f.PickFlow(Flow{Post: d.Post + 1})
	}
}

// FlowName names a direction: "client 1 fd 3 to server fd 4".
func (f *Focus) FlowName(fl Flow) string {
	if fl.Post > 0 {
		return f.PostName(fl.Post - 1)
	}
	c := &f.Player.Run.Conns[fl.Conn]
	from, to := f.endName(c.Client, c.Addr), f.endName(c.Server, "not accepted")
	if fl.Way == 1 {
		from, to = to, from
	}
	return from + " to " + to
}

// endName names the process and the fd of an end, as far as they are known at the position.
func (f *Focus) endName(e play.End, unknown string) string {
	if opened(e) >= f.Pos() {
		return unknown
	}
	if e = e.User(f.Pos()); e.Proc >= len(f.Procs()) {
		return unknown
	}
	return fmt.Sprintf("%s fd %d", f.Procs()[e.Proc].Name, e.FD)
}

// Followed returns what the call that is followed, or that the walk's stop lights, moved
// of a flow: nothing, where there is no such call or it moved other bytes.
func (f *Focus) Followed(fl Flow) (m play.Move) {
	if at, light := f.Lit(); light&lab.OnBytes != 0 && at.Conn == fl.Conn && at.Way == fl.Way && at.Post == 0 {
		return at.Bytes
	}
	if f.picked > 0 {
		run := f.Player.Run
		if conn, way, moved, ok := run.Flow(run.Calls[f.picked-1].Enter); ok && conn == fl.Conn && way == fl.Way {
			m = moved
		}
	}
	return m
}

// flowOf returns a flow, which is one of a connection. If the peer is not traced, only the server's side is known.
// What the server received then stands for the sends. Nobody knows whether what it
// sent was received.
func (f *Focus) flowOf(fl Flow) play.Flow {
	run := f.Player.Run
	flow := run.Conns[fl.Conn].Flows[fl.Way]
	if run.Untraced() {
		if fl.Way == 0 {
			flow.Sends = flow.Recvs
		}
		flow.Recvs = nil
	}
	return flow
}

// SendOf returns the step of send i of a flow, -1 where there is none.
func (f *Focus) SendOf(fl Flow, i int) int {
	if sends := f.flowOf(fl).Sends; i >= 0 && i < len(sends) {
		return sends[i].Step
	}
	return -1
}

// StreamOf returns a flow as it is at the position.
func (f *Focus) StreamOf(fl Flow) Stream {
	flow := f.flowOf(fl)
	st := streamAt(&flow, f.Pos())
	if f.Player.Run.Untraced() {
		st.Alone, st.Received, st.Read = true, fl.Way == 0, st.Sent
	}
	return st
}

// Key says, as HTML, what the underlines and the tint mean, and leads to the newest
// sends. off is where the bytes that show begin. That a byte waits is inferred: it
// was sent and not received.
func (s *Stream) Key(off int64) string {
	out := ""
	if s.Sent == 0 {
		out = "<span>no send this way has returned yet</span>"
	}
	if off > 0 {
		out = fmt.Sprintf("<span>from byte %d on</span>", off)
	}
	first := max(0, len(s.Sends)-SendClasses)
	for i := first; i < len(s.Sends); i++ {
		m := &s.Sends[i]
		c := Cell{Send: i, Wait: m.Off >= s.Read}
		call, fate := "send", "received"
		switch {
		case s.Received:
			call = "recv"
			fallthrough
		case s.Alone:
			fate = words.Count(m.Len, "byte")
		case c.Wait:
			fate = "not received yet, inferred"
		case m.Off+m.Len > s.Read:
			fate = fmt.Sprintf("%d of %d received", s.Read-m.Off, m.Len)
		}
		out += fmt.Sprintf(`<button type="button" data-send="%d" class="%s">%s %d: %s</button>`, i, c.Class(), call, i+1, fate)
	}
	switch first {
	case 0:
	case 1:
		out += "<span>before them send 1, underlined in turn</span>"
	default:
		out += fmt.Sprintf("<span>before them sends 1 to %d, underlined in turn</span>", first)
	}
	for i := range s.Sends {
		if m := &s.Sends[i]; m.Off+m.Len > off && m.Len > int64(len(s.flow.Bytes(m))) {
			out += fmt.Sprintf("<span>·· not kept: of a call the trace has %d bytes</span>", trace.DataCap)
			break
		}
	}
	return `<div class="bkey">` + out + "</div>"
}
