package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// bytesPane shows the bytes of one direction of one connection, and what the
// programs have printed.
type bytesPane struct {
	app.Compo
	S      *session
	Rev    int
	Narrow bool // there is room for 8 bytes a row, not 16

	dumped dumped // what dump was made of
	dump   string // the bytes as HTML
}

// dumped tells one dump from another.
type dumped struct {
	run        *play.Run
	flow       flowPick
	sent, read int64
	from, len  int64 // of the bytes that are marked
	narrow     bool
}

// maxBytes is how much of a stream is shown: its last rows.
const maxBytes = 2048

func (c *bytesPane) Render() app.UI {
	s := c.S
	flows := s.flows()
	at := s.flowAt(flows)
	if at < 0 {
		return elc("div", "bytes").Body(
			elc("div", "ph2").Body(el("h2").Text("Bytes"), el("span").Text("no connection yet")),
			s.printed(),
		)
	}
	f := flows[at]
	st := s.streamOf(f)
	off := st.tail(maxBytes)
	hit := s.followed(f)
	if d := (dumped{s.Player.Run, f, st.sent, st.read, hit.Off, hit.Len, c.Narrow}); d != c.dumped {
		perRow := 16
		if c.Narrow {
			perRow = 8
		}
		c.dumped, c.dump = d, `<pre class="hex">`+hexdump(off, st.from(off, hit), perRow)+`</pre>`
	}
	return elc("div", "bytes").OnClick(c.onByte).Body(
		elc("div", "ph2").Body(
			el("h2").Text("Bytes"),
			elc("select", "pick").Aria("label", "Connection and direction").OnChange(c.onPick).Body(
				app.Range(flows).Slice(func(i int) app.UI {
					return option(fmt.Sprintf("%d.%d", flows[i].conn, flows[i].way), s.flowName(flows[i]), i == at)
				}),
			),
			el("span").Text(fmt.Sprintf("%d so far", st.sent)),
			elc("span", "sp"), provenance(trace.Observed, ""),
		),
		elc("div", "scroll").ID("bytes").TabIndex(0).Body(app.Raw(c.dump)),
		app.Raw(streamKey(&st, off)),
		s.printed(),
	)
}

// followed returns what the call that is followed moved of a flow: nothing, where
// there is no such call or it moved other bytes.
func (s *session) followed(f flowPick) (m play.Move) {
	if s.picked > 0 {
		run := s.Player.Run
		if conn, way, moved, ok := run.Flow(run.Calls[s.picked-1].Enter); ok && conn == f.conn && way == f.way {
			m = moved
		}
	}
	return m
}

// onByte goes to the send that a byte came from.
func (c *bytesPane) onByte(_ app.Context, e app.Event) {
	f := c.S.flowOf(c.dumped.flow)
	if i := number(e, "send"); i >= 0 && i < len(f.Sends) {
		c.S.goTo(f.Sends[i].Step)
	}
}

// flowOf returns a flow. Of one with a peer that is not traced one side is known:
// what the server received stands in place of the sends; of what it sent nobody
// knows whether it was received.
func (s *session) flowOf(f flowPick) play.Flow {
	run := s.Player.Run
	flow := run.Conns[f.conn].Flows[f.way]
	if run.Untraced() {
		if f.way == 0 {
			flow.Sends = flow.Recvs
		}
		flow.Recvs = nil
	}
	return flow
}

// streamOf returns a flow as it is at the position.
func (s *session) streamOf(f flowPick) stream {
	flow := s.flowOf(f)
	st := streamAt(&flow, s.pos())
	if s.Player.Run.Untraced() {
		st.alone, st.received, st.read = true, f.way == 0, st.sent
	}
	return st
}

// streamKey says what the underlines and the tint mean, and leads to the newest
// sends. That a byte waits is inferred: it was sent and not received.
func streamKey(st *stream, off int64) string {
	out := ""
	if st.sent == 0 {
		out = "<span>no send this way has returned yet</span>"
	}
	if off > 0 {
		out = fmt.Sprintf("<span>from byte %d on</span>", off)
	}
	first := max(0, len(st.sends)-sendClasses)
	for i := first; i < len(st.sends); i++ {
		m := &st.sends[i]
		c := cell{send: i, wait: m.Off >= st.read}
		call, fate := "send", "received"
		switch {
		case st.received:
			call = "recv"
			fallthrough
		case st.alone:
			fate = count(int(m.Len), "byte")
		case c.wait:
			fate = "not received yet, inferred"
		case m.Off+m.Len > st.read:
			fate = fmt.Sprintf("%d of %d received", st.read-m.Off, m.Len)
		}
		out += fmt.Sprintf(`<button type="button" data-send="%d" class="%s">%s %d: %s</button>`, i, c.class(), call, i+1, fate)
	}
	switch first {
	case 0:
	case 1:
		out += "<span>before them send 1, underlined in turn</span>"
	default:
		out += fmt.Sprintf("<span>before them sends 1 to %d, underlined in turn</span>", first)
	}
	for i := range st.sends {
		if m := &st.sends[i]; m.Off+m.Len > off && m.Len > int64(len(m.Bytes)) {
			out += fmt.Sprintf("<span>·· not kept: of a call the trace has %d bytes</span>", trace.DataCap)
			break
		}
	}
	return `<div class="bkey">` + out + "</div>"
}

func (c *bytesPane) onPick(ctx app.Context, _ app.Event) {
	conn, way, _ := strings.Cut(ctx.JSSrc().Get("value").String(), ".")
	p := flowPick{fixed: true}
	var errConn, errWay error
	p.conn, errConn = strconv.Atoi(conn)
	p.way, errWay = strconv.Atoi(way)
	if errConn == nil && errWay == nil {
		c.S.flow = p
		c.S.rev++
	}
}

// flows lists the directions of the connections that there are at the position.
func (s *session) flows() []flowPick {
	if s.Player == nil {
		return nil
	}
	var out []flowPick
	for i := range s.Player.Run.Conns {
		c := &s.Player.Run.Conns[i]
		if min(opened(c.Client), opened(c.Server)) < s.pos() {
			out = append(out, flowPick{conn: i, way: 0}, flowPick{conn: i, way: 1})
		}
	}
	return out
}

// opened is the step from which an end is known, far away for one that isn't.
func opened(e play.End) int {
	if e.Proc < 0 {
		return int(^uint(0) >> 1)
	}
	return e.Opened
}

// flowAt returns the index of the flow to show, -1 for none: the one that was
// picked, else the newest one in which the selected lane's process has moved
// bytes, else what the newest client will send.
func (s *session) flowAt(flows []flowPick) int {
	best, bestStep := max(-1, len(flows)-2), -1
	for i, f := range flows {
		if s.flow.fixed && f.conn == s.flow.conn && f.way == s.flow.way {
			return i
		}
		c := &s.Player.Run.Conns[f.conn]
		if !c.Client.Of(s.proc()) && !c.Server.Of(s.proc()) {
			continue
		}
		if step := lastMove(&c.Flows[f.way], s.pos()); step > bestStep {
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

// flowName names a direction: "client 1 to server".
func (s *session) flowName(f flowPick) string {
	c := &s.Player.Run.Conns[f.conn]
	from, to := s.endName(c.Client.User(s.pos()), c.Addr), s.endName(c.Server.User(s.pos()), "not accepted")
	if f.way == 1 {
		from, to = to, from
	}
	return from + " to " + to
}

func (s *session) endName(e play.End, unknown string) string {
	if e.Proc < 0 || e.Proc >= len(s.procs()) {
		return unknown
	}
	return fmt.Sprintf("%s fd %d", s.procs()[e.Proc].Name, e.FD)
}

// printed shows what the programs have written to their standard outputs.
func (s *session) printed() app.UI {
	type output struct{ name, text string }
	var outs []output
	if state := s.state(); state != nil {
		for i := range state.Procs {
			if o := state.Procs[i].Output; len(o) > 0 && i < len(s.procs()) {
				outs = append(outs, output{s.procs()[i].Name + " prints", string(o)})
			}
		}
	}
	if len(outs) == 0 {
		return el("div")
	}
	return elc("dl", "printed").Body(app.Range(outs).Slice(func(i int) app.UI {
		return el("div").Body(
			el("dt").Body(app.Text(outs[i].name)),
			el("dd").Body(el("pre").Text(outs[i].text)),
		)
	}))
}
