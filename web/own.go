package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/scope"
	"sockscope/web/timeline"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// ownStrip is the home page's live view of a standing server.
type ownStrip struct {
	tab    *tab
	watch  visit.Watch
	lanes  timeline.Timeline
	screen *scope.Canvas
	shown  *play.Player
	copied bool
}

func (o *ownStrip) init(t *tab) {
	o.tab = t
	o.watch.Relay = new(visit.Relay)
	o.watch.Open(lab.Standing[0], knob.Values{})
	o.screen = scope.New(&o.lanes, "timeline", "What the standing server does, live.")
	o.lanes.View.Size = timeline.Compact
}

// begin watches, once there is a relay.
func (o *ownStrip) begin() {
	o.watch.Relay = &o.tab.relay
	o.watch.Open(lab.Standing[0], knob.Values{})
}

func (o *ownStrip) draw() {
	if o.watch.Player != o.shown {
		o.shown = o.watch.Player
		o.lanes.Show(o.shown)
	}
	if o.shown != nil {
		o.lanes.View.Scale(o.shown)
		o.lanes.View.Follow(o.shown)
	}
	o.screen.Draw()
}

// word says what the server does now, or why that is not seen.
func (o *ownStrip) word() string {
	w := &o.watch
	switch {
	case w.Player != nil && w.Phase == visit.Live:
		who := "no client yet"
		if n := w.Clients(); n > 0 {
			who = words.Count(n, "client")
		}
		return visit.ThreadWord(w.Player, &w.Player.Run.Lanes[0]) + ", " + who
	case w.Problem != "":
		return w.Problem
	case w.Relay.Notice != "":
		return w.Relay.Notice
	case w.Relay.State.Off():
		return o.tab.near.unreached() + " On the machine where one runs, this command connects."
	}
	return "Type a line and watch it wake here. Python, telnet or your own program will do as well."
}

func (o *ownStrip) render(onCopy app.EventHandler) app.UI {
	class, lamp := "own off", "lamp off"
	if o.watch.Phase == visit.Live {
		class, lamp = "own", "lamp"
	}
	return dom.Elc("section", class).ID("own").Body(
		dom.El("h2").Text("Connect your own client"),
		commandLine(o.watch.Command(visit.Tools[0]), o.copied, onCopy),
		dom.El("div").Body(
			dom.El("p").Body(dom.Elc("span", lamp), dom.El("span").Text(o.word())),
			dom.El("p").Body(
				app.Text("Watch "),
				app.Range(lab.Standing).Slice(func(i int) app.UI {
					return dom.Anchor(visit.Path(lab.Standing[i])).Class("link").Text(lab.Standing[i].Server())
				}),
				dom.Anchor(visit.Path(lab.Hand)).Class("link nw").Text("both sides by hand"),
			),
		),
		dom.Elc("div", "screen").Body(o.screen),
	)
}
