package web

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/timeline"
)

// chain is why a call sleeps or came back as it did: the call, the buffer that
// was empty or full, whose call ended its sleep, and what that one had waited
// for. What it was made of tells whether it still holds.
type chain struct {
	of struct {
		run    *play.Run
		call   int // index in Run.Calls
		known  int // the position up to which it is told
		picked bool
	}
	links  []play.Link
	arrows []play.Wake
}

// why returns the chain of the call that was picked, else of what the selected
// lane does now; nil for none. A picked call's is told to its end, and to where
// its bytes went, even where the position is still inside of it.
func (s *session) why() *chain {
	if s.Player == nil {
		return nil
	}
	run := s.Player.Run
	var c chain
	c.of.run, c.of.picked = run, s.picked > 0
	if c.of.call, c.of.known = s.picked-1, s.pos(); !c.of.picked {
		c.of.call = s.lastCall()
	}
	if c.of.call < 0 {
		return nil
	}
	call := &run.Calls[c.of.call]
	if c.of.picked && call.Return >= 0 {
		c.of.known = s.told()
	}
	if c.of == s.chain.of {
		return &s.chain
	}
	step := call.Enter
	if call.Return >= 0 && call.Return < c.of.known {
		step = call.Return
	}
	c.links = run.Why(step, c.of.known)
	for i := range c.links {
		if w := run.WakeOf(c.links[i].Ends); w != nil && c.links[i].Ends > 0 {
			c.arrows = append(c.arrows, *w)
		}
	}
	s.chain = c
	return &s.chain
}

// lastCall returns the index in Run.Calls of the call that the selected lane is
// in, or came back from last; -1 before its first.
func (s *session) lastCall() int {
	run := s.Player.Run
	if s.lane >= len(run.Lanes) {
		return -1
	}
	calls := run.Lanes[s.lane].Calls
	if k := before(run, calls, s.pos()); k >= 0 {
		return calls[k]
	}
	return -1
}

// pick follows the causes of the call with the index in Run.Calls: its lane is
// selected, its chain opens where there is one to tell, and its bytes show.
func (s *session) pick(call int) {
	c := &s.Player.Run.Calls[call]
	s.pickLane(c.Lane)
	s.picked = call + 1
	s.showFlow(c.Enter)
}

// tells reports whether the causes of a call lead anywhere: it slept or sleeps,
// or it moved bytes.
func (s *session) tells(call int) bool {
	run := s.Player.Run
	c := &run.Calls[call]
	if c.Return < 0 || run.Steps[c.Return].Sleep == trace.Slept {
		return true
	}
	_, _, _, moved := run.Flow(c.Return)
	return moved
}

// showFlow shows the bytes that the call at a step has moved.
func (s *session) showFlow(step int) {
	s.flow = flowPick{}
	if conn, way, _, ok := s.Player.Run.Flow(step); ok {
		s.flow = flowPick{true, conn, way}
	}
}

// visit goes to where a step has just happened, and to its lane. The chain that
// led there stays.
func (s *session) visit(step int) {
	if w := s.why(); w != nil {
		s.picked = w.of.call + 1
	}
	s.seek(step + 1)
	e := &s.Player.Run.Steps[step]
	for i := range s.Player.Run.Lanes {
		if l := &s.Player.Run.Lanes[i]; l.Proc == e.Proc && l.Thread == e.Thread {
			s.lane = i
		}
	}
	s.showFlow(step)
}

// cross goes from a send to the first recv that got its bytes, or from a recv to
// the first send that brought them, and picks it. It reports whether there is
// one by now.
func (s *session) cross() bool {
	w := s.why()
	if w == nil {
		return false
	}
	run := s.Player.Run
	others := run.Carried(run.Calls[w.of.call].Enter, s.told())
	if len(others) == 0 {
		return false
	}
	s.goTo(others[0].Step)
	return true
}

// goTo goes to where a step has just happened, and picks its call.
func (s *session) goTo(step int) {
	s.seek(step + 1)
	if call := s.Player.Run.CallIndex(step); call >= 0 {
		s.pick(call)
	}
}

// clicked does what a click on the timeline asks for: on an arrow, to follow
// what it woke; on a bar that has something to tell, to follow that; on any
// other, to select its lane. The player is where the click was already.
func (s *session) clicked(hit timeline.Target) {
	if hit.Wake() >= 0 {
		s.goTo(hit.Wake())
		s.show(whyView)
		return
	}
	switch call := hit.Call(); {
	case hit.Gap() >= 0:
		s.pickLane(hit.Lane())
	case call < 0:
	case s.tells(call):
		s.pick(call)
		s.show(whyView)
	default:
		s.pickLane(s.Player.Run.Calls[call].Lane)
	}
}

// told is the position up to which may be told what happens: all there is, but
// where a question waits for its answer no more than up to that.
func (s *session) told() int { return min(s.Player.Len(), s.Quiz.Horizon()) }

func (c *kernelPane) why() app.UI {
	s := c.S
	w := s.why()
	if w == nil {
		return elc("p", "hint").Text("This thread has made no call yet. Click a bar of the timeline to follow its causes.")
	}
	return el("div").Body(
		app.If(w.of.picked, func() app.UI {
			return elc("p", "picked").Body(
				el("span").Text(s.subject(w.of.call)), elc("span", "sp"),
				button(c.onUnpick).Class("link").Text("follow the lane"),
			)
		}),
		elc("ol", "why-chain").OnClick(c.onLink).Body(app.Range(w.links).Slice(func(i int) app.UI {
			return app.Raw(s.reason(&w.links[i]))
		})),
	)
}

// reason is one link of the chain as HTML.
func (s *session) reason(l *play.Link) string {
	class := ""
	switch {
	case l.Step+1 == s.pos():
		class = "cur"
	case l.Step >= s.pos():
		class = "ahead"
	}
	if l.Ends > 0 {
		class += " ends"
	}
	at := instant(l.Time)
	if l.How == trace.Sampled {
		at = "read at " + at
	}
	code := ""
	if sources := s.sources(); l.Line > 0 && l.File >= 1 && l.File <= len(sources) {
		src := &sources[l.File-1]
		if lines := tinted(src.Text); l.Line <= len(lines) {
			code = "<code>" + strings.TrimLeft(lines[l.Line-1].code, "\t") + "</code>"
		}
		at = html.EscapeString(src.Name) + ":" + strconv.Itoa(l.Line) + ", " + at
	}
	return `<li class="` + class + `"><button type="button" data-step="` + strconv.Itoa(l.Step) + `"><i>` + strconv.Itoa(l.Step+1) +
		`</i><span>` + html.EscapeString(sentence(l.Text)) + `</span>` + code + `<span class="note">` + at + `</span></button>` +
		`<span class="badge">` + marks[l.How&3] + l.How.String() + `</span></li>`
}

// onLink goes to where a link's step has just happened, and to its lane. The
// link that was pressed keeps the focus.
func (c *kernelPane) onLink(ctx app.Context, e app.Event) {
	if step := number(e, "step"); step >= 0 && step < c.S.Player.Len() {
		c.S.visit(step)
		ctx.Defer(func(app.Context) { focusOn(".why-chain .cur button") })
	}
}

func (c *kernelPane) onUnpick(app.Context, app.Event) {
	c.S.picked = 0
	c.S.moved()
}

// subject names the call that was picked: "recv(4) of the server, at step 41".
func (s *session) subject(call int) string {
	run := s.Player.Run
	c := &run.Calls[call]
	e := &run.Steps[c.Enter]
	name := e.Call.String()
	if e.FD >= 0 {
		name += fmt.Sprintf("(%d)", e.FD)
	}
	return fmt.Sprintf("%s of %s, from step %d", name, run.Lanes[c.Lane].Name, c.Enter+1)
}
