package web

import (
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/pane"
	"sockscope/web/play"
	"sockscope/web/scope"
	"sockscope/web/timeline"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// hero is the home page's scope: a recorded run that plays by itself, over and
// over, until somebody takes hold of it.
type hero struct {
	app.Compo
	Live bool // there is a server to run things on

	lanes  timeline.Timeline
	screen *scope.Canvas
	player *play.Player // nil until the recording has arrived
	words  []string     // of the lanes, as they are shown
	gone   bool         // dismounted
}

// The recording: the lab with three clients, as `make recordings` makes it.
const (
	heroLab  = "iterative"
	heroFile = "/web/recordings/home.trace"
)

// heroRate is the speed that it plays at, as an index in Player.Speeds: 20 ms
// of the run a second.
const heroRate = 4

// heroRest is how long it stands at the end before it begins again.
const heroRest = 4 * time.Second

func (h *hero) OnInit() {
	h.screen = scope.New(&h.lanes, "timeline", "A recorded run: one server thread serves one client while two others wait.")
}

// OnMount fetches the recording and plays it.
func (h *hero) OnMount(ctx app.Context) {
	h.measure()
	dom.Fetch(ctx, heroFile, func(file []byte) {
		t, err := visit.ReadTape(file)
		if err != nil {
			return
		}
		h.player = play.NewPlayer(t.Run)
		h.player.Scale = play.ByTime
		h.player.SetSpeed(heroRate)
		h.lanes.Show(h.player)
		h.lanes.Moved = func() { h.moved(ctx) }
		if app.Window().Call("matchMedia", "(prefers-reduced-motion: reduce)").Get("matches").Bool() {
			h.player.Seek(h.player.Len() * 2 / 3)
		} else {
			h.player.Play()
		}
		h.moved(ctx)
		h.screen.Draw()
	})
}

func (h *hero) OnDismount() { h.gone = true }

// OnResize follows the window.
func (h *hero) OnResize(app.Context) { h.measure() }

func (h *hero) measure() {
	h.lanes.View.Size = sizeOfWindow()
	h.screen.Draw()
}

// moved keeps the whole run in view, renders the lanes' words again when one
// has changed, and begins anew some time after the end.
func (h *hero) moved(ctx app.Context) {
	h.lanes.View.Fit(h.player) // the whole run stands still, the playhead moves
	changed := len(h.words) == 0
	for i, w := range h.now() {
		if !changed && h.words[i] != w {
			changed = true
		}
	}
	if changed {
		h.words = h.now()
		ctx.Dispatch(func(app.Context) {})
	}
	if p := h.player; !p.Playing && p.Now() >= p.Run.Duration() {
		ctx.After(heroRest, func(app.Context) {
			if !h.gone && !p.Playing && p.Pos() == p.Len() {
				p.Play()
				h.screen.Draw()
			}
		})
	}
}

func (h *hero) now() []string {
	run := h.player.Run
	now := make([]string, len(run.Lanes))
	for i := range run.Lanes {
		now[i] = visit.ThreadWord(h.player, &run.Lanes[i])
	}
	return now
}

// heroProcs are the recording's processes, known before it has arrived, so
// that nothing jumps when it does.
func heroProcs() []trace.Proc {
	l, err := lab.Find(heroLab)
	if err != nil {
		panic(err) // a test holds the name
	}
	v, err := l.Set(map[string]string{"clients": "3"})
	if err != nil {
		panic(err) // a test holds the knob
	}
	return visit.Plan(l, v)
}

func (h *hero) Render() app.UI {
	procs := heroProcs()
	return dom.Elc("section", "herowrap").Aria("label", "A recorded run").Body(
		dom.Elc("div", "scope").Body(
			dom.Elc("ol", "lanes").Body(app.Range(procs).Slice(func(i int) app.UI {
				word := "not started"
				if i < len(h.words) {
					word = h.words[i]
				}
				return pane.LaneItem(procs[i].Role == trace.RoleServer, false).Body(dom.El("div").Body(dom.El("b").Text(procs[i].Name), dom.El("small").Text(word)))
			})),
			dom.Elc("div", "screen").Body(h.screen),
			dom.Elc("ol", "sums wide").Body(app.Range(procs).Slice(func(i int) app.UI {
				calls, cpu := h.sum(i)
				return pane.LaneItem(procs[i].Role == trace.RoleServer, false).Body(dom.El("div").Body(dom.El("b").Text(calls), dom.El("small").Text(cpu)))
			})),
		),
		dom.Elc("div", "cap").Body(
			dom.El("span").Body(
				dom.El("b").Text("One thread, three clients, one after another."),
				dom.Elc("span", "wide").Text(" "+h.origin()),
			),
			dom.Elc("span", "sp"), new(pane.Key),
		),
	)
}

// origin says where the recording is from.
func (h *hero) origin() string {
	if h.player == nil {
		return ""
	}
	head := h.player.Run.Header
	text := fmt.Sprintf("A recording, made %s on %s", words.Date(head.Began), visit.KernelName(head.Kernel))
	if h.Live {
		text += "; press Run for your own"
	}
	return text + "."
}

// sum adds up what a process did in the whole run.
func (h *hero) sum(proc int) (calls, cpu string) {
	if h.player == nil {
		return "", ""
	}
	t := visit.Sum(h.player.Run, proc)
	if t == nil {
		return "", ""
	}
	return words.Count(t.Calls, "call"), fmt.Sprintf("%s, %s of CPU", words.Count(t.Sleeps, "sleep"), words.Span(t.CPU))
}
