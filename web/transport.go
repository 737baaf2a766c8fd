package web

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// scopeHead is the line above the timeline: its scale, what it shows, its key.
func (p *labPage) scopeHead() app.UI {
	scale := play.ByStep
	if p.s.Player != nil {
		scale = p.s.Player.Scale
	}
	return elc("div", "scopehead").Body(
		scaleSwitch(scale, p.onByStep, p.onByTime),
		elc("span", "state").Title(p.s.headline()).Text(p.s.headline()),
		app.If(p.s.Player != nil || p.s.cannot() == "", func() app.UI { // else there is no run to be asked about
			return button(p.onAsking).Class("link").Aria("pressed", p.s.asking).Title("A").Text(map[bool]string{false: "ask me first", true: "asking first"}[p.s.asking])
		}),
		p.fileLinks(),
		new(key),
	)
}

// fileLinks saves the run as a file, and opens one.
func (p *labPage) fileLinks() app.UI {
	return elc("span", "files").Body(
		app.If(p.s.Player != nil && p.s.Phase == over && p.s.versus == nil, func() app.UI {
			return button(p.onSave).Class("link").Text("save trace")
		}),
		app.If(!p.s.busy() && p.s.versus == nil, func() app.UI {
			return elc("label", "link filepick").Body(
				app.Text("open trace"),
				app.ElemSelfClosing("input").Class("vh").Attr("type", "file").Attr("accept", ".trace").OnChange(p.onOpen),
			)
		}),
	)
}

func scaleSwitch(scale play.Scale, onByStep, onByTime app.EventHandler) app.UI {
	return elc("span", "seg").Role("group").Aria("label", "Scale").Body(
		button(onByStep).Aria("pressed", scale == play.ByStep).Text("by step"),
		button(onByTime).Aria("pressed", scale == play.ByTime).Text("by time"),
	)
}

// headline says in one line what the timeline shows.
func (s *session) headline() string {
	switch {
	case s.versus != nil:
		return s.compared()
	case s.Phase == asked:
		return "starting"
	case s.Phase == queued && s.Lab.Measures:
		return fmt.Sprintf("another measurement is under way: place %d in the queue", s.Place)
	case s.Phase == queued:
		return fmt.Sprintf("all workers are busy: place %d in the queue", s.Place)
	case s.Player == nil:
		return ""
	}
	h := s.Player.Run.Header
	n := count(s.Player.Len(), "event")
	if s.Lab.Measures {
		n = s.progress()
	}
	switch {
	case s.Phase == live && s.Lab.Server() != "":
		return "live, the last " + n
	case s.Phase == live:
		return "live, " + n
	case s.Recording:
		return fmt.Sprintf("a recording, made %s on %s, %s", date(h.Began), kernelName(h.Kernel), n)
	}
	text := "recorded, " + n
	if d := s.Player.Run.End; d != nil && d.Dropped > 0 {
		text += ", " + count(int(d.Dropped), "call") + " left out"
	}
	if h.TraceCost > 0 {
		text += ", tracing costs " + span(h.TraceCost) + " a call"
	}
	return text
}

// pending says that the knobs were changed since the run began, "" where they
// were not.
func (s *session) pending() string {
	switch {
	case s.versus != nil || s.Player == nil || s.Lab.Server() != "" || maps.Equal(s.Player.Run.Header.Knobs, s.Values):
		return ""
	case s.busy():
		return "This run goes on with the settings that it began with. The next one takes those above."
	}
	return "This run had other settings. Run takes those above."
}

// ending says why a run is over, "" for one that came to its own end.
func ending(e *trace.End) string {
	if e == nil {
		return ""
	}
	switch e.Reason {
	case trace.EndDone:
		return ""
	case trace.EndStopped:
		return "The run was stopped."
	case trace.EndLimit:
		return sentence("the run reached a limit: " + e.Message)
	}
	return sentence("the run ended early: " + e.Message)
}

// transport moves through the run.
func (p *labPage) transport() app.UI {
	return transport(p.s.Player, p.do, p.onSpeed, p.overview, p.position())
}

// transport is the row of buttons that move a player, with the overview and
// where it is. pl is nil without a run. do returns the handler of a button that
// does what a key does.
func transport(pl *play.Player, do func(command) app.EventHandler, onSpeed app.EventHandler, overview app.UI, position []app.UI) app.UI {
	none := pl == nil
	toggle, label := iconPlay, "Play (space)"
	if !none && pl.Playing {
		toggle, label = iconPause, "Pause (space)"
	}
	knob := func(class, label, icon string, h app.EventHandler) app.UI {
		return button(h).Class(class).Aria("label", label).Title(label).Attr("disabled", none).Body(app.Raw(icon))
	}
	return elc("div", "trans").Role("toolbar").Aria("label", "Transport").Body(
		knob("tb wide", "To the start (Home)", iconHome, do(toStart)),
		knob("tb", "Step back (left arrow)", iconBack, do(stepBack)),
		knob("tb play", label, toggle, do(playPause)),
		knob("tb", "Step (right arrow)", iconStep, do(stepOn)),
		button(do(nextWake)).Class("tb wk").Aria("label", "Jump to the next wake (W)").Attr("disabled", none).
			Body(app.Raw(iconWake), elc("span", "wide").Text("next wake")),
		elc("div", "scrub").Body(overview),
		elc("label", "speed wide").Body(app.Text("speed "), speeds(pl, onSpeed)),
		elc("div", "pos").Body(position...),
	)
}

func speeds(pl *play.Player, onSpeed app.EventHandler) app.UI {
	none := pl == nil
	if none { // the choice is the same with no run
		pl = play.NewPlayer(nil)
	}
	names, at := pl.Speeds(), pl.Speed()
	return elc("select", "pick").Attr("disabled", none).OnChange(onSpeed).Body(
		app.Range(names).Slice(func(i int) app.UI {
			return option(strconv.Itoa(i), names[i], i == at)
		}),
	)
}

func (p *labPage) position() []app.UI {
	pl := p.s.Player
	if pl == nil {
		return []app.UI{el("b").Text("0"), app.Text(" of 0"), app.ElemSelfClosing("br"), app.Text(instant(0))}
	}
	return []app.UI{
		el("b").Text(pl.Pos()), app.Text(fmt.Sprintf(" of %d", pl.Len())),
		app.ElemSelfClosing("br"), app.Text(instant(pl.Now())),
	}
}

func (p *labPage) onAsking(app.Context, app.Event) {
	p.s.switchAsking()
}

func (p *labPage) onByStep(app.Context, app.Event) { p.scale(play.ByStep) }
func (p *labPage) onByTime(app.Context, app.Event) { p.scale(play.ByTime) }

func (p *labPage) scale(to play.Scale) {
	if pl := p.s.Player; pl != nil {
		pl.SetScale(to)
		p.s.rev++
		p.draw()
	}
}

func (p *labPage) onSpeed(ctx app.Context, _ app.Event) { pickSpeed(ctx, p.s.Player) }

func pickSpeed(ctx app.Context, pl *play.Player) {
	if i, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); pl != nil && err == nil {
		pl.SetSpeed(i)
	}
}
