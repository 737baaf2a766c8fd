package web

import (
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/link"
	"sockscope/web/pane"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// frame is what every page of a lab has: the bar, the question with its knobs, the
// line that says what went wrong, the keyboard. A page embeds it, and gives it a
// mode and what differs.
type frame struct {
	tab   *tab
	mode  visit.Mode
	guest *guest

	verb  string // on the button that starts
	panes []tabName
	first string // the pane that shows on a phone when a run begins
	fresh func() // the mode was opened anew
	draw  func()
	now   func() // draws at once what there is a canvas for
	// drawing writes the timeline as it shows; nil where there is none.
	drawing func(io.Writer) error
	obey    func(app.Context, visit.Command)

	// shows reports whether traces of a lab belong on this page, and load shows one.
	shows func(*lab.Lab) bool
	load  func(*visit.Tape)
	// kept is the run that the tab keeps when the page goes, nil for none.
	kept *visit.Run

	complaint string         // about the link's query or a knob
	pane      string         // that shows on a phone
	reading   *visit.Reading // a file that is being read; else nil
	above     bool           // of a file that was read only the timeline shows, and what is above it: all at once takes too long
	drop      pane.Drop
	linked    int // the step that was linked to last, plus one; negative where the clipboard has it
	knobs     pane.Knobs
	keys      pane.Keyboard
}

// tabName chooses a pane on a phone.
type tabName struct{ pane, label string }

// about is the pane with the lab's text. It is the first of every page.
const about = "about"

// init gives the frame its mode, opened for a lab.
func (f *frame) init(m visit.Mode, id string) {
	f.mode = m
	m.Base().Relay = new(visit.Relay) // until the address is known there is nothing to ask a server
	m.At().Asking = f.tab.asking
	f.knobs.Set = f.set
	l, err := lab.Page(id)
	if err != nil {
		panic(err) // each route has a lab
	}
	f.open(l, "")
}

// open goes to a lab with the set-up of a query.
func (f *frame) open(l *lab.Lab, query string) {
	v, complaints := visit.ReadLink(l, query)
	f.complaint = strings.Join(complaints, " ")
	f.pane = about
	if visit.AsksFirst(query) && !f.tab.embed { // there it would have no place to ask
		f.mode.At().Asking = true
	}
	f.mode.Open(l, v)
	f.fresh()
}

// OnNav reads the set-up from the address. It runs on the server too, where
// nothing of a visitor's reaches it.
func (f *frame) OnNav(ctx app.Context) {
	url := ctx.Page().URL()
	id := url.Path[strings.LastIndexByte(url.Path, '/')+1:]
	if strings.Contains(url.Path, visit.WatchPath) {
		id = trace.StandingLab + id
	}
	if f.tab.alone {
		id = f.mode.Base().Lab.ID
	}
	if l, err := lab.Page(id); err == nil {
		f.keep()
		visit.Leave(f.mode)
		f.mode.Base().Relay = &f.tab.relay
		f.open(l, url.RawQuery)
		if t := f.tab.opened; t != nil {
			f.tab.opened = nil
			f.show(ctx, t)
		}
		start := f.tab.starts || dom.Pressed()
		f.tab.starts = false
		if m, err := visit.ReadMoment(url.Fragment); !f.mode.Base().Fail(err) && m != nil {
			f.show(ctx, m.Tape)
			f.mode.At().Seek(m.At)
			back := *ctx.Page().URL()
			back.Fragment, back.RawFragment = url.Fragment, url.Fragment // for who reloads
			f.address(ctx, &back)
		} else if f.kept != nil && f.kept.Player == nil && !start {
			f.remember(ctx)
		}
		f.record(ctx)
		if start {
			f.mode.Start()
		}
	}
	d := f.mode.Base()
	ctx.Page().SetTitle("%s", visit.Title(d.Lab)+" · Sockscope")
	ctx.Page().SetDescription("%s", d.Lab.Question)
}

// remember shows the run that the tab has kept of the set-up.
func (f *frame) remember(ctx app.Context) {
	if text := dom.Kept(f.kept.KeptAt()); text != "" && !f.tab.plays() {
		f.kept.ReadKept(text)
		if f.kept.Player != nil {
			f.pane = f.first
			f.mirror(ctx)
		}
	}
}

// keep has the tab keep the run.
func (f *frame) keep() {
	if f.kept != nil && !f.tab.plays() {
		if place, text := f.kept.Keep(); text != "" {
			dom.Keep(place, text)
		}
	}
}

// mount connects, and listens to the keyboard.
func (f *frame) mount(ctx app.Context) {
	f.keys.Listen(ctx, f.key)
	f.drop.Listen(ctx, f.read)
	f.mode.Base().Relay = &f.tab.relay
	f.guest = &guest{ctx: ctx, mode: f.mode, draw: f.draw, now: f.now, keep: f.keep, take: func(e link.Event) {
		switch m := e.Message; {
		case e.State.Off() || m != nil && m.Hello != nil:
			f.record(ctx)
			if m != nil && dom.Pressed() { // while the app's elements took the place of the page's
				f.mode.Start()
			}
		case m != nil && m.Header != nil:
			f.mirror(ctx)
			if f.pane == about {
				f.pane = f.first
			}
		}
	}}
	f.tab.enter(f.guest)
}

// OnDismount lets go of the server and of the browser.
func (f *frame) OnDismount() {
	f.tab.leave(f.guest)
	f.tab.asking = f.mode.At().Asking
	f.keys.Forget()
	f.drop.Forget()
	f.reading = nil
}

// key returns what a key does.
func (f *frame) key(key string, shift bool) func(app.Context) {
	c := visit.CommandOf(key, shift)
	at := f.mode.At()
	if f.mode.Asks() {
		switch {
		case key == "Enter":
			c = visit.CheckAnswer
		case key == "Escape":
			c = visit.SkipQuestion
		case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
			return func(app.Context) { at.Digit(int(key[0] - '0')) }
		case visit.OfferOf(key) >= 0 && !shift:
			return func(app.Context) {
				f.mode.Letter(visit.OfferOf(key))
				dom.Focus("ask") // a button elsewhere would take the Enter that checks
			}
		}
	} else if key == "Enter" && at.Answered() != nil && at.Onward() != "" {
		c = visit.GoOn
	}
	if c == visit.None || c == visit.Answer && f.tab.embed {
		return nil
	}
	return func(ctx app.Context) { f.obey(ctx, c) }
}

// apply does what a command asks on any page, and reports whether it was such a one.
func (f *frame) apply(c visit.Command) bool {
	switch c {
	case visit.StartRun:
		f.mode.Start()
	case visit.StopRun:
		f.mode.Stop()
	case visit.AllKeys:
		pane.OpenKeys()
	default:
		return false
	}
	return true
}

// set changes a knob. The address follows, without a new entry in the history.
func (f *frame) set(ctx app.Context, knob, value string) {
	if err := f.mode.Set(knob, value); err != nil {
		f.complaint = words.Sentence(err.Error())
		return
	}
	f.complaint = ""
	f.mirror(ctx)
	f.record(ctx)
	f.draw()
}

// mirror writes the set-up into the address. It takes a moment out of it, which is of
// another run.
func (f *frame) mirror(ctx app.Context) {
	d := f.mode.Base()
	to := f.query(ctx)
	to.Path = to.Path[:strings.LastIndexByte(to.Path, '/')+1] + visit.Title(d.Lab) // an opened trace may be another lab's
	to.Fragment, to.RawFragment = "", ""
	f.address(ctx, &to)
}

// query returns the page's address with the set-up as it is now, and whether it asks.
func (f *frame) query(ctx app.Context) url.URL {
	to := *ctx.Page().URL()
	if d := f.mode.Base(); !f.tab.plays() {
		to.RawQuery = visit.Query(d.Lab, d.Values, f.mode.At().Asking)
	}
	return to
}

// address changes the page's address, without a new entry in the history. That of a page
// which only plays stays: it is a file's, or says what to play.
func (f *frame) address(ctx app.Context, to *url.URL) {
	if !f.tab.plays() {
		ctx.Page().ReplaceURL(to)
	}
}

// record fetches the recordings that the page needs. Where there are none the page
// says so.
func (f *frame) record(ctx app.Context) {
	if app.IsServer || f.tab.alone {
		return
	}
	for _, r := range f.mode.Recordings() {
		dom.Fetch(ctx, "/web/recordings/"+r.Name+".trace", func(file []byte) {
			r.Take(file)
			f.draw()
		})
	}
}

// onOpen plays a file of the learner's. While that is read the input is gone, and what it
// would dispatch with it.
func (f *frame) onOpen(ctx app.Context, _ app.Event) {
	input := ctx.JSSrc()
	if file := input.Get("files").Index(0); file.Truthy() {
		f.read(f.guest.ctx, file)
	}
	input.Set("value", "") // so that the same file can be opened again
}

// read reads a file, a piece a time: a log of strace's may have any size.
func (f *frame) read(ctx app.Context, file app.Value) {
	if f.mode.Base().Busy() || f.reading != nil {
		return
	}
	r := &visit.Reading{Size: int64(file.Get("size").Float())}
	f.reading = r
	read := func() app.Value {
		return file.Call("slice", r.Read, min(r.Read+visit.Piece, r.Size)).Call("arrayBuffer")
	}
	ctx.Async(func() {
		breathe := dom.Breath(slice)
		for coming := read(); ; {
			piece := dom.Bytes(coming)
			if f.reading != r { // it was stopped
				return
			}
			if breathe(); f.reading != r {
				return
			}
			err := r.Take(piece)
			more := err == nil && r.More()
			if more {
				coming = read() // while this piece is worked on
			}
			ctx.Dispatch(func(app.Context) {}) // shows how far it is
			if breathe(); f.reading != r {
				return
			}
			for err == nil && r.Work(time.Now().Add(slice)) {
				if breathe(); f.reading != r {
					return
				}
			}
			if !more || !r.More() {
				ctx.Dispatch(func(app.Context) {
					if f.reading == r {
						f.readOut(err)
					}
				})
				return
			}
		}
	})
}

// frames are three: by then the browser has drawn what it was told before.
const frames = 50 * time.Millisecond

// slice is how long a file is worked on before the browser has its turn: half a frame.
const slice = 8 * time.Millisecond

// readOut shows what was read.
func (f *frame) readOut(err error) {
	r := f.reading
	f.reading = nil
	if f.mode.Base().Fail(err) {
		return
	}
	t, err := r.Tape()
	if f.mode.Base().Fail(err) {
		return
	}
	ctx := f.guest.ctx
	ctx.Async(func() {
		t.Ponder(dom.Breath(slice))
		ctx.Dispatch(func(ctx app.Context) { f.show(ctx, t) })
	})
}

// show shows a trace, on the page that its lab has.
func (f *frame) show(ctx app.Context, t *visit.Tape) {
	l, err := t.Lab()
	if f.mode.Base().Fail(err) {
		return
	}
	if here := f.mode.Base().Lab; !f.shows(l) {
		f.tab.opened = t
		ctx.Navigate(visit.Path(l))
		return
	} else if here != l {
		f.open(l, "")
	}
	f.load(t)
	f.pane, f.complaint = f.first, ""
	f.above = true
	ctx.Defer(func(ctx app.Context) { ctx.After(frames, func(app.Context) { f.above = false }) })
	f.mirror(ctx)
	f.draw()
}

// bar is the top of the page.
func (f *frame) bar(long bool) app.UI { return pane.Bar(f.mode.Base().Lab, f.tab.near.status(long)) }

// question is the lab's question with its knobs and the button that starts.
func (f *frame) question() app.UI {
	d := f.mode.Base()
	run := pane.StopButton(f.onStop)
	if !d.Busy() {
		why := words.Sentence(d.Cannot())
		if d.Relay.State.Off() {
			why = f.tab.near.unreached()
		}
		run = pane.RunButton(f.verb, f.onStart, d.CanPress(), why)
	}
	return f.knobs.Render(d, d.Relay.State.Off() || d.Cannot() != "", run)
}

func (f *frame) onStart(app.Context, app.Event) { f.mode.Start() }
func (f *frame) onStop(app.Context, app.Event)  { f.mode.Stop() }

// say is the line for what went wrong, which is read out, and for what shows. Its place is
// there while it is empty, too: nothing moves when it comes.
func (f *frame) say() app.UI {
	d := f.mode.Base()
	var said []string
	for _, t := range []string{f.complaint, d.Problem, d.Relay.Notice, words.Sentence(d.Cannot()), f.mode.Trouble()} {
		if t != "" {
			said = append(said, t)
		}
	}
	class := "say"
	if len(said) == 0 {
		class = "say none"
		if text := f.mode.Pending(); text != "" {
			class, said = "say calm", append(said, text)
		} else if d.Phase == visit.Over {
			said = append(said, "The run has ended: "+f.mode.Headline()+".")
		}
	}
	offer := f.tab.machine.offer(f.mode.Start)
	return dom.Elc("div", "told").Body(
		dom.Elc("div", class).Role("status").Aria("live", "polite").Body(
			app.Raw(icon.Notice),
			dom.El("span").Text(strings.Join(said, " ")),
		),
		app.If(offer != nil, func() app.UI { return offer }),
		dom.Elc("span", "state").Text(f.mode.Headline()),
	)
}

// tabs chooses the pane on a phone.
func (f *frame) tabs() app.UI {
	return dom.Elc("div", "tabs").Role("tablist").Aria("label", "Panes").Body(
		app.Range(f.panes).Slice(func(i int) app.UI {
			t := f.panes[i]
			return dom.Button(func(app.Context, app.Event) { f.pick(t.pane) }, app.EventScope(t.pane)).
				Role("tab").Aria("selected", t.pane == f.pane).Text(t.label)
		}),
	)
}

// pick shows a pane on a phone.
func (f *frame) pick(name string) {
	f.pane = name
	at := f.mode.At()
	at.Rev++ // what was hidden has places to scroll to
	switch name {
	case about:
		at.Show(visit.About)
	case "kernel":
		at.ShowRun()
	}
}

// onLink puts a link to this step of this run into the address, and on the clipboard.
func (f *frame) onLink(ctx app.Context, r *visit.Run) {
	fragment, err := r.Moment()
	if r.Fail(err) {
		return
	}
	url := f.query(ctx)
	url.Fragment, url.RawFragment = fragment, fragment
	f.address(ctx, &url)
	at := r.Pos() + 1
	f.linked, r.Kept = at, true
	dom.Copy(ctx, url.String(), func() { f.linked = -at })
}

// linkWord is what the button of the link says: what became of it, while the step is
// the same.
func (f *frame) linkWord(r *visit.Run) string {
	switch r.Pos() + 1 {
	case f.linked:
		return "link in the address"
	case -f.linked:
		return "link copied"
	}
	if r.Lab.Measures {
		return "link to this run"
	}
	return "link to this step"
}

// openLink opens a trace file, or says how far one is read.
func (f *frame) openLink() app.UI {
	if r := f.reading; r != nil {
		return dom.Elc("span", "reading").Body(
			app.Elem("progress").Attr("max", int(max(r.Size>>10, 1))).Attr("value", int(r.Read>>10)).Aria("label", "Reading the file"),
			dom.El("span").Text(r.Progress()),
			dom.Button(func(app.Context, app.Event) { f.readOut(nil) }).Class("link").Title("What was read so far shows").Text("stop"),
		)
	}
	return app.If(!f.mode.Base().Busy() && !f.tab.alone, func() app.UI {
		return dom.Elc("label", "link filepick").Title("A trace, or a log of strace's: or drop it on the page").Body(
			app.Text("open trace"),
			app.ElemSelfClosing("input").Class("vh").Attr("type", "file").OnChange(f.onOpen),
		)
	})
}

// save saves the run as a file.
func (f *frame) save(r *visit.Run) {
	name, file := r.File()
	if r.Fail(r.NotKept()) {
		return
	}
	dom.Save(name, file)
	r.Kept = true
}

// fileLinks saves the run as a file, and opens one.
func (f *frame) fileLinks(r *visit.Run) app.UI {
	return dom.Elc("span", "files").Body(
		pane.PairSwitch(r),
		app.If(r.Player != nil && r.Phase == visit.Over, func() app.UI {
			return dom.Button(func(app.Context, app.Event) { f.save(r) }).Class("link").
				Title("The tab keeps a run until it is closed, if it isn't too large; a file stays").Text("save trace")
		}),
		app.If(r.Player != nil && r.Phase == visit.Over, func() app.UI {
			return dom.Button(func(ctx app.Context, _ app.Event) { f.openTake(ctx, r) }).Class("link").Aria("haspopup", "dialog").
				Title("As a drawing, a page of its own, strace text, for Perfetto, for Wireshark").Text("take it away")
		}),
		app.If(r.Player != nil && r.Phase == visit.Over && !f.tab.alone, func() app.UI {
			return dom.Button(func(ctx app.Context, _ app.Event) { f.onLink(ctx, r) }).Class("link").
				Title("The link holds the run itself: whoever opens it sees this very one").Text(f.linkWord(r))
		}),
		f.openLink(),
		app.If(r.Player != nil && r.Phase == visit.Over, func() app.UI { return f.takeSheet(r) }),
	)
}
