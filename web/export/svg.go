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
	d := sheet{}
	width, height := column+int(view.Width), int(t.View.Height)
	d.say(`<svg xmlns="http://www.w3.org/2000/svg" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="10" viewBox="0 0 `, strconv.Itoa(width), " ", strconv.Itoa(height), `"`)
	d.size(width, height)
	d.say(">")
	d.rect(0, 0, width, height, timeline.Screen)
	d.say(`<g transform="translate(`, strconv.Itoa(column), `)">`)
	d.b = scene.SVG(d.b, &light)
	d.say(`</g><g font-family="system-ui,'Segoe UI','Liberation Sans',sans-serif">`)
	d.rect(0, 0, column, height, timeline.Panel)
	for i, row := range t.Rows() {
		top, h := timeline.Ruler+int(row.Top), int(row.Height)
		if i < len(heads) {
			d.head(top+h/2-2, timeline.Ink, `12.5" font-weight="600`, heads[i].Name)
			d.head(top+h/2+12, timeline.Muted, "11", heads[i].Word)
		}
		d.rect(0, top+h-1, column, 1, timeline.Line)
	}
	d.rect(column-1, 0, 1, height, timeline.Line2)
	d.say("</g></svg>\n")
	t.View = view
	_, err := w.Write(d.b)
	return err
}

// sheet is a drawing that is being written.
type sheet struct{ b []byte }

func (d *sheet) say(parts ...string) {
	for _, s := range parts {
		d.b = append(d.b, s...)
	}
}

func (d *sheet) size(width, height int) {
	d.say(` width="`, strconv.Itoa(width), `" height="`, strconv.Itoa(height), `"`)
}

func (d *sheet) rect(x, y, width, height int, c timeline.Colour) {
	d.say(`<rect x="`, strconv.Itoa(x), `" y="`, strconv.Itoa(y), `" fill="`, light[c], `"`)
	d.size(width, height)
	d.say("/>")
}

// head writes a line beside a lane.
func (d *sheet) head(y int, c timeline.Colour, size, text string) {
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest-1]) + "…"
	}
	d.say(`<text x="14" y="`, strconv.Itoa(y), `" fill="`, light[c], `" font-size="`, size, `">`, timeline.Escape(text), "</text>")
}
