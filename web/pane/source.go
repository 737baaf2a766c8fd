package pane

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Source shows the program of the selected lane and, below, that of the
// other side, with the line where each thread is.
type Source struct {
	app.Compo
	F   *visit.Focus
	Rev int

	other  int // index in sources of the lower program that was picked, plus one
	lastAt [2]int
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
				dom.Elc("span", "sp"), dom.Elc("span", "wide").Text("whole program"),
			),
			listing("src-upper", sources[upper].Text, marks[upper]),
		),
		app.If(lower >= 0, func() app.UI {
			return dom.Elc("div", "half").Body(
				dom.Elc("div", "ph2").Body(
					c.name(others, lower), dom.El("span").Text(f.Whose(lower)),
					dom.Elc("span", "sp"), dom.Elc("span", "wide").Text(f.Doing(lower)),
				),
				listing("src-lower", sources[lower].Text, marks[lower]),
			)
		}),
	)
}

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
			if at == c.lastAt[i] {
				continue
			}
			c.lastAt[i] = at
			top, room := box.Get("scrollTop").Int(), box.Get("clientHeight").Int()
			switch {
			case line.Get("className").String() == "begin":
				box.Set("scrollTop", at)
			case at < top+18 || at > top+room-54:
				box.Set("scrollTop", at-room/3)
			}
		}
	})
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
func listing(id, text string, marks map[int]*visit.Mark) app.UI {
	lines := tinted(text)
	return dom.Elc("div", "scroll").ID(id).TabIndex(0).Body(
		dom.Elc("ol", "src").Body(
			app.Range(lines).Slice(func(i int) app.UI {
				if m := marks[i+1]; m != nil {
					return app.Raw(sourceLine(i+1, lineClass(m), m.Tags, lines[i].code))
				}
				return app.Raw(lines[i].plain)
			}),
		),
	)
}

// sourceLine returns a line as HTML; code is HTML already.
func sourceLine(n int, class string, tags []visit.Tag, code string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<li class="%s"><i>%d</i><span class="tag">`, class, n)
	for _, t := range tags {
		class := "th"
		if t.Asleep {
			class = "th z"
		}
		fmt.Fprintf(&b, `<span class="%s">%s</span>`, class, html.EscapeString(t.Text))
	}
	b.WriteString(`</span><code>` + code + `</code></li>`)
	return b.String()
}

// tintedLine is a line of a program as HTML: its code alone, and the whole line
// while no thread is there.
type tintedLine struct{ code, plain string }

var tintCache = map[string][]tintedLine{}

// tinted returns the lines of a program. Programs are few, and asked for every
// frame: they are kept.
func tinted(text string) []tintedLine {
	if lines, ok := tintCache[text]; ok {
		return lines
	}
	if len(tintCache) > 64 { // traces from files may bring more than a site has
		clear(tintCache)
	}
	raw := strings.Split(strings.TrimRight(text, "\n"), "\n")
	lines := make([]tintedLine, len(raw))
	begin := beginning(raw)
	for i, l := range raw {
		class := ""
		if i == begin {
			class = "begin"
		}
		lines[i].code = tint(l)
		lines[i].plain = sourceLine(i+1, class, nil, lines[i].code)
	}
	tintCache[text] = lines
	return lines
}

// beginning returns the index of the line where a program's text begins for a
// reader: the comment on its first function, after the imports.
func beginning(lines []string) int {
	for i, l := range lines {
		if !strings.HasPrefix(l, "func ") {
			continue
		}
		for i > 0 && strings.HasPrefix(lines[i-1], "//") {
			i--
		}
		return i
	}
	return 0
}
