package export

import (
	"io"
	"strconv"

	"sockscope/web/timeline"
)

// Head is what stands beside a lane.
type Head struct{ Name, Word string }

// light is the palette of the light theme; a test holds it against the style sheet.
var light = timeline.Palette{
	timeline.Ink: "#25221C", timeline.Muted: "#686052", timeline.Screen: "#FFFDF8", timeline.Line: "#DDD5C5", timeline.Line2: "#C6BCA8", timeline.Grat: "#EDE6D8",
	timeline.Run: "#00659F", timeline.Asleep: "#8A5F00", timeline.AsleepFill: "#F8EDD3", timeline.AsleepHatch: "#D9B566",
	timeline.Ready: "#00734F", timeline.Error: "#B23C06", timeline.Again: "#6E6400", timeline.Wake: "#97397A", timeline.Bg: "#F3EFE6", timeline.Panel: "#FAF7F0",
}

const (
	column  = 128 // px of the heads of the lanes
	longest = 17  // characters of a head that have room there
)

// SVG writes a drawing of what t shows: its window of time, with all lanes, in the colours
// of the light theme. The heads are those of the lanes from the top.
func SVG(w io.Writer, t *timeline.Timeline, heads []Head) error {
	view := t.View
	t.View.Top, t.View.Height = 0, timeline.Ruler+timeline.RowsHeight(t.Rows())
	t.View.Hover = timeline.Target{}
	scene := t.Layout()
	width, height := strconv.Itoa(column+int(view.Width)), strconv.Itoa(int(t.View.Height))
	b := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="` + width + `" height="` + height + `" viewBox="0 0 ` + width + " " + height + `" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="10">` +
		`<rect width="` + width + `" height="` + height + `" fill="` + light[timeline.Screen] + `"/><g transform="translate(` + strconv.Itoa(column) + `)">`)
	b = append(scene.SVG(b, &light), `</g><g font-family="system-ui,'Segoe UI','Liberation Sans',sans-serif"><rect width="`+strconv.Itoa(column)+`" height="`+height+`" fill="`+light[timeline.Panel]+`"/>`...)
	for i, row := range t.Rows() {
		top := timeline.Ruler + int(row.Top)
		if i < len(heads) {
			b = append(b, `<text x="14" y="`+strconv.Itoa(top+int(row.Height)/2-2)+`" font-size="12.5" font-weight="600" fill="`+light[timeline.Ink]+`">`+timeline.Escape(short(heads[i].Name))+"</text>"...)
			b = append(b, `<text x="14" y="`+strconv.Itoa(top+int(row.Height)/2+12)+`" font-size="11" fill="`+light[timeline.Muted]+`">`+timeline.Escape(short(heads[i].Word))+"</text>"...)
		}
		b = append(b, `<rect y="`+strconv.Itoa(top+int(row.Height)-1)+`" width="`+strconv.Itoa(column)+`" height="1" fill="`+light[timeline.Line]+`"/>`...)
	}
	b = append(b, `<rect x="`+strconv.Itoa(column-1)+`" width="1" height="`+height+`" fill="`+light[timeline.Line2]+`"/></g></svg>`+"\n"...)
	t.View = view
	_, err := w.Write(b)
	return err
}

// short cuts a text that has no room.
func short(text string) string {
	if r := []rune(text); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return text
}
