package pane

import (
	"fmt"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/play"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// ScaleSwitch chooses the scale of a timeline.
func ScaleSwitch(pl *play.Player, onByStep, onByTime app.EventHandler) app.UI {
	scale := play.ByStep
	if pl != nil {
		scale = pl.Scale
	}
	return dom.Elc("span", "seg").Role("group").Aria("label", "Scale").Body(
		dom.Button(onByStep).Aria("pressed", scale == play.ByStep).Text("by step"),
		dom.Button(onByTime).Aria("pressed", scale == play.ByTime).Text("by time"),
	)
}

// Key is the key to the timeline's marks.
type Key struct {
	app.Compo
	Unknown bool // of some calls nobody knows whether they slept
}

func (k *Key) Render() app.UI {
	return dom.Elc("div", "key").Aria("label", "Key").Body(
		app.Range(icon.Legend).Slice(func(i int) app.UI {
			return dom.El("span").Body(app.Raw(icon.Legend[i].SVG), app.Text(icon.Legend[i].Word))
		}),
		app.If(k.Unknown, func() app.UI {
			return dom.El("span").Title("Whether the thread slept in the call is not known").Body(app.Raw(icon.Unknown), app.Text("slept or not"))
		}),
	)
}

// Transport is the row of buttons that move a player, with the overview and
// where it is. pl is nil without a run.
func Transport(pl *play.Player, do func(app.Context, visit.Command), onSpeed app.EventHandler, overview app.UI) app.UI {
	none := pl == nil
	toggle, label := icon.Play, "Play (space)"
	if !none && pl.Playing {
		toggle, label = icon.Pause, "Pause (space)"
	}
	press := func(class, label string, c visit.Command) app.HTMLElem {
		return dom.Button(func(ctx app.Context, _ app.Event) { do(ctx, c) }, app.EventScope("do", int(c))).
			Class(class).Aria("label", label).Attr("disabled", none)
	}
	knob := func(class, label, icon string, c visit.Command) app.UI {
		return press(class, label, c).Title(label).Body(app.Raw(icon))
	}
	return dom.Elc("div", "trans").Role("toolbar").Aria("label", "Transport").Body(
		knob("tb wide", "To the start (Home)", icon.Home, visit.ToStart),
		knob("tb", "Step back (left arrow)", icon.Back, visit.StepBack),
		knob("tb play", label, toggle, visit.PlayPause),
		knob("tb", "Step (right arrow)", icon.Step, visit.StepOn),
		press("tb wk", "Jump to the next wake (W)", visit.NextWake).Body(app.Raw(icon.Wake), dom.Elc("span", "wide").Text("next wake")),
		dom.Elc("div", "scrub").Body(overview),
		dom.Elc("label", "speed").Body(app.Text("speed "), speeds(pl, onSpeed)),
		dom.Elc("div", "pos").Body(position(pl)...),
	)
}

func speeds(pl *play.Player, onSpeed app.EventHandler) app.UI {
	none := pl == nil
	if none { // the choice is the same with no run
		pl = play.NewPlayer(nil)
	}
	names, at := pl.Speeds(), pl.Speed()
	return dom.Elc("select", "pick").Attr("disabled", none).OnChange(onSpeed).Body(
		app.Range(names).Slice(func(i int) app.UI {
			return dom.Option(strconv.Itoa(i), names[i], i == at)
		}),
	)
}

// position says which step the player is at, and which time.
func position(pl *play.Player) []app.UI {
	pos, n, at := 0, 0, words.Instant(0)
	if pl != nil {
		pos, n, at = pl.Pos(), pl.Len(), pl.Run.Instant(pl.Now())
	}
	return []app.UI{
		dom.El("b").Text(pos), app.Text(fmt.Sprintf(" of %d", n)),
		app.ElemSelfClosing("br"), app.Text(at),
	}
}

// PickSpeed sets the speed that was chosen.
func PickSpeed(ctx app.Context, pl *play.Player) {
	if i, err := strconv.Atoi(dom.Value(ctx)); pl != nil && err == nil {
		pl.SetSpeed(i)
	}
}
