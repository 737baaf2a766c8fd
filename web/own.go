package web

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/scope"
	"sockscope/web/timeline"
)

// tools are the ways to be a standing server's client that its page offers.
var tools = []string{"nc", "python", "telnet"}

// commands are what to type, by tool; of the byte order server, which wants
// numbers, behind the tool's name and a plus sign. H and P stand for the address.
var commands = map[string]string{
	"nc":      "nc H P",
	"nc+":     `printf '\000\000\116\040' | nc H P | xxd`,
	"telnet":  "telnet H P",
	"telnet+": "telnet H P",
	"python":  `python3 -c 'import socket; s = socket.create_connection(("H", P)); s.send(b"hello"); print(s.recv(1024))'`,
	"python+": `python3 -c 'import socket; s = socket.create_connection(("H", P)); s.send((20000).to_bytes(4, "big")); print(s.recv(8))'`,
}

// command returns what to type to be a client of the session's standing server,
// where the relay said last that it listens, or where it does by default.
func (s *session) command(tool string) string {
	addr := s.expected()[0].Addr
	for _, p := range s.standing {
		if p.Name == s.Lab.Server() && strings.Contains(p.Addr, ":") {
			addr = p.Addr
		}
	}
	if s.Lab.Server() == "byteorder" {
		tool += "+"
	}
	i := strings.LastIndexByte(addr, ':')
	return strings.ReplaceAll(strings.ReplaceAll(commands[tool], "H", strings.Trim(addr[:i], "[]")), "P", addr[i+1:])
}

// peerLabel is the head of the lane of a peer that is not traced.
func peerLabel(run *play.Run, lane, pos int) laneLabel {
	l := &run.Lanes[lane]
	fd := itoa(int64(l.Thread))
	out := laneLabel{lane: lane, proc: -1, tag: "fd" + fd, name: "peer of fd " + fd, word: "not connected yet"}
	c := run.PeerAt(l, pos)
	if c == nil {
		return out
	}
	out.name = c.Addr
	sent := c.Flows[0].Base
	for i := range c.Flows[0].Recvs {
		if m := &c.Flows[0].Recvs[i]; m.Step < pos {
			sent = m.Off + m.Len
		}
	}
	out.word = itoa(sent) + " B, not traced"
	if c.Server.Closed >= 0 && c.Server.Closed < pos {
		out.word = "gone"
	}
	return out
}

// mine says how to be a client of the standing server.
func (p *labPage) mine() app.UI {
	return elc("section", "mine").Aria("label", "Be its client").Body(
		el("b").Text("Be its client"),
		elc("span", "seg").Role("group").Aria("label", "With").Body(
			app.Range(tools).Slice(func(i int) app.UI {
				return button(func(app.Context, app.Event) { p.tool, p.copied = i, false }, app.EventScope(i)).
					Aria("pressed", p.tool == i).Text(tools[i])
			}),
		),
		commandLine(p.s.command(tools[p.tool]), p.copied, p.onCopy),
	)
}

func (p *labPage) onCopy(app.Context, app.Event) { p.copied = copyText(p.s.command(tools[p.tool])) }

// commandLine is a command for a terminal, with a button that copies it.
func commandLine(command string, copied bool, onCopy app.EventHandler) app.UI {
	word := "Copy"
	if copied {
		word = "Copied"
	}
	return elc("div", "cmd").Body(el("i").Text("$"), el("code").Text(command), button(onCopy).Text(word))
}

func copyText(text string) bool {
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if clipboard.Truthy() { // only secure pages have one
		clipboard.Call("writeText", text)
	}
	return clipboard.Truthy()
}

// ownStrip is the home page's live view of a standing server.
type ownStrip struct {
	s      session
	lanes  timeline.Timeline
	screen *scope.Canvas
	shown  *play.Player
	copied bool
}

func (o *ownStrip) init() {
	o.s.open(lab.Standing[0], knob.Values{})
	o.screen = scope.New(&o.lanes, "timeline", "What the standing server does, live.")
	o.lanes.View.Size = timeline.Compact
}

func (o *ownStrip) hear(e link.Event) {
	o.s.hear(e)
	o.draw()
}

func (o *ownStrip) draw() {
	if o.s.Player != o.shown {
		o.shown = o.s.Player
		o.lanes.Show(o.shown)
	}
	if o.shown != nil {
		o.lanes.View.Scale(o.shown)
		o.lanes.View.Follow(o.shown)
	}
	o.screen.Draw()
}

// word says what the server does now, or why that is not seen.
func (o *ownStrip) word(near *nearRelay) string {
	s := &o.s
	switch {
	case s.Player != nil && s.Phase == live:
		state, clients := s.state(), 0
		for i := range state.Procs {
			for _, f := range state.Procs[i].FDs {
				if f.Kind == trace.FDConn {
					clients++
				}
			}
		}
		who := "no client yet"
		if clients > 0 {
			who = count(clients, "client")
		}
		return threadWord(s.Player, &s.Player.Run.Lanes[0]) + ", " + who
	case s.Problem != "":
		return s.Problem
	case s.Notice != "":
		return s.Notice
	case s.Link.Off():
		return near.unreached(s.Link) + " On the machine where one runs, this command connects."
	}
	return "Type a line and watch it wake here. Python, telnet or your own program will do as well."
}

func (o *ownStrip) render(near *nearRelay, onCopy app.EventHandler) app.UI {
	class, lamp := "own off", "lamp off"
	if o.s.Phase == live {
		class, lamp = "own", "lamp"
	}
	return elc("section", class).ID("own").Body(
		el("h2").Text("Connect your own client"),
		commandLine(o.s.command(tools[0]), o.copied, onCopy),
		el("div").Body(
			el("p").Body(elc("span", lamp), el("span").Text(o.word(near))),
			el("p").Body(
				app.Text("Watch "),
				app.Range(lab.Standing).Slice(func(i int) app.UI {
					return anchor(labPath(lab.Standing[i])).Class("link").Text(lab.Standing[i].Server())
				}),
			),
		),
		elc("div", "screen").Body(o.screen),
	)
}
