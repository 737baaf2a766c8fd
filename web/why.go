package web

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// reasons is the chain of causes of what the selected lane does now: the call
// that it is in or came back from, the buffer that was empty or full, whose call
// ended its sleep, and what that one had waited for.
func (s *session) reasons() (step int, links []play.Link) {
	run, pos := s.Player.Run, s.pos()
	if s.lane >= len(run.Lanes) {
		return -1, nil
	}
	step = -1
	for _, i := range run.Lanes[s.lane].Calls {
		c := &run.Calls[i]
		if c.Enter >= pos {
			break
		}
		step = c.Enter
		if c.Return >= 0 && c.Return < pos {
			step = c.Return
		}
	}
	if step < 0 {
		return -1, nil
	}
	links = run.Why(step, pos)
	if e := &run.Steps[step]; e.Call.Sends() || e.Call.Receives() {
		for _, l := range run.Bytes(step, pos) {
			if l.Step != step {
				links = append(links, l)
			}
		}
	}
	return step, links
}

func (c *kernelPane) why() app.UI {
	s := c.S
	step, links := s.reasons()
	if step < 0 {
		return elc("p", "hint").Text("This thread has made no call yet.")
	}
	return elc("ol", "why-chain").Body(app.Range(links).Slice(func(i int) app.UI {
		l := &links[i]
		return el("li").Body(
			button(func(app.Context, app.Event) { s.visit(l.Step) }, app.EventScope("why", step, i, l.Step)).Body(
				el("i").Text(l.Step+1),
				el("span").Text(sentence(l.Text)),
				elc("span", "note").Text(c.place(l)),
			),
			provenance(l.How, ""),
		)
	}))
}

// place says where in the programs and when in the run a link lies.
func (c *kernelPane) place(l *play.Link) string {
	at := instant(l.Time)
	if l.How == trace.Sampled {
		at = "read at " + at
	}
	if sources := c.S.sources(); l.Line > 0 && l.File >= 1 && l.File <= len(sources) {
		return fmt.Sprintf("%s:%d, %s", sources[l.File-1].Name, l.Line, at)
	}
	return at
}

// visit goes to where a step has just happened, and to its lane.
func (s *session) visit(step int) {
	s.seek(step + 1)
	if c := s.Player.Run.CallAt(step); c != nil {
		s.pickLane(c.Lane)
	}
}
