package pane

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Source shows the program of the selected lane and, below, that of the
// other side, with the line where each thread is.
type Source struct {
	app.Compo
	F   *visit.Focus
	Rev int

	other   int       // index in sources of the lower program that was picked, plus one
	differs bool      // what the programs differ in shows
	names   [2]string // of the programs that show
	last    [2]place  // that was scrolled to
}

func (c *Source) Render() app.UI {
	f := c.F
	sources := f.Sources()
	upper, others := f.Programs()
	if upper < 0 {
		return dom.Elc("section", "pane p-source").Aria("label", "Source").Body(
			dom.Elc("div", "ph2").Body(dom.El("h2").Text("Source")),
			dom.Elc("p", "hint").Text("The programs show here as soon as the server has said what it would run."),
		)
	}
	marks := f.Marks()
	lower := f.Other(upper, others)
	if slices.Contains(others, c.other-1) {
		lower = c.other - 1
	}
	return dom.Elc("section", "pane p-source").Aria("label", "Source").Body(
		dom.Elc("div", "half").Body(
			dom.Elc("div", "ph2").Body(
				dom.El("h2").Text(sources[upper].Name), dom.El("span").Text(f.Whose(upper)),
				dom.Elc("span", "sp"), c.former(&sources[upper]),
			),
			c.listing("src-upper", &sources[upper], marks[upper]),
		),
		app.If(lower >= 0, func() app.UI {
			return dom.Elc("div", "half").Body(
				dom.Elc("div", "ph2").Body(
					c.name(others, lower), dom.El("span").Text(f.Whose(lower)),
					dom.Elc("span", "sp"), dom.Elc("span", "wide").Text(f.Doing(lower)),
				),
				c.listing("src-lower", &sources[lower], marks[lower]),
			)
		}),
	)
}

// former marks in both programs what each has new, and shows what it has no more.
func (c *Source) former(s *trace.Source) app.UI {
	if s.Follows == "" {
		return dom.Elc("span", "wide").Text("whole program")
	}
	return dom.Button(c.onDiffers).Class("link").Aria("pressed", c.differs).Text("what differs from " + s.Follows)
}

func (c *Source) onDiffers(app.Context, app.Event) { c.differs = !c.differs }

// name is the lower program's file name, a choice when there are several.
func (c *Source) name(others []int, lower int) app.UI {
	sources := c.F.Sources()
	if len(others) == 1 {
		return dom.El("h2").Text(sources[lower].Name)
	}
	return dom.Elc("select", "pick").Aria("label", "Program").OnChange(c.onPick).Body(
		app.Range(others).Slice(func(i int) app.UI {
			return dom.Option(fmt.Sprint(others[i]), sources[others[i]].Name, others[i] == lower)
		}),
	)
}

func (c *Source) onPick(ctx app.Context, _ app.Event) {
	if f, err := strconv.Atoi(dom.Value(ctx)); err == nil {
		c.other = f + 1
	}
}

// place is a line of a program, by how far below its top it stands, in a listing of some
// height, in px.
type place struct {
	program  string
	at, tall int
}

func (c *Source) OnMount(ctx app.Context)  { c.reveal(ctx) }
func (c *Source) OnUpdate(ctx app.Context) { c.reveal(ctx) }

// reveal scrolls the current line of each listing into view once it has been
// drawn, and only then: a learner who scrolled away keeps the place until the
// line changes.
func (c *Source) reveal(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		for i, id := range []string{"src-upper", "src-lower"} {
			box := app.Window().GetElementByID(id)
			if !box.Truthy() || box.Get("clientHeight").Int() == 0 { // another tab shows
				continue
			}
			line := box.Call("querySelector", ".cur")
			if !line.Truthy() {
				line = box.Call("querySelector", ".at")
			}
			if !line.Truthy() {
				line = box.Call("querySelector", ".begin")
			}
			if !line.Truthy() {
				continue
			}
			at := line.Get("offsetTop").Int()
			if now := (place{c.names[i], at, box.Get("clientHeight").Int()}); now == c.last[i] {
				continue
			} else {
				c.last[i] = now
			}
			top, room := box.Get("scrollTop").Int(), inView(box)
			switch {
			case line.Call("matches", ".begin").Bool():
				box.Set("scrollTop", at)
			case at < top+18 || at > top+room-54:
				box.Set("scrollTop", at-room/3)
			}
		}
	})
}

// inView returns how much of a box stands above the window's lower end, in px; all of
// it, where that is next to nothing: then the page is scrolled to it first.
func inView(box app.Value) int {
	_, window := app.Window().Size()
	whole := box.Get("clientHeight").Int()
	if part := window - box.Call("getBoundingClientRect").Get("top").Int(); part > 72 {
		return min(whole, part)
	}
	return whole
}

// lineClass is the look of a line at which threads are.
func lineClass(m *visit.Mark) string {
	class := "at"
	if m.Current {
		class = "cur"
	}
	if m.Asleep {
		class += " sleep"
	}
	return class
}

// listing is a program with the marks of its lines. A line is one node: while a
// run plays, a program of a hundred lines is looked through every frame.
func (c *Source) listing(id string, s *trace.Source, marks map[int]*visit.Mark) app.UI {
	c.names[map[string]int{"src-upper": 0, "src-lower": 1}[id]] = s.Name
	former := s.Text
	if c.differs && s.Follows != "" {
		former = s.Former
	}
	lines := tinted(former, s.Text)
	return dom.Elc("div", "scroll").ID(id).TabIndex(0).Role("group").Aria("label", s.Name).Body(
		dom.Elc("ol", "src").Body(
			app.Range(lines).Slice(func(i int) app.UI {
				l := &lines[i]
				if m := marks[l.number]; m != nil {
					return app.Raw(sourceLine(l.number, lineClass(m)+" "+l.class, tagged(m.Tags, l.room), l.code))
				}
				return app.Raw(lines[i].plain)
			}),
		),
	)
}

// sourceLine returns a line as HTML; tags and code are HTML already. Number 0 is that
// of a line which only the former program has.
func sourceLine(n int, class, tags, code string) string {
	number := strconv.Itoa(n)
	if n == 0 {
		number, code = "−", "<del>"+code+"</del>"
	}
	return `<li class="` + strings.TrimSpace(class) + `"><i>` + number + `</i><span class="tag">` + tags + `</span><code>` + code + `</code></li>`
}

// tagRoom returns the px that the tags of a line have: their column, and what the
// line is indented by.
func tagRoom(line string) float64 {
	const column, tab = 19, 3 * 6.62
	return column + tab*float64(len(line)-len(strings.TrimLeft(line, "\t")))
}

// tagged returns the tags of a line as HTML: as many as there is room for, and how
// many more there are.
func tagged(tags []visit.Tag, room float64) string {
	width := func(text string) float64 { return 8 + 5.72*float64(len(text)) } // with the gap behind it
	var all []string
	total := 0.0
	for _, t := range tags {
		all = append(all, t.Text)
		total += width(t.Text)
	}
	shown := len(tags)
	if total > room && shown > 1 { // one thread is always named
		left := room - width("+"+strconv.Itoa(shown))
		for shown = 0; left >= width(tags[shown].Text); shown++ {
			left -= width(tags[shown].Text)
		}
	}
	var b strings.Builder
	for _, t := range tags[:shown] {
		class := "th"
		if t.Asleep {
			class = "th z"
		}
		fmt.Fprintf(&b, `<span class="%s">%s</span>`, class, html.EscapeString(t.Text))
	}
	if shown < len(tags) {
		sign := "+"
		if shown == 0 {
			sign = "×"
		}
		fmt.Fprintf(&b, `<span class="th more" title="%s">%s%d</span>`, html.EscapeString(strings.Join(all, ", ")), sign, len(tags)-shown)
	}
	return b.String()
}

// tintedLine is a line of a listing as HTML: its code alone, and the whole line
// while no thread is there.
type tintedLine struct {
	number      int     // 0 of a line that only the former program has
	room        float64 // px that tags have
	class       string
	code, plain string
}

var tintCache = map[[2]string][]tintedLine{}

// tinted returns the lines of a program, set against a former one. Programs are few,
// and asked for every frame: they are kept.
func tinted(former, text string) []tintedLine {
	if lines, ok := tintCache[[2]string{former, text}]; ok {
		return lines
	}
	if len(tintCache) > 64 { // traces from files may bring more than a site has
		clear(tintCache)
	}
	changes := visit.Changes(former, text)
	lines := make([]tintedLine, len(changes))
	begin := beginning(changes)
	for i, c := range changes {
		l := &lines[i]
		l.number, l.code, l.room = c.Line, tint(c.Text), tagRoom(c.Text)
		switch {
		case c.Line == 0:
			l.class = "was"
		case c.New:
			l.class = "new"
		}
		class := l.class
		if i == begin {
			class += " begin"
		}
		l.plain = sourceLine(l.number, class, "", l.code)
	}
	tintCache[[2]string{former, text}] = lines
	return lines
}

// beginning returns the index of the line where a program's text begins for a
// reader: the comment on its first function, after the imports.
func beginning(lines []visit.Change) int {
	for i := range lines {
		if lines[i].Line == 0 || !strings.HasPrefix(lines[i].Text, "func ") {
			continue
		}
		for i > 0 && strings.HasPrefix(lines[i-1].Text, "//") {
			i--
		}
		return i
	}
	return 0
}
