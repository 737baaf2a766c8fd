package pane

import (
	"fmt"
	"html"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
)

// places are the states of RFC 9293's figure 5, in px of a drawing of 384 x 206: the
// middle of each.
var places = map[trace.TCPState][2]int{
	trace.Closed: {192, 14}, trace.Listening: {72, 44}, trace.SynSent: {312, 44},
	trace.SynRecv: {72, 78}, trace.Established: {192, 96},
	trace.FinWait1: {72, 130}, trace.CloseWait: {312, 130},
	trace.FinWait2: {72, 160}, trace.Closing: {192, 160}, trace.LastAck: {312, 160},
	trace.TimeWait: {72, 192},
}

// ways are the changes that the drawing shows.
var ways = [][2]trace.TCPState{
	{trace.Closed, trace.Listening}, {trace.Closed, trace.SynSent}, {trace.Listening, trace.SynRecv}, {trace.SynRecv, trace.Established},
	{trace.SynSent, trace.Established}, {trace.Established, trace.FinWait1}, {trace.Established, trace.CloseWait},
	{trace.FinWait1, trace.FinWait2}, {trace.FinWait1, trace.Closing}, {trace.FinWait2, trace.TimeWait}, {trace.Closing, trace.TimeWait},
	{trace.CloseWait, trace.LastAck},
}

const boxWidth, boxHeight = 92, 18

// diagram draws TCP's states, and where the two ends are.
func diagram(ends [2]visit.TCPEnd) string {
	var b strings.Builder
	b.WriteString(`<svg class="tcp" viewBox="0 0 384 206" role="img" aria-label="TCP state diagram">`)
	been := map[trace.TCPState]bool{}
	for _, e := range ends {
		for _, s := range e.Before {
			been[s] = true
		}
	}
	for _, w := range ways {
		from, to := places[w[0]], places[w[1]]
		fmt.Fprintf(&b, `<path d="M%d %dL%d %d"/>`, from[0], from[1], to[0], to[1])
	}
	for state := trace.Established; state <= trace.Closing; state++ {
		at := places[state]
		class := ""
		if been[state] {
			class = "been"
		}
		var tags []string
		for _, e := range ends {
			if e.State == state {
				class = "now"
				tags = append(tags, e.Tag)
				if e.How == trace.Inferred {
					class = "now inferred"
				}
			}
		}
		fmt.Fprintf(&b, `<g class="%s"><rect x="%d" y="%d" width="%d" height="%d" rx="2"/><text x="%d" y="%d">%s</text>`,
			class, at[0]-boxWidth/2, at[1]-boxHeight/2, boxWidth, boxHeight, at[0], at[1]+4, state)
		if len(tags) > 0 {
			fmt.Fprintf(&b, `<text class="who" x="%d" y="%d">%s</text>`, at[0]+boxWidth/2+4, at[1]+4, html.EscapeString(strings.Join(tags, " ")))
		}
		b.WriteString(`</g>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// tcp is what the kernel's side of the wire shows: the states of a connection's ends, the
// queues of listeners, what was counted.
func tcp(f *visit.Focus) app.UI {
	var parts []app.UI
	for _, b := range f.Backlogs() {
		parts = append(parts, dom.El("h3").Text("Queues of the listener "+b.Addr),
			dom.Elc("div", "two").Body(
				dom.Elc("div", "queue").Body(app.Raw(slots(b.HalfOpen, 0)), dom.El("span").Text(fmt.Sprintf("SYN queue: %d half open", b.HalfOpen))),
				dom.Elc("div", "queue").Body(app.Raw(slots(b.Waiting, b.Room)), dom.El("span").Text(fmt.Sprintf("accept queue: %d of %d, the backlog and one more", b.Waiting, b.Room))),
				provenance(b.How, b.When),
			))
	}
	if ends, ok := f.TCPEnds(); ok {
		var says []string
		for _, e := range ends {
			if e.State != 0 {
				says = append(says, e.Tag+" is "+e.State.String()+", "+e.Say)
			}
		}
		parts = append(parts, dom.El("h3").Text("States of TCP"), app.Raw(diagram(ends)), dom.Elc("p", "hint").Text(strings.Join(says, "; ")+"."))
	}
	if counted := f.Counted(); len(counted) > 0 {
		parts = append(parts, dom.El("h3").Text("Counted in this namespace"), dom.Elc("ul", "counted").Body(
			app.Range(counted).Slice(func(i int) app.UI {
				return dom.El("li").Body(dom.El("b").Text(counted[i][0]), dom.El("code").Text(counted[i][1]), dom.El("span").Text(counted[i][2]))
			})))
	}
	return dom.Elc("section", "tcpside").Body(parts...)
}

// mostSlots is how many places of a queue are drawn.
const mostSlots = 12

// slots draws so many places, the first of which are taken. Without a room there are as
// many as are taken.
func slots(taken, room int) string {
	room = max(room, taken, 1)
	var b strings.Builder
	b.WriteString(`<span class="places">`)
	for i := range min(room, mostSlots) {
		if i < taken {
			b.WriteString(`<i class="taken"></i>`)
		} else {
			b.WriteString(`<i></i>`)
		}
	}
	b.WriteString(`</span>`)
	return b.String()
}
