package web

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// sourcePane shows the program of the selected lane and, below, that of the
// other side, with the line where each thread is.
type sourcePane struct {
	app.Compo
	S   *session
	Rev int

	other  int // index in sources of the lower program that was picked, plus one
	lastAt [2]int
}

func (c *sourcePane) Render() app.UI {
	s := c.S
	sources := s.sources()
	upper, others := s.programs()
	if upper < 0 {
		return elc("section", "pane p-source").Aria("label", "Source").Body(
			elc("div", "ph2").Body(el("h2").Text("Source")),
			elc("p", "hint").Text("The programs show here as soon as the server has said what it would run."),
		)
	}
	marks := s.marks()
	lower := s.busiest(others)
	if r := s.rival(upper); s.versus != nil && r >= 0 {
		lower = r
	}
	if slices.Contains(others, c.other-1) {
		lower = c.other - 1
	}
	return elc("section", "pane p-source").Aria("label", "Source").Body(
		elc("div", "half").Body(
			elc("div", "ph2").Body(
				el("h2").Text(sources[upper].Name), el("span").Text(s.whose(upper)),
				elc("span", "sp"), elc("span", "wide").Text("whole program"),
			),
			listing("src-upper", sources[upper].Text, marks[upper]),
		),
		app.If(lower >= 0, func() app.UI {
			return elc("div", "half").Body(
				elc("div", "ph2").Body(
					c.name(others, lower), el("span").Text(s.whose(lower)),
					elc("span", "sp"), elc("span", "wide").Text(s.tally(lower)),
				),
				listing("src-lower", sources[lower].Text, marks[lower]),
			)
		}),
	)
}

// name is the lower program's file name, a choice when there are several.
func (c *sourcePane) name(others []int, lower int) app.UI {
	sources := c.S.sources()
	if len(others) == 1 {
		return el("h2").Text(sources[lower].Name)
	}
	return elc("select", "pick").Aria("label", "Program").OnChange(c.onPick).Body(
		app.Range(others).Slice(func(i int) app.UI {
			return option(fmt.Sprint(others[i]), sources[others[i]].Name, others[i] == lower)
		}),
	)
}

func (c *sourcePane) onPick(ctx app.Context, _ app.Event) {
	if f, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); err == nil {
		c.other = f + 1
	}
}

func (c *sourcePane) OnMount(ctx app.Context)  { c.reveal(ctx) }
func (c *sourcePane) OnUpdate(ctx app.Context) { c.reveal(ctx) }

// reveal scrolls the current line of each listing into view once it has been
// drawn, and only then: a learner who scrolled away keeps the place until the
// line changes.
func (c *sourcePane) reveal(ctx app.Context) {
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

// mark is what stands beside a line of a program.
type mark struct {
	current bool     // the selected lane is here
	asleep  bool     // a thread sleeps here
	tags    []tagged // the threads that are here
}

func (m *mark) class() string {
	class := "at"
	if m.current {
		class = "cur"
	}
	if m.asleep {
		class += " sleep"
	}
	return class
}

type tagged struct {
	text   string
	asleep bool
}

// marks finds the line of every thread, by source and line.
func (s *session) marks() map[int]map[int]*mark {
	out := map[int]map[int]*mark{}
	if s.Player == nil {
		return out
	}
	run, state := s.Player.Run, s.state()
	for i := range run.Lanes {
		l := &run.Lanes[i]
		t := threadOf(state, l.Proc, l.Thread)
		if t == nil || !t.Started || t.Exited || t.File == 0 || t.Line == 0 {
			continue
		}
		lines := out[t.File-1]
		if lines == nil {
			lines = map[int]*mark{}
			out[t.File-1] = lines
		}
		m := lines[t.Line]
		if m == nil {
			m = new(mark)
			lines[t.Line] = m
		}
		asleep := t.InCall && blocked(s.Player, l)
		m.tags = append(m.tags, tagged{threadTag(run, l), asleep})
		m.asleep = m.asleep || asleep
		m.current = m.current || i == s.lane
	}
	return out
}

// threadTag is the shortTag of a lane; of a process that strace traces "g2" is its
// second goroutine, "t1" its first thread.
func threadTag(run *play.Run, l *play.Lane) string {
	switch {
	case !run.Straced(l.Proc):
		return shortTag(l.Tag, l.Thread)
	case l.Thread < trace.KernelThread:
		return "g" + itoa(int64(l.Thread+1))
	}
	return "t" + itoa(int64(l.Thread-trace.KernelThread+1))
}

// shortTag fits a lane's tag into a line's margin: "srv" is s, client "c3" is 3,
// child "ch3" is c3.
func shortTag(tag string, thread int) string {
	switch {
	case strings.HasPrefix(tag, "ch"):
		tag = "c" + tag[2:]
	case strings.HasPrefix(tag, "c") && len(tag) > 1:
		tag = tag[1:]
	case tag != "":
		tag = tag[:1]
	}
	if thread > 0 {
		return fmt.Sprintf("%s.%d", tag, thread+1)
	}
	return tag
}

// programs returns the index of the selected lane's program and those of the
// others, -1 when nothing is known yet. An agent has none: the first is shown.
func (s *session) programs() (upper int, others []int) {
	procs, n := s.procs(), len(s.sources())
	upper = -1
	if i := s.proc(); i >= 0 && i < len(procs) {
		upper = procs[i].File - 1
	}
	if upper < 0 && n > 0 {
		upper = 0
	}
	if upper >= n {
		return -1, nil
	}
	for i := range n {
		if i != upper {
			others = append(others, i)
		}
	}
	return upper, others
}

// whose names the processes that run a program: "server", "clients 1 to 4".
func (s *session) whose(file int) string {
	var names []string
	if s.versus != nil {
		return s.versus.whose(s.procs(), file)
	}
	for _, p := range s.procs() {
		if p.File-1 == file {
			names = append(names, p.Name)
		}
	}
	return namesTogether(names)
}

// namesTogether shortens "client 1", "client 2", "client 3" to "clients 1 to 3".
func namesTogether(names []string) string {
	var parts []string
	for i := 0; i < len(names); {
		word, number, _ := strings.Cut(names[i], " ")
		first, _ := strconv.Atoi(number)
		n := 1
		for i+n < len(names) && first > 0 && names[i+n] == word+" "+strconv.Itoa(first+n) {
			n++
		}
		part := names[i]
		if n > 1 {
			plural := word + "s"
			if word == "child" {
				plural = "children"
			}
			part = fmt.Sprintf("%s %d to %d", plural, first, first+n-1)
		}
		parts = append(parts, part)
		i += n
	}
	return strings.Join(parts, ", ")
}

// tally counts what the threads of a program do.
func (s *session) tally(file int) string {
	if s.Player == nil {
		return ""
	}
	run, state := s.Player.Run, s.state()
	running, asleep := 0, 0
	for i := range run.Lanes {
		l := &run.Lanes[i]
		t := threadOf(state, l.Proc, l.Thread)
		if l.Proc < 0 || run.Header.Procs[l.Proc].File-1 != file || t == nil || !t.Started || t.Exited {
			continue
		}
		if t.InCall && blocked(s.Player, l) {
			asleep++
		} else {
			running++
		}
	}
	switch {
	case running+asleep < 2:
		return ""
	case asleep == 0:
		return fmt.Sprintf("%d running", running)
	}
	return fmt.Sprintf("%d running, %d blocked", running, asleep)
}

// listing is a program with the marks of its lines. A line is one node: while a
// run plays, a program of a hundred lines is looked through every frame.
func listing(id, text string, marks map[int]*mark) app.UI {
	lines := tinted(text)
	return elc("div", "scroll").ID(id).TabIndex(0).Body(
		elc("ol", "src").Body(
			app.Range(lines).Slice(func(i int) app.UI {
				if m := marks[i+1]; m != nil {
					return app.Raw(sourceLine(i+1, m.class(), m.tags, lines[i].code))
				}
				return app.Raw(lines[i].plain)
			}),
		),
	)
}

// sourceLine returns a line as HTML; code is HTML already.
func sourceLine(n int, class string, tags []tagged, code string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<li class="%s"><i>%d</i><span class="tag">`, class, n)
	for _, t := range tags {
		class := "th"
		if t.asleep {
			class = "th z"
		}
		fmt.Fprintf(&b, `<span class="%s">%s</span>`, class, html.EscapeString(t.text))
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

// busiest returns the one of the programs that most processes run, -1 of none.
func (s *session) busiest(files []int) int {
	best, most := -1, -1
	for _, f := range files {
		n := 0
		for _, p := range s.procs() {
			if p.File-1 == f {
				n++
			}
		}
		if n > most {
			best, most = f, n
		}
	}
	return best
}
