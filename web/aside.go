package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/play"
)

// aside is a run of another lab's server with the clients of the run that
// shows, taken after it to set the processor time of the two servers beside each
// other. It shows in one line only.
type aside struct {
	busy bool
	run  *play.Run // nil before it has begun
	why  string    // it came to nothing, a sentence
}

// beside takes such a run.
func (s *session) beside() {
	l, err := lab.Find(s.Lab.Beside)
	if err != nil || s.Player == nil || s.busy() || s.Link != link.Live {
		return
	}
	v, err := l.Against(s.Player.Run.Header.Knobs)
	if err == nil {
		err = s.send(&trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: v})
	}
	s.aside = aside{busy: err == nil}
	s.fail(err)
	s.rev++
}

// takeAside takes what the server says of it.
func (s *session) takeAside(m *trace.Message) {
	a := &s.aside
	switch {
	case m.Header != nil:
		a.run = play.NewRun(m.Header)
	case m.Events != nil && a.run != nil:
		a.run.Add(m.Events)
	case m.End != nil && a.run != nil:
		a.run.End = m.End
		a.busy, a.why = false, ending(m.End)
	case m.End != nil:
		a.busy, a.why = false, "It was stopped before it began."
	case m.Error != nil:
		a.busy, a.why = false, sentence(m.Error.Text)
	}
}

// besideSetup is the comparison of the two servers, with the run's clients.
func (s *session) besideSetup() string {
	v := lab.Compared()
	for name := range v {
		if value, ok := s.Player.Run.Header.Knobs[name]; ok {
			v[name] = value
		}
	}
	v["servers"] = s.Lab.ID + "," + s.Lab.Beside
	l, _ := lab.Find("compare") // a test holds the name
	return address(l, v)
}

// spent says what the server of a run spent.
func spent(r *play.Run) string {
	w := play.NewTally(r).Servers
	text := span(w.CPU) + " in "
	if r.End != nil && r.End.Dropped > 0 {
		text += "at least "
	}
	return text + count(w.Calls, "call")
}

// asideLine sets the two servers' processor time beside each other.
type asideLine struct {
	app.Compo
	S   *session
	Rev int

	of  *play.Run // that own is about
	own string
}

func (c *asideLine) Render() app.UI {
	s := c.S
	id := s.Lab.Beside
	if s.Player == nil || s.Player.Run.End == nil {
		return elc("div", "aside").Body(el("span").Text("The server's processor time shows here after the run, beside that of " + id + "."))
	}
	if c.of != s.Player.Run {
		c.of, c.own = s.Player.Run, spent(s.Player.Run)
	}
	a := &s.aside
	other := app.UI(button(c.onBeside).Class("btn").Attr("disabled", s.Link != link.Live || s.busy()).Text("Measure the same on " + id))
	switch {
	case a.busy:
		other = el("span").Text("The same clients, on " + id + ": running.")
	case a.why != "":
		other = el("span").Text("The same clients, on " + id + ": " + a.why)
	case a.run != nil:
		other = el("span").Body(app.Text("The same clients on "+id+", in a run of its own after this one: "), el("b").Text(spent(a.run)), app.Text("."))
	}
	return elc("div", "aside").Body(
		el("span").Body(app.Text("Processor time of this server: "), el("b").Text(c.own), app.Text(".")),
		other,
		anchor(s.besideSetup()).Class("link").Text("Compare them"),
		elc("span", "sp"), provenance(trace.Observed, "the kernel's count"),
	)
}

func (c *asideLine) onBeside(app.Context, app.Event) { c.S.beside() }
