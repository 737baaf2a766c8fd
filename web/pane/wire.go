package pane

import (
	"html"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/visit"
)

// wire is the packets at the position, or why there are none.
func wire(f *visit.Focus) app.UI {
	if dark := f.Dark(); dark != "" {
		return dom.Elc("p", "hint").Text(dark)
	}
	rows := f.PacketRows()
	var b strings.Builder
	b.WriteString(`<ol class="packets">`)
	for _, r := range rows {
		woke := ""
		if r.Woke != "" {
			woke = `, woke ` + r.Woke
		}
		b.WriteString(`<li data-packet="` + strconv.Itoa(r.Index) + `" class="` + r.Class + `"><i>` + html.EscapeString(r.Time) + `</i><b>` + html.EscapeString(r.Way) +
			`</b><code>` + html.EscapeString(r.Word) + `</code><span>by ` + html.EscapeString(r.Sent+woke) + `</span><small>` + html.EscapeString(r.Detail) + `</small></li>`)
	}
	b.WriteString(`</ol>`)
	return dom.El("div").Body(
		dom.Elc("div", "key wirekey").Aria("label", "Key to the packets").Body(
			app.Range(icon.Packets).Slice(func(i int) app.UI {
				return dom.El("span").Body(app.Raw(icon.Packets[i].SVG), app.Text(icon.Packets[i].Word))
			})),
		tcp(f),
		dom.Elc("p", "hint").Text(f.PacketsTold()+" What they carry is observed; who sent each, and whom it woke, is inferred. On loopback a packet may carry 64 KB, and nobody computes its checksum."),
		dom.El("div").OnClick(func(_ app.Context, e app.Event) {
			if i := dom.Number(e, "packet"); i >= 0 {
				f.GoToPacket(i)
			}
		}).Body(app.Raw(b.String())),
	)
}
