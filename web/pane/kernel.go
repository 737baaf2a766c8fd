package pane

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/play"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// Kernel shows what the kernel holds for the selected lane's process: the
// fd table with queues and backlog, the lists of select; or the kernel's own
// table of all sockets; or why a call sleeps; or the lab's text. Below it stands
// the question that is open, or the answer that was given.
type Kernel struct {
	app.Compo
	F   *visit.Focus
	Lab *lab.Lab
	Rev int

	shown *play.Question // that was open when it was last drawn
	came  int            // the stop that it was last scrolled for
}

func (c *Kernel) Render() app.UI {
	f := c.F
	title, body, how := kernelView(f, c.Lab, c.Rev)
	views := []visit.View{visit.FDs, visit.Netstat, visit.Why, visit.Wire, visit.About}
	if f.View == visit.OptionTable || f.AsksOptions() {
		views = slices.Insert(views, 2, visit.OptionTable)
	}
	return kernel(f, title, body, views, []app.UI{how},
		app.If(asks(f), func() app.UI { return &ask{F: f, Rev: c.Rev} }),
	)
}

// kernelView is what a Focus shows, with its title, and how it is known.
func kernelView(f *visit.Focus, l *lab.Lab, rev int) (title string, body, how app.UI) {
	switch {
	case f.View == visit.About:
		return "About", About(l, f.Walk(l), f.Quiz.Hides() || f.Asking && f.Player == nil), nil
	case f.View == visit.Wire:
		return "Kernel", wire(f), nil // its parts say how they are known
	case f.State() == nil:
		return "Kernel", dom.Elc("p", "hint").Text("When a run has begun: the fds of the selected process, their states and queues, and what select was asked and answered."), nil
	case f.View == visit.Netstat:
		return "Kernel", sockets(f), provenance(trace.Sampled, "")
	case f.View == visit.OptionTable:
		return "Kernel", options(f), provenance(trace.Observed, "")
	case f.View == visit.Why:
		return "Why", &why{F: f, Rev: rev}, nil
	}
	if read := f.QueuesRead(); read != "" {
		how = provenance(trace.Sampled, read).Title("When the queues were read: before or after which step")
	}
	return "Kernel", fds(f), how
}

// viewNames are the words on the buttons that choose a view.
var viewNames = [...]string{visit.FDs: "fds", visit.Netstat: "netstat", visit.Why: "why", visit.About: "about", visit.Figures: "table", visit.Wire: "wire", visit.OptionTable: "options"}

// kernel is a pane that shows a view, with a choice of others.
func kernel(f *visit.Focus, title string, body app.UI, views []visit.View, right []app.UI, below ...app.UI) app.UI {
	seg := "seg"
	if len(views) > 5 {
		seg = "seg many"
	}
	head := []app.UI{
		dom.El("h2").Text(title),
		dom.Elc("span", seg).Role("group").Aria("label", "What to show").Body(
			app.Range(views).Slice(func(i int) app.UI {
				return dom.Button(func(app.Context, app.Event) { f.Show(views[i]) }, app.EventScope("view", int(views[i]))).
					Aria("pressed", f.View == views[i]).Text(viewNames[views[i]])
			}),
		),
		dom.Elc("span", "sp"),
	}
	return dom.Elc("section", "pane p-kernel").Aria("label", title).Body(append([]app.UI{
		dom.Elc("div", "ph2").Body(append(head, right...)...),
		dom.Elc("div", "scroll").ID("kernel").TabIndex(0).Role("group").Aria("label", title).Body(body),
	}, below...)...)
}

// OnUpdate brings what a stop of the walk lights into view, and what may be lit when a
// question opens.
func (c *Kernel) OnUpdate(ctx app.Context) {
	if came := c.F.Came(); came != c.came {
		c.came = came
		ctx.Defer(func(app.Context) {
			dom.Reveal("kernel", "th.on")
			if at, _ := c.F.Lit(); at != nil && c.F.Player.Run.Gist(at.Step).Call.Multiplexes() {
				dom.Reveal("kernel", "tr.out:last-child") // what select said
			}
		})
	}
	q := c.F.Question()
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

// provenance is the badge that says how something is known.
func provenance(p trace.Provenance, text string) app.HTMLElem {
	if text == "" {
		text = p.String()
	}
	return dom.Elc("span", "badge").Body(app.Raw(signs[p&3]), app.Text(text))
}

// signs are the signs of trace.Provenance.
var signs = [...]string{icon.Observed, icon.Sampled, icon.Inferred, icon.Injected}

// fds is the fd table, and below it, where no lists of select need the room,
// the kernel's own table.
func fds(f *visit.Focus) app.UI {
	state := f.State()
	var mux *trace.MuxState
	if p := f.Proc(); p < len(state.Procs) && !state.Procs[p].Exited {
		mux = state.Procs[p].Muxed
	}
	return dom.El("div").Body(
		fdTable(f),
		app.If(mux != nil && mux.Call == trace.Select, func() app.UI { return app.Raw(bitsOf(mux)) }),
		app.If(mux == nil && state.Sockets != nil, func() app.UI {
			return dom.Elc("section", "below").Body(dom.El("h3").Text("All sockets"), sockets(f))
		}),
	)
}

func fdTable(f *visit.Focus) app.UI {
	pi := f.Proc()
	state := f.State()
	if pi >= len(state.Procs) || !state.Procs[pi].Started {
		return dom.Elc("p", "hint").Text("This process has not started yet.")
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
		return dom.Elc("p", "hint").Text("This process " + end + ", and the kernel has closed its fds. Step back to see them.")
	}
	cols := f.Columns(p)
	class := "kern"
	if len(cols) > visit.MinColumns {
		class = "kern many"
	}
	row := func(class, head string, cell func(c *visit.Column) app.UI) app.UI {
		return dom.Elc("tr", class).Body(
			dom.El("th").Attr("scope", "row").Text(head),
			app.Range(cols).Slice(func(i int) app.UI {
				td := dom.El("td")
				if cols[i].FD == nil {
					return td.Class("ghost")
				} else if cols[i].Lit {
					td = td.Class("on")
				}
				return td.Body(cell(&cols[i]))
			}),
		)
	}
	return dom.Elc("table", class).Body(
		dom.Elc("caption", "vh").Text("File descriptors of "+f.Procs()[pi].Name),
		dom.El("thead").Body(dom.El("tr").Body(
			dom.El("th").Attr("scope", "row").Body(app.Text("fds of"), app.ElemSelfClosing("br"), app.Text(f.Procs()[pi].Name)),
			app.Range(cols).Slice(func(i int) app.UI {
				th := dom.El("th").Attr("scope", "col")
				if cols[i].FD == nil {
					th = th.Class("ghost")
				} else if cols[i].Lit {
					th = th.Class("on")
				}
				return th.Body(dom.El("b").Text(cols[i].Number), dom.El("span").Text(cols[i].Name))
			}),
		)),
		dom.El("tbody").Body(
			row("st", "state", func(c *visit.Column) app.UI { return app.Text(stateWord(c.FD)) }),
			row("st", "mode", func(c *visit.Column) app.UI { return app.Text(modeWord(c.FD)) }),
			app.If(f.Question() == nil && slices.ContainsFunc(cols, func(c visit.Column) bool { return c.FD != nil && f.Others(c.FD) != "" }), func() app.UI {
				return row("st", "also open in", func(c *visit.Column) app.UI { return app.Text(f.Others(c.FD)) })
			}),
			row("queues", "Recv-Q and Send-Q", func(c *visit.Column) app.UI { return queues(f, c.FD) }),
			app.If(slices.ContainsFunc(cols, func(c visit.Column) bool { return c.FD != nil && c.FD.Unit == trace.Memory }), func() app.UI {
				return row("st", "queues count", func(c *visit.Column) app.UI { return app.Text(unitWord(c.FD)) })
			}),
			app.If(f.Question() == nil && slices.ContainsFunc(cols, func(c visit.Column) bool { return c.FD != nil && c.FD.Drops > 0 }), func() app.UI {
				return row("st", "dropped", func(c *visit.Column) app.UI { return app.Text(dropsWord(c.FD)) })
			}),
			row("age", "Recv-Q read", func(c *visit.Column) app.UI { return app.Text(ageWord(f, c.FD, c.FD.RecvAt, state.Time)) }),
			row("age", "Send-Q read", func(c *visit.Column) app.UI { return app.Text(ageWord(f, c.FD, c.FD.SendAt, state.Time)) }),
			app.IfSlice(p.Muxed != nil || visit.Watches(p), func() []app.UI { return readiness(f, p, cols, row) }),
		),
	)
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
	w := visit.StateOf(f.Datagrams(), f.State)
	if f.ShutWrite && f.State == trace.Established {
		w += " w/o write"
	}
	return w
}

// unitWord says what the queues of a socket count.
func unitWord(f *trace.FDState) string {
	switch {
	case !f.Kind.Socket():
		return ""
	case f.Unit == trace.Memory:
		return "memory"
	}
	return "bytes"
}

// dropsWord says how many datagrams had no room.
func dropsWord(f *trace.FDState) string {
	if f.Drops == 0 {
		return ""
	}
	return words.Count(int64(f.Drops), "datagram")
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

// ageWord says how long before now, or after it, something of fd was read.
func ageWord(f *visit.Focus, fd *trace.FDState, at, now int64) string {
	switch {
	case !fd.Kind.Socket():
		return ""
	case at < 0:
		return "not read"
	}
	return f.Player.Run.Age(at, now)
}

// queues draws the two tanks of a connection, or the backlog of a listener.
func queues(f *visit.Focus, fd *trace.FDState) app.UI {
	switch {
	case fd.Kind == trace.FDListener:
		return backlog(f, fd)
	case !fd.Kind.Socket():
		return nil // it has no queues
	}
	return dom.Elc("div", "tanks").Body(tank("recv", fd.Recv, fd.RecvAt), tank("send", fd.Send, fd.SendAt))
}

// tank draws n bytes as they were read at a time, which is -1 when they were not.
func tank(name string, n int, at int64) app.UI {
	if at < 0 {
		return dom.Elc("span", "tank none").Body(dom.Elc("i", "lv-0"), dom.El("b").Text("?"), app.Text(name))
	}
	return dom.Elc("span", "tank").Body(dom.El("i").Class(level(n)), dom.El("b").Text(n), app.Text(name))
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
func backlog(f *visit.Focus, fd *trace.FDState) app.UI {
	if fd.RecvAt < 0 {
		return dom.Elc("div", "slots").Body(app.Text("backlog"))
	}
	waiting := f.Waiting(fd.Local)
	later := max(0, len(waiting)-fd.Recv)
	for len(waiting) < fd.Recv {
		waiting = append(waiting, "")
	}
	waiting = waiting[:min(len(waiting), maxSlots)]
	free := max(0, min(fd.Send, maxSlots)-len(waiting))
	class := "slots"
	if fd.Send > 6 {
		class = "slots small"
	}
	return dom.Elc("div", class).Aria("label", fmt.Sprintf("backlog: %d of %d, %d more since then, inferred", fd.Recv, fd.Send, later)).Body(
		app.Range(make([]int, free)).Slice(func(int) app.UI { return dom.El("i") }),
		app.Range(waiting).Slice(func(k int) app.UI {
			i := len(waiting) - 1 - k // the first to come is the lowest
			slot := dom.Elc("i", "f")
			if i >= fd.Recv {
				slot = dom.Elc("i", "f since").Title("since the reading, inferred")
			}
			return slot.Text(waiting[i])
		}),
		dom.El("span").Title("listen's backlog is a limit that Linux exceeds by one").Text(backlogWord(fd, later)),
	)
}

// backlogWord says how full a listener's backlog was, and how many have come since. Linux
// lets in one more than the limit (listen(2) sets it, net/sock.h compares with >).
func backlogWord(f *trace.FDState, later int) string {
	if later > 0 {
		return fmt.Sprintf("%d + %d of %d", f.Recv, later, f.Send)
	}
	if f.Recv > f.Send {
		return fmt.Sprintf("%d, limit %d", f.Recv, f.Send)
	}
	return fmt.Sprintf("%d of %d", f.Recv, f.Send)
}

// sockets is the kernel's own table, as netstat(8) prints it.
func sockets(f *visit.Focus) app.UI {
	rows, newer, ok := f.Sockets()
	if !ok {
		return dom.Elc("p", "hint").Text("The kernel's table has not been read yet at this point of the run.")
	}
	about := "As `ss -tan` prints it; a listener's queues are its backlog: waiting, and limit."
	others := slices.ContainsFunc(rows, func(s visit.SocketRow) bool { return s.Kind != trace.TCP })
	if others {
		about = "As `ss -tuxan` prints it; a listener's queues are its backlog: waiting, and limit. The queues of UDP are the kernel's memory, and drops counts what had no room."
	}
	about += " Read " + f.When(f.State().SocketsAt)
	if newer {
		about += ". What was read beside calls since then is added. Of what was closed since only the next reading tells whether the kernel still has it"
	}
	about += "."
	if slices.ContainsFunc(rows, func(s visit.SocketRow) bool { return s.Unread() }) {
		about += " A FIN that a program hasn't come to yet counts as a byte of the Recv-Q here."
	}
	table, drops := "stat", slices.ContainsFunc(rows, func(s visit.SocketRow) bool { return s.Drops > 0 })
	if others {
		table = "stat tight"
	}
	return dom.El("div").Body(
		app.Raw(`<p class="hint">`+WithCode(about)+"</p>"),
		dom.Elc("table", table).Aria("label", "All sockets").Body(
			dom.El("thead").Body(dom.El("tr").Body(
				app.If(others, func() app.UI { return dom.El("th").Attr("scope", "col").Text("kind") }),
				dom.Elc("th", "r").Attr("scope", "col").Text("Recv-Q"), dom.Elc("th", "r").Attr("scope", "col").Text("Send-Q"),
				app.If(drops, func() app.UI { return dom.Elc("th", "r").Attr("scope", "col").Text("drops") }),
				dom.El("th").Attr("scope", "col").Text("local"), dom.El("th").Attr("scope", "col").Text("peer"), dom.El("th").Attr("scope", "col").Text("state"),
			)),
			dom.El("tbody").Body(app.Range(rows).Slice(func(i int) app.UI {
				k := &rows[i]
				peer := k.Peer
				if peer == "" {
					peer = "*"
				}
				datagrams := k.Kind == trace.UDP || k.Kind == trace.UnixDatagram
				recv, send, state := strconv.Itoa(k.Recv), strconv.Itoa(k.Send), visit.StateOf(datagrams, k.State)
				if k.Closed {
					recv, send, state = "", "", "closed since"
				}
				return dom.El("tr").Body(
					app.If(others, func() app.UI { return dom.El("td").Text(k.Kind.String()) }),
					dom.Elc("td", "r").Text(recv), dom.Elc("td", "r").Text(send),
					app.If(drops, func() app.UI {
						if k.Kind != trace.UDP {
							return dom.El("td")
						}
						return dom.Elc("td", "r").Text(k.Drops)
					}),
					dom.El("td").Text(k.Local), dom.El("td").Text(peer), dom.El("td").Text(state),
				)
			})),
		),
	)
}
