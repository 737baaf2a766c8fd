// The harness shows a timeline of a written trace and measures how it moves.
package main

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
	"sockscope/web/scope"
	"sockscope/web/timeline"
)

type page struct {
	app.Compo

	player   *play.Player
	timeline *timeline.Timeline
	overview *timeline.Overview
	canvas   *scope.Canvas
	mini     *scope.Canvas
	zoom     float64
	hidden   bool
}

func (p *page) OnInit() {
	query := app.Window().URL().Query()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(query.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	s := playtest.Select(4, number("events", 300))
	run := play.NewRun(s.Header)
	run.Add(s.Events)
	if query.Get("live") == "" {
		run.End = &trace.End{Time: s.Events[len(s.Events)-1].Time}
	}
	p.player = play.NewPlayer(run)
	if query.Get("by") == "time" {
		p.player.Scale = play.ByTime
	}
	p.player.Seek(number("at", 0))
	p.timeline = &timeline.Timeline{Player: p.player}
	switch query.Get("size") {
	case "narrow":
		p.timeline.View.Size = timeline.Narrow
	case "compact":
		p.timeline.View.Size = timeline.Compact
	}
	p.timeline.View.Veil = query.Get("veil") != ""
	p.overview = &timeline.Overview{Of: p.timeline}
	p.canvas = scope.New(p.timeline, "timeline", "Timeline")
	p.mini = scope.New(p.overview, "overview", "")
	p.timeline.Moved = p.mini.Draw
	p.zoom = float64(number("zoom", 1))
	app.Window().Set("position", app.FuncOf(func(app.Value, []app.Value) any { return p.player.Pos() }))
	app.Window().Set("from", app.FuncOf(func(app.Value, []app.Value) any { return p.timeline.View.Scale(p.player).From }))
	app.Window().Set("play", app.FuncOf(func(app.Value, []app.Value) any {
		p.player.SetSpeed(6 - 2*int(p.player.Scale)) // 100 steps, or 20 ms, a second
		p.player.Play()
		p.canvas.Draw()
		return nil
	}))
	app.Window().Set("seek", app.FuncOf(func(_ app.Value, args []app.Value) any {
		began := time.Now()
		p.player.Seek(args[0].Int())
		p.player.State()
		p.timeline.View.Follow(p.player)
		p.timeline.Layout()
		p.canvas.Draw()
		return time.Since(began).Seconds() * 1000
	}))
}

// OnMount zooms in, now that there is a width.
func (p *page) OnMount(ctx app.Context) {
	for name, hidden := range map[string]bool{"hide": true, "show": false} {
		app.Window().Set(name, app.FuncOf(func(app.Value, []app.Value) any {
			ctx.Dispatch(func(app.Context) { p.hidden = hidden })
			return nil
		}))
	}
	if p.zoom == 1 {
		return
	}
	v := &p.timeline.View
	v.Width, v.Height = app.Window().Get("innerWidth").Float(), 247
	v.Fit(p.player)
	v.Zoom(p.player, p.zoom, 0)
	v.Follow(p.player)
	p.canvas.Draw()
}

func (p *page) Render() app.UI {
	return app.Div().Body(
		app.Div().Body(app.If(!p.hidden, func() app.UI { return p.canvas })),
		app.Div().Body(p.mini),
	)
}

func main() {
	app.Route("/", func() app.Composer { return &page{} })
	app.RunWhenOnBrowser()
}
