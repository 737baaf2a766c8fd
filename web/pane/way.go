package pane

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/play"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// way shows a stream on its way from the sends through the two queues into the recvs:
// four rows over one axis, which is the stream's bytes.
func (c *Bytes) way(fl visit.Flow) app.UI {
	p := c.F.Passage(fl)
	if p.Total == 0 && p.SendQ.Bytes+p.RecvQ.Bytes == 0 {
		return dom.Elc("p", "hint").Text("No call that moves bytes this way has returned, and no byte was seen in the queues.")
	}
	w := wayOf(&p, c.Narrow)
	w.hit = c.F.Followed(fl)
	flow := &c.F.Player.Run.Conns[fl.Conn].Flows[fl.Way]
	w.moves("sends", p.Sends, func(i int, m play.Move) []play.Part { return []play.Part{{Off: m.Off, Len: m.Len, Send: i}} })
	now := c.F.State().Time
	w.tank("Send-Q", &p.SendQ, c.F.Player.Run.Age(p.SendQ.At, now))
	w.tank("Recv-Q", &p.RecvQ, c.F.Player.Run.Age(p.RecvQ.At, now))
	w.moves("recvs", p.Recvs, func(i int, m play.Move) []play.Part { return flow.Parts(m, c.F.Pos()) })
	return app.Raw(w.svg())
}

// The picture's measures, in its own pixels.
const (
	wayWide, wayNarrow = 468, 330
	wayLabel           = 92 // width of the column of the rows' names
	wayRow, wayBar     = 27, 16
	leastWidth         = 3  // of a call that is drawn with its edges
	roomForText        = 16 // width that a number takes
	mostMoves          = 300
)

// wayPicture is the picture in the making.
type wayPicture struct {
	b        strings.Builder
	width, y int
	from, to int64 // the bytes that show
	hit      play.Move
}

// wayOf returns an empty picture with room for the newest calls of p.
func wayOf(p *play.Passage, narrow bool) *wayPicture {
	w := &wayPicture{width: wayWide, to: p.Total}
	if narrow {
		w.width = wayNarrow
	}
	for _, list := range [][]play.Move{p.Sends, p.Recvs} {
		if n := len(list); n > mostMoves {
			w.from = max(w.from, list[n-mostMoves].Off)
		} else if n > 0 && w.from == 0 {
			w.from = list[0].Off
		}
	}
	for _, t := range []*play.Tank{&p.SendQ, &p.RecvQ} {
		if !t.Known {
			w.to = max(w.to, w.from+t.Bytes)
		}
	}
	return w
}

// x is where a byte of the stream stands.
func (w *wayPicture) x(off int64) float64 {
	room := float64(w.width - wayLabel - 4)
	return wayLabel + room*float64(max(off, w.from)-w.from)/float64(max(w.to-w.from, 1))
}

// row begins a row with its name, and a note below that.
func (w *wayPicture) row(name, note string) {
	fmt.Fprintf(&w.b, `<text x="0" y="%d" class="t">%s</text><text x="0" y="%d" class="n">%s</text><path class="axis" d="M%d,%d.5H%d"/>`,
		w.y+12, name, w.y+22, note, wayLabel, w.y+wayBar, w.width)
}

// moves draws a row of calls, each by the sends that its bytes came from.
func (w *wayPicture) moves(name string, list []play.Move, parts func(i int, m play.Move) []play.Part) {
	w.row(name, words.Count(int64(len(list)), strings.TrimSuffix(name, "s")))
	drawn := wayLabel - 1.0
	for i, m := range list {
		if m.Off+m.Len <= w.from {
			continue
		}
		left, right := w.x(m.Off), w.x(m.Off+m.Len)
		class := ""
		if w.hit.Len > 0 && m.Off == w.hit.Off && m.Len == w.hit.Len {
			class = ` class="hit"`
		}
		fmt.Fprintf(&w.b, `<g`+class+` data-go="%d"><title>%s %d: %s</title>`, m.Step, strings.TrimSuffix(name, "s"), i+1, words.Count(m.Len, "byte"))
		for _, p := range parts(i, m) {
			w.part(p)
		}
		if right-drawn >= leastWidth {
			fmt.Fprintf(&w.b, `<path class="edge" d="M%.1f,%dV%dM%.1f,%dV%d"/>`, left, w.y, w.y+wayBar, right, w.y, w.y+wayBar)
			drawn = right
		}
		if name == "recvs" && right-left > 3*roomForText {
			fmt.Fprintf(&w.b, `<text x="%.1f" y="%d" class="n mid">recv %d</text>`, (left+right)/2, w.y+wayBar+10, i+1)
		}
		w.b.WriteString(`</g>`)
	}
	w.y += wayRow
}

// part draws a stretch in the look of its send.
func (w *wayPicture) part(p play.Part) {
	left, right := w.x(p.Off), w.x(p.Off+p.Len)
	if right <= left {
		return
	}
	fmt.Fprintf(&w.b, `<rect class="p%d" x="%.1f" y="%d" width="%.1f" height="%d"/><path class="u%d" d="M%.1f,%dH%.1f"/>`,
		p.Send%visit.SendClasses+1, left, w.y, max(right-left, 1), wayBar, p.Send%visit.SendClasses+1, left, w.y+wayBar-1, right)
	if right-left > roomForText {
		fmt.Fprintf(&w.b, `<text x="%.1f" y="%d" class="mid">%d</text>`, (left+right)/2, w.y+12, p.Send+1)
	}
}

// tank draws a queue as it was read, at such an age.
func (w *wayPicture) tank(name string, t *play.Tank, age string) {
	switch {
	case t.At < 0:
		w.row(name, "not read")
	default:
		holds := short(t.Bytes)
		if t.FIN {
			if holds = "FIN"; t.Bytes > 1 {
				holds = short(t.Bytes-1) + ", FIN"
			}
		}
		w.row(name, html.EscapeString(holds+", "+age))
		for _, p := range t.Parts {
			w.part(p)
		}
		if !t.Known && t.Bytes > 0 {
			text := "of which send is not known"
			if t.Of >= 0 {
				text = fmt.Sprintf("all of send %d", t.Of+1)
			}
			left, right := w.x(w.from), w.x(w.from+t.Bytes)
			fmt.Fprintf(&w.b, `<rect class="unsure" x="%.1f" y="%d.5" width="%.1f" height="%d"/><text x="%.1f" y="%d">%s</text>`, left, w.y, right-left, wayBar-1, left+5, w.y+12, text)
		}
	}
	w.y += wayRow
}

// short writes a number of bytes in little room.
func short(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// svg returns the picture.
func (w *wayPicture) svg() string {
	return fmt.Sprintf(`<svg class="wayp" viewBox="0 0 %d %d" role="img" aria-label="The stream's bytes in sends, Send-Q, Recv-Q and recvs, by the send that they came from">`, w.width, w.y+2) + w.b.String() + `</svg>`
}

// decoder shows what a decoder makes of what was received, and what it holds back.
func (c *Bytes) decoder(fl visit.Flow, st *visit.Stream) app.UI {
	framing := c.framing
	if framing == "" {
		if framing = c.F.Framing(); framing == "" {
			framing = "delimiter"
		}
	}
	d := c.F.Decoding(fl, framing)
	var b strings.Builder
	b.WriteString(`<ol class="msgs">`)
	first := max(0, len(d.Messages)-maxMessages)
	if first > 0 {
		fmt.Fprintf(&b, `<li><b></b><span>%s before these</span></li>`, words.Count(int64(first), "message"))
	}
	from := d.From
	if first < len(d.Messages) {
		from = d.Messages[first].Off
	}
	cells := st.From(from, math.MaxInt, play.Move{})
	stretch := func(off, n int64) []visit.Cell {
		at := min(max(off-from, 0), int64(len(cells)))
		return cells[at:min(at+min(n, maxText), int64(len(cells)))]
	}
	for i, m := range d.Messages[first:] {
		fmt.Fprintf(&b, `<li data-go="%d"><b>%d</b><code>%s</code><span>%s, whole with recv %d</span></li>`,
			c.F.RecvOf(fl, m.Recv), first+i+1, visit.Spell(stretch(m.Off, m.Len), int(m.Head)), words.Count(m.Len, "byte"), m.Recv+1)
	}
	switch {
	case d.Lost:
		fmt.Fprintf(&b, `<li class="held"><b></b><span>the trace has not all bytes from %d on: of a call it keeps %s</span></li>`, d.From, words.Count(trace.DataCap, "byte"))
	case d.Held > 0:
		fmt.Fprintf(&b, `<li class="held"><b>held</b><code>%s</code><span>%s</span></li>`, visit.Spell(stretch(d.From, d.Held), int(d.Head)), d.Wants)
	default:
		b.WriteString(`<li class="held"><b>held</b><span>nothing</span></li>`)
	}
	b.WriteString(`</ol>`)
	return dom.El("div").Body(
		dom.Elc("label", "framing").Body(app.Text("A message ends by "),
			dom.Elc("select", "pick").Attr("name", "decoder").OnChange(c.onFraming).Body(app.Range(visit.Framings).Slice(func(i int) app.UI {
				return dom.Option(visit.Framings[i], visit.FramingWord(visit.Framings[i]), visit.Framings[i] == framing)
			})),
		),
		app.Raw(b.String()),
	)
}

// maxMessages and maxText bound what a decoder shows: its last messages, and the first
// bytes of each.
const (
	maxMessages = 40
	maxText     = 64
)

func (c *Bytes) onFraming(ctx app.Context, _ app.Event) { c.framing = dom.Value(ctx) }
