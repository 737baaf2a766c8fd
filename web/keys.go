package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/play"
)

// command is something that a key or a button does to the page.
type command uint8

const (
	none command = iota
	playPause
	stepOn
	stepBack
	tenOn
	tenBack
	toStart
	toEnd
	nextWake
	lastWake
	nextError
	whyThis
	otherSide
	byStepOrTime
	zoomIn
	zoomOut
	zoomFit
	tabSource
	tabKernel
	tabBytes
	tabLog
	laneUp
	laneDown
	startRun
	stopRun
	answer
	checkAnswer
	skipQuestion
	goOn
	slower
	faster
	allKeys
)

// bindings are the keys, as KeyboardEvent.key names them, in the order in
// which they are explained.
var bindings = []struct {
	key   string
	shift bool
	do    command
}{
	{" ", false, playPause},
	{"ArrowRight", false, stepOn}, {"ArrowLeft", false, stepBack},
	{"ArrowRight", true, tenOn}, {"ArrowLeft", true, tenBack},
	{"Home", false, toStart}, {"End", false, toEnd},
	{"w", false, nextWake}, {"w", true, lastWake}, {"e", false, nextError},
	{"Enter", false, whyThis}, {"y", false, whyThis}, {"g", false, otherSide},
	{"t", false, byStepOrTime},
	{"0", false, zoomFit},
	{"1", false, tabSource}, {"2", false, tabKernel}, {"3", false, tabBytes}, {"4", false, tabLog},
	{"ArrowUp", false, laneUp}, {"ArrowDown", false, laneDown},
	{"r", false, startRun}, {"a", false, answer},
}

// signs are the keys that are typed with or without shift, as the keyboard has
// it.
var signs = map[string]command{
	"+": zoomIn, "=": zoomIn, "-": zoomOut, ".": stopRun, "[": slower, "]": faster, "?": allKeys,
}

// commandOf returns what a key does, none for nothing.
func commandOf(key string, shift bool) command {
	if c, ok := signs[key]; ok {
		return c
	}
	if len(key) == 1 && key[0] >= 'A' && key[0] <= 'Z' {
		key = string(key[0] + 'a' - 'A')
	}
	for _, b := range bindings {
		if b.key == key && b.shift == shift {
			return b.do
		}
	}
	return none
}

// explained is the list that the question mark shows.
var explained = []struct{ keys, text string }{
	{"Space", "play or pause"},
	{"← →", "a step back or on; with Shift ten"},
	{"Home End", "to the start, to the end"},
	{"W", "to the next wake; with Shift to the one before"},
	{"E", "to the next error"},
	{"Enter Y", "why the selected lane sleeps, or woke; a click on its bar does it too"},
	{"G", "from a send to the recv that got its bytes, and back"},
	{"T", "by step or by time"},
	{"+ − 0", "zoom in, out, all"},
	{"[ ]", "slower, faster"},
	{"1 2 3 4", "source, kernel, bytes, log"},
	{"↑ ↓", "the lane above or below"},
	{"A", "ask before showing; then a digit lights an fd or picks an answer, Enter checks and then goes on, Esc skips"},
	{"R", "run"},
	{".", "stop the run"},
	{"?", "this list"},
}

// apply does what a command asks of a session, and reports whether the session
// knows it. What concerns only the page is the page's.
func (s *session) apply(c command) bool {
	switch c {
	case startRun:
		s.run()
		return true
	case stopRun:
		s.stop()
		return true
	case laneUp:
		s.moveLane(-1)
		return true
	case laneDown:
		s.moveLane(1)
		return true
	}
	p := s.Player
	if c == answer && s.question() == nil {
		s.switchAsking()
		return true
	}
	if p == nil {
		return false
	}
	if s.veiled() {
		switch c {
		case checkAnswer:
			s.tell(false)
		case skipQuestion:
			s.tell(true)
		}
		return true // nothing moves before it is told
	}
	s.rev++
	switch c {
	case playPause:
		if p.Playing {
			p.Pause()
		} else {
			p.Play()
		}
	case stepOn:
		p.Step(1)
	case stepBack:
		p.Step(-1)
	case tenOn:
		p.Step(10)
	case tenBack:
		p.Step(-10)
	case toStart:
		p.Playing = false
		p.Seek(0)
	case toEnd:
		p.Playing = false
		p.Seek(p.Len())
		p.Follow = s.Phase == live && s.versus == nil
	case nextWake:
		p.NextWake(1)
	case lastWake:
		p.NextWake(-1)
	case nextError:
		p.NextError(1)
	case byStepOrTime:
		p.SetScale(play.ByTime - p.Scale)
	case checkAnswer:
		s.check()
	case skipQuestion:
		s.skip()
	case goOn:
		s.goOn()
	case slower:
		p.SetSpeed(p.Speed() - 1)
	case faster:
		p.SetSpeed(p.Speed() + 1)
	default:
		return false
	}
	return true
}

// keyboard takes a page's keys. Its handler is a JavaScript function of its own,
// since go-app's come too late to keep the browser from scrolling.
type keyboard struct{ down app.Func }

// listen asks take what each key does; nil is nothing of the page's.
func (k *keyboard) listen(ctx app.Context, take func(key string, shift bool) func(app.Context)) {
	k.down = app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := args[0]
		if e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() || e.Get("altKey").Bool() || e.Get("defaultPrevented").Bool() {
			return nil
		}
		key := e.Get("key").String()
		if typing(e.Get("target"), key) {
			return nil
		}
		if do := take(key, e.Get("shiftKey").Bool()); do != nil {
			e.Call("preventDefault")
			ctx.Dispatch(do)
		}
		return nil
	})
	app.Window().Call("addEventListener", "keydown", k.down)
}

func (k *keyboard) forget() {
	if k.down != nil {
		app.Window().Call("removeEventListener", "keydown", k.down)
		k.down.Release()
		k.down = nil
	}
}

// key returns what a key does on a lab's page.
func (p *labPage) key(key string, shift bool) func(app.Context) {
	c := commandOf(key, shift)
	if p.s.question() != nil || p.s.veiled() {
		switch {
		case key == "Enter":
			c = checkAnswer
		case key == "Escape":
			c = skipQuestion
		case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
			return func(app.Context) { p.s.digit(int(key[0] - '0')) }
		}
	} else if key == "Enter" && p.s.answered() != nil && p.s.onward() != "" {
		c = goOn
	}
	if c == none {
		return nil
	}
	return func(ctx app.Context) { p.obey(ctx, c) }
}

// typing reports whether a key belongs to the element that has the focus:
// every key to a field, a choice or an open dialog, the space bar to a button,
// up and down to a pane that scrolls.
func typing(target app.Value, key string) bool {
	if !target.Truthy() || !target.Get("tagName").Truthy() {
		return false
	}
	// A dialog that was just closed keeps the focus until the next frame.
	if target.Call("closest", "dialog[open]").Truthy() {
		return true
	}
	switch target.Get("tagName").String() {
	case "INPUT", "SELECT", "TEXTAREA":
		return true
	case "BUTTON", "A", "LABEL":
		return key == " " || key == "Enter" && !answering(target)
	}
	return (key == "ArrowUp" || key == "ArrowDown") && target.Get("classList").Call("contains", "scroll").Bool()
}

// answering reports whether a button is part of a guess that can be checked: then
// Enter checks it, and the space bar changes it.
func answering(button app.Value) bool {
	return button.Call("matches", ".out button.m, #ask .offers .btn").Bool() &&
		app.Window().Get("document").Call("querySelector", "#ask .pri:enabled").Truthy()
}

// keyList is the dialog that lists the keys.
type keyList struct{ app.Compo }

func (k *keyList) Render() app.UI {
	return elc("dialog", "sheet").ID("keys").Aria("labelledby", "keys-title").Body(
		el("h2").ID("keys-title").Body(
			el("span").Text("Keys"), elc("span", "sp"),
			button(k.onClose).Class("btn").Text("Close"),
		),
		el("dl").Body(app.Range(explained).Slice(func(i int) app.UI {
			return el("div").Body(
				el("dt").Body(el("kbd").Text(explained[i].keys)),
				el("dd").Body(app.Text(explained[i].text)),
			)
		})),
	)
}

// openKeys opens the list.
func openKeys() { app.Window().GetElementByID("keys").Call("showModal") }

func showKeys(app.Context, app.Event) { openKeys() }

func (k *keyList) onClose(app.Context, app.Event) { k.JSValue().Call("close") }
