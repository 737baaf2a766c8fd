package web

import (
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// kernelPane shows what the kernel holds for the selected lane's process: the
// fd table with queues and backlog, the lists of select; or the kernel's own
// table of all sockets; or why a call sleeps; or the lab's text. Below it stands
// the question that is open, or the answer that was given.
type kernelPane struct {
	app.Compo
	S   *session
	Rev int

	shown *play.Question // that was open when it was last drawn
}

// kernelView is what the kernel pane shows.
type kernelView uint8

const (
	fdsView     kernelView = iota // the fd table of the selected lane's process
	netstatView                   // the kernel's own table of all sockets
	whyView                       // why the selected lane's call sleeps, or woke
	aboutView                     // the lab's text
	tableView                     // the figures of a comparison
)

func (c *kernelPane) Render() app.UI {
	s := c.S
	var body app.UI
	title, how := "Kernel", app.UI(nil)
	below := c.ask
	if s.versus != nil {
		below = c.race
	}
	switch {
	case s.veiled():
		title, body = "Hidden", elc("div", "veil")
	case s.view == tableView:
		title, body, how = "Figures", s.table(), provenance(trace.Observed, "unless marked")
	case s.view == aboutView:
		title, body = "About", about(s.Lab)
	case s.state() == nil:
		body = elc("p", "hint").Text("When a run has begun: the fds of the selected process, their states and queues, and what select was asked and answered.")
	case s.view == netstatView:
		body, how = sockets(s.state(), s.pos()), provenance(trace.Sampled, "")
	case s.view == whyView:
		title, body = "Why", c.why()
	default:
		body, how = s.fds(), s.queuesRead()
	}
	return elc("section", "pane p-kernel").Aria("label", title).Body(
		elc("div", "ph2").Body(
			el("h2").Text(title),
			elc("span", "seg").Role("group").Aria("label", "What to show").Body(
				app.If(s.versus != nil, func() app.UI { return c.tab("table", tableView) }),
				c.tab("fds", fdsView),
				app.If(s.versus == nil, func() app.UI { return c.tab("netstat", netstatView) }),
				c.tab("why", whyView), c.tab("about", aboutView),
			),
			elc("span", "sp"),
			app.If(s.versus != nil && s.revealed() && len(s.versus.rounds) > 1, c.rounds),
			how,
		),
		elc("div", "scroll").ID("kernel").TabIndex(0).Body(body),
		below(),
	)
}

// OnUpdate brings what may be lit into view when a question opens.
func (c *kernelPane) OnUpdate(ctx app.Context) {
	q := c.S.question()
	if q == c.shown {
		return
	}
	if c.shown = q; q != nil && len(q.Members) > 0 {
		ctx.Defer(func(app.Context) {
			all := app.Window().Get("document").Call("querySelectorAll", "#kernel .out button.m")
			if n := all.Length(); n > 0 {
				all.Index(n-1).Call("scrollIntoView", map[string]any{"block": "nearest"})
			}
		})
	}
}

func (c *kernelPane) tab(name string, v kernelView) app.UI {
	return button(func(app.Context, app.Event) { c.S.show(v) }, app.EventScope("tab", int(v))).
		Aria("pressed", c.S.view == v).Text(name)
}

func (s *session) show(v kernelView) {
	s.view = v
	s.rev++
}

// provenance is the badge that says how something is known.
func provenance(p trace.Provenance, text string) app.HTMLElem {
	if text == "" {
		text = p.String()
	}
	return elc("span", "badge").Body(app.Raw(marks[p&3]), app.Text(text))
}

// marks are the signs of trace.Provenance.
var marks = [...]string{markObserved, markSampled, markInferred, markInjected}

// queuesRead says when the queues that are shown were read.
func (s *session) queuesRead() app.UI {
	state := s.state()
	newest := int64(-1)
	if p := s.proc(); p < len(state.Procs) {
		for i := range state.Procs[p].FDs {
			newest = max(newest, s.freshest(&state.Procs[p].FDs[i]).QueuesAt)
		}
	}
	if newest < 0 {
		return nil
	}
	return provenance(trace.Sampled, beside(newest, state.Time, s.pos())).Title("When the queues were read: before or after which step")
}

// beside says how far a reading at t lies from the step pos at time now.
func beside(t, now int64, pos int) string {
	switch {
	case t > now:
		return fmt.Sprintf("%s after %d", span(t-now), pos)
	case t < now:
		return fmt.Sprintf("%s before %d", span(now-t), pos)
	}
	return fmt.Sprintf("at %d", pos)
}

// column is one fd as it is drawn.
type column struct {
	fd     *trace.FDState // nil for a free number
	number int
	name   string
}

// minColumns is how many fds the table has room for; free numbers fill it.
const minColumns = 5

func (s *session) columns(p *trace.ProcState) []column {
	var out []column
	for i := range p.FDs {
		f := s.freshest(&p.FDs[i])
		name := "socket"
		switch f.Kind {
		case trace.FDListener:
			name = "listener"
		case trace.FDConn:
			if name = s.Player.Run.Peer(s.proc(), f.FD, s.pos()); name == "" {
				name = "connected"
				if s.Player.Run.Untraced() {
					name = f.Peer[strings.LastIndexByte(f.Peer, ':')+1:]
				}
			}
		case trace.FDEpoll, trace.FDKqueue:
			name = "interest list"
		case trace.FDEventfd:
			name = "waker"
		case trace.FDFile:
			name = "no socket"
		}
		out = append(out, column{f, f.FD, name})
	}
	// The kernel gives out the lowest free number (open(2)); 0, 1 and 2 are the
	// standard streams.
	for n := 3; len(out) < minColumns; n++ {
		if !slices.ContainsFunc(out, func(c column) bool { return c.number == n }) {
			out = append(out, column{nil, n, "free"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].number < out[j].number })
	return out
}

// freshest returns f with the newest reading of its queues: that beside a call
// of its own process, or that of the kernel's whole table.
func (s *session) freshest(f *trace.FDState) *trace.FDState {
	state := s.state()
	if f.Local == "" || state.SocketsAt <= f.QueuesAt {
		return f
	}
	for i := range state.Sockets {
		k := &state.Sockets[i]
		listens := k.State == trace.Listening
		if k.Local != f.Local || listens != (f.Kind == trace.FDListener) || !listens && k.Peer != f.Peer {
			continue
		}
		fresh := *f
		fresh.Recv, fresh.Send, fresh.State, fresh.How, fresh.QueuesAt = k.Recv, k.Send, k.State, trace.Sampled, state.SocketsAt
		return &fresh
	}
	return f
}

// fds is the fd table, and below it, where no lists of select need the room,
// the kernel's own table.
func (s *session) fds() app.UI {
	state := s.state()
	var mux *trace.MuxState
	if p := s.proc(); p < len(state.Procs) && !state.Procs[p].Exited {
		mux = state.Procs[p].Muxed
	}
	return el("div").Body(
		fdTable(s),
		app.If(mux != nil && mux.Call == trace.Select, func() app.UI { return app.Raw(bitsOf(mux)) }),
		app.If(mux == nil && state.Sockets != nil, func() app.UI {
			return elc("section", "below").Body(el("h3").Text("All sockets"), sockets(state, s.pos()))
		}),
	)
}

func fdTable(s *session) app.UI {
	pi := s.proc()
	state := s.state()
	if pi >= len(state.Procs) || !state.Procs[pi].Started {
		return elc("p", "hint").Text("This process has not started yet.")
	}
	p := &state.Procs[pi]
	if p.Exited {
		end := "has exited"
		if p.Status < 0 {
			end = "was killed by " + trace.SignalName(-p.Status)
		}
		if p.Zombie {
			end += " and is a zombie until its parent waits for it"
		}
		return elc("p", "hint").Text("This process " + end + ", and the kernel has closed its fds. Step back to see them.")
	}
	cols := s.columns(p)
	class := "kern"
	if len(cols) > minColumns {
		class = "kern many"
	}
	row := func(class, head string, cell func(c *column) app.UI) app.UI {
		return elc("tr", class).Body(
			el("th").Attr("scope", "row").Text(head),
			app.Range(cols).Slice(func(i int) app.UI {
				td := el("td")
				if cols[i].fd == nil {
					return td.Class("ghost")
				}
				return td.Body(cell(&cols[i]))
			}),
		)
	}
	return elc("table", class).Body(
		elc("caption", "vh").Text("File descriptors of "+s.procs()[pi].Name),
		el("thead").Body(el("tr").Body(
			el("th").Attr("scope", "row").Body(app.Text("fds of"), app.ElemSelfClosing("br"), app.Text(s.procs()[pi].Name)),
			app.Range(cols).Slice(func(i int) app.UI {
				th := el("th").Attr("scope", "col")
				if cols[i].fd == nil {
					th = th.Class("ghost")
				}
				return th.Body(el("b").Text(cols[i].number), el("span").Text(cols[i].name))
			}),
		)),
		el("tbody").Body(
			row("st", "state", func(c *column) app.UI { return app.Text(stateWord(c.fd)) }),
			row("st", "mode", func(c *column) app.UI { return app.Text(modeWord(c.fd)) }),
			app.If(s.shares(cols), func() app.UI {
				return row("st", "also open in", func(c *column) app.UI { return app.Text(s.others(c.fd)) })
			}),
			row("queues", "Recv-Q and Send-Q", func(c *column) app.UI { return s.queues(c.fd) }),
			row("age", "read at", func(c *column) app.UI { return app.Text(ageWord(c.fd, state.Time)) }),
			app.IfSlice(p.Muxed != nil, func() []app.UI { return s.readiness(p, cols, row) }),
		),
	)
}

// shares reports whether another process has an fd of what one of cols stands for.
func (s *session) shares(cols []column) bool {
	return slices.ContainsFunc(cols, func(c column) bool { return c.fd != nil && s.others(c.fd) != "" })
}

// others names the other processes that have an fd of what f stands for.
func (s *session) others(f *trace.FDState) string {
	text := ""
	for _, p := range s.state().Holders(f.File) {
		if p != s.proc() && p < len(s.procs()) {
			text += " " + s.procs()[p].Tag
		}
	}
	return text
}

// answerWord says what came of the newest select.
func answerWord(m *trace.MuxState) string {
	switch {
	case m.Open:
		return "the call has not returned"
	case m.Result < 0:
		return "the call failed"
	case m.Result == 0:
		return "0: the time was up"
	case m.Sleep == trace.Slept:
		return fmt.Sprintf("%d, after it slept", m.Result)
	case m.Sleep == trace.SleepUnknown:
		return fmt.Sprintf("%d; whether it slept is not known", m.Result)
	}
	return fmt.Sprintf("%d, at once", m.Result)
}

func stateWord(f *trace.FDState) string {
	switch f.Kind {
	case trace.FDEpoll:
		return "epoll"
	case trace.FDKqueue:
		return "kqueue"
	case trace.FDEventfd:
		return "eventfd"
	case trace.FDFile:
		return "file"
	}
	w := f.State.String()
	if f.ShutWrite && f.State == trace.Established {
		w += " w/o write"
	}
	return w
}

func modeWord(f *trace.FDState) string {
	if !f.Kind.Socket() {
		return ""
	}
	if f.NonBlocking {
		return "O_NONBLOCK"
	}
	return "blocking"
}

func ageWord(f *trace.FDState, now int64) string {
	switch {
	case !f.Kind.Socket():
		return ""
	case f.QueuesAt < 0:
		return "not read"
	case f.QueuesAt >= now:
		return "+" + span(f.QueuesAt-now)
	}
	return "−" + span(now-f.QueuesAt)
}

// queues draws the two tanks of a connection, or the backlog of a listener.
func (s *session) queues(f *trace.FDState) app.UI {
	switch {
	case f.Kind == trace.FDListener:
		return s.backlog(f)
	case !f.Kind.Socket():
		return nil // it has no queues
	}
	if f.QueuesAt < 0 {
		return elc("div", "tanks").Body(
			elc("span", "tank none").Body(elc("i", "lv-0"), el("b").Text("?"), app.Text("recv")),
			elc("span", "tank none").Body(elc("i", "lv-0"), el("b").Text("?"), app.Text("send")),
		)
	}
	return elc("div", "tanks").Body(
		elc("span", "tank").Body(el("i").Class(level(f.Recv)), el("b").Text(f.Recv), app.Text("recv")),
		elc("span", "tank").Body(el("i").Class(level(f.Send)), el("b").Text(f.Send), app.Text("send")),
	)
}

// level is the class of a tank that holds n bytes: empty at 0, and a step of
// one twentieth for each doubling, full at a megabyte. The number below the
// tank is the truth.
func level(n int) string {
	if n <= 0 {
		return "lv-0"
	}
	return fmt.Sprintf("lv-%d", min(bits.Len(uint(n)), 20))
}

// maxSlots bounds the drawn slots of a backlog; a longer one says its size.
const maxSlots = 8

// backlog draws a slot for each connection that may wait, those that wait at
// the bottom. How many the kernel said is sampled; who they are, and who has
// come since, is inferred from the connections that were made and not accepted.
func (s *session) backlog(f *trace.FDState) app.UI {
	if f.QueuesAt < 0 {
		return elc("div", "slots").Body(app.Text("backlog"))
	}
	waiting := s.waiting(f)
	later := max(0, len(waiting)-f.Recv)
	for len(waiting) < f.Recv {
		waiting = append(waiting, "")
	}
	waiting = waiting[:min(len(waiting), maxSlots)]
	free := max(0, min(f.Send, maxSlots)-len(waiting))
	class := "slots"
	if f.Send > 6 {
		class = "slots small"
	}
	return elc("div", class).Aria("label", fmt.Sprintf("backlog: %d of %d, %d more since then, inferred", f.Recv, f.Send, later)).Body(
		app.Range(make([]int, free)).Slice(func(int) app.UI { return el("i") }),
		app.Range(waiting).Slice(func(k int) app.UI {
			i := len(waiting) - 1 - k // the first to come is the lowest
			slot := elc("i", "f")
			if i >= f.Recv {
				slot = elc("i", "f since").Title("since the reading, inferred")
			}
			return slot.Text(waiting[i])
		}),
		el("span").Title("listen's backlog is a limit that Linux exceeds by one").Text(backlogWord(f)),
	)
}

// waiting returns the tags of the clients that are connected to a listener and
// not accepted, in the order in which they came.
func (s *session) waiting(f *trace.FDState) []string {
	run, pos := s.Player.Run, s.pos()
	var tags []string
	for i := range run.Conns {
		c := &run.Conns[i]
		if c.Client.Proc < 0 || c.Client.Proc >= len(run.Header.Procs) || c.Client.Opened >= pos {
			continue // not connected
		}
		if c.Server.Proc >= 0 && c.Server.Opened < pos {
			continue // accepted
		}
		if to := run.Steps[c.Client.Opened].Addr; to != "" && to != f.Local {
			continue // to somebody else
		}
		tags = append(tags, run.Header.Procs[c.Client.Proc].Tag)
	}
	return tags
}

// sockets is the kernel's own table, as netstat(8) prints it.
// backlogWord says how full a listener's backlog was. Linux lets in one more than
// the limit (listen(2) sets it, net/sock.h compares with >).
func backlogWord(f *trace.FDState) string {
	if f.Recv > f.Send {
		return fmt.Sprintf("%d, limit %d", f.Recv, f.Send)
	}
	return fmt.Sprintf("%d of %d", f.Recv, f.Send)
}

func sockets(state *trace.State, pos int) app.UI {
	if state.Sockets == nil {
		return elc("p", "hint").Text("The kernel's table has not been read yet at this point of the run.")
	}
	rows := state.Sockets
	return el("div").Body(
		app.Raw(`<p class="hint">`+withCode("As `ss -tan` prints it; a listener's queues are its backlog: waiting, and limit. Read "+beside(state.SocketsAt, state.Time, pos)+".")+"</p>"),
		elc("table", "stat").Body(
			el("thead").Body(el("tr").Body(
				el("th").Attr("scope", "col").Text("Recv-Q"), el("th").Attr("scope", "col").Text("Send-Q"),
				el("th").Attr("scope", "col").Text("local"), el("th").Attr("scope", "col").Text("peer"), el("th").Attr("scope", "col").Text("state"),
			)),
			el("tbody").Body(app.Range(rows).Slice(func(i int) app.UI {
				k := &rows[i]
				peer := k.Peer
				if peer == "" {
					peer = "*"
				}
				return el("tr").Body(
					elc("td", "r").Text(k.Recv), elc("td", "r").Text(k.Send),
					el("td").Text(k.Local), el("td").Text(peer), el("td").Text(k.State.String()),
				)
			})),
		),
	)
}
