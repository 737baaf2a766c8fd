package visit

import (
	"strings"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Watch watches a standing server, which runs whether anybody watches or not.
// It begins by itself, and keeps the newest events only.
type Watch struct {
	Desk
	Focus
}

// Open starts over with a standing server. It has no knobs.
func (w *Watch) Open(l *lab.Lab, v knob.Values) {
	w.Desk.open(l, v)
	w.Focus.open(Plan(l, v), l, FDs)
	if w.greeted() {
		w.greet()
	}
}

func (w *Watch) greet() {
	if !w.Relay.leaving {
		w.Start()
	}
}

// Start watches.
func (w *Watch) Start() {
	if w.Busy() || w.Relay.State != link.Live {
		return
	}
	w.Problem = ""
	w.Desk.Rev++
	if w.ask(&trace.Request{Op: trace.OpWatch, Lab: w.Lab.Server()}) {
		w.Phase = Asked
	}
}

func (w *Watch) take(m *trace.Message, _ []byte) {
	switch {
	case m.Error != nil:
		w.Problem = words.Sentence(m.Error.Text)
		if w.Phase == Asked {
			w.settle(&w.Focus)
		}
	case m.Header != nil && m.Header.Lab == w.Lab.ID:
		w.show(play.NewRun(m.Header))
		w.Phase, w.Player.Follow = Live, true
	case m.End != nil:
		if m.End.Reason == trace.EndFailed {
			w.Problem = words.Sentence("the server has ended: " + m.End.Message)
		}
		if w.Phase == Live {
			w.Player.Run.End = m.End
			w.grow()
		}
		w.settle(&w.Focus)
	case w.Phase != Live:
	case m.Now != nil:
		if m.Now.Missed > 0 {
			w.Problem = words.Sentence(words.Count(int64(m.Now.Missed), "call") + " left out here: made faster than they can be shown")
		}
		w.resume(play.NewLateRun(w.Player.Run.Header, m.Now.State()), w.Pos())
	case m.Events != nil:
		w.Player.Run.Add(m.Events)
		if n := w.Player.Run.Len(); n > watchedSteps {
			w.resume(w.Player.Run.Tail(n - watchedSteps*3/4))
		}
		w.grow()
	}
}

// watchedSteps is how many events of a standing server are kept.
const watchedSteps = 20_000

func (w *Watch) lost() {
	if w.Phase == Live {
		breakOff(w.Player.Run, wentAway)
		w.grow()
	} else {
		w.Problem = "The relay went away before the run began."
	}
	w.settle(&w.Focus)
}

// Headline says in one line what the timeline shows.
func (w *Watch) Headline() string {
	switch {
	case w.Phase == Asked:
		return "starting"
	case w.Player == nil:
		return ""
	}
	n := words.Count(w.Player.Len(), "event")
	if w.Phase == Live {
		return "live, the last " + n
	}
	return "recorded, " + n
}

// Trouble says that the relay went away. That the watching was stopped goes
// without saying.
func (w *Watch) Trouble() string {
	if w.Player == nil || !w.Relay.State.Off() {
		return ""
	}
	return ending(w.Player.Run.End)
}

// Clients returns how many clients the server has where the learner is.
func (w *Watch) Clients() int {
	n, state := 0, w.State()
	for i := range state.Procs {
		for _, f := range state.Procs[i].FDs {
			if f.Kind == trace.FDConn {
				n++
			}
		}
	}
	return n
}

// Tools are the programs with which anybody can be a standing server's client.
var Tools = []string{"nc", "python", "telnet"}

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

// Command returns what to type to be a client of the server, where the relay said
// last that it listens, or where it does by default.
func (w *Watch) Command(tool string) string {
	addr := w.Planned[0].Addr
	for _, p := range w.Relay.standing {
		if p.Name == w.Lab.Server() && strings.Contains(p.Addr, ":") {
			addr = p.Addr
		}
	}
	if w.Lab.Server() == "byteorder" {
		tool += "+"
	}
	i := strings.LastIndexByte(addr, ':')
	return strings.ReplaceAll(strings.ReplaceAll(commands[tool], "H", strings.Trim(addr[:i], "[]")), "P", addr[i+1:])
}
