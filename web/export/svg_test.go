package export

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"sockscope/web/play"
	"sockscope/web/timeline"
)

// drawing returns the drawing of a run at a position.
func drawing(t testing.TB, r *play.Run, at int, heads []Head) string {
	p := play.NewPlayer(r)
	p.Seek(at)
	tl := timeline.Timeline{Player: p, View: timeline.View{Width: 1200, Height: 50}}
	tl.View.Fit(p)
	var out bytes.Buffer
	if err := SVG(&out, &tl, heads); err != nil {
		t.Fatal(err)
	}
	if tl.View.Height != 50 {
		t.Error("the view was changed")
	}
	return out.String()
}

// elements counts the elements of a document, and fails where it isn't one of XML.
func elements(t testing.TB, svg string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("%v in\n%.3000s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			n[e.Name.Local]++
		}
	}
}

func TestSVG(t *testing.T) {
	ids, refs := regexp.MustCompile(` id="([^"]+)"`), regexp.MustCompile(`url\(#([^)]+)\)`)
	for _, r := range recordings(t) {
		svg := drawing(t, r.run, r.run.Len(), []Head{{"<server> & \x01", "a word that has no room there"}})
		n := elements(t, svg)
		if n["text"] < 3 || n["rect"] < 3 {
			t.Errorf("%s: %v", r.name, n)
		}
		has := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(svg, -1) {
			if has[m[1]] {
				t.Errorf("%s: %s twice", r.name, m[1])
			}
			has[m[1]] = true
		}
		for _, m := range refs.FindAllStringSubmatch(svg, -1) {
			if !has[m[1]] {
				t.Errorf("%s: there is no %s", r.name, m[1])
			}
		}
		for _, text := range []string{"&lt;server&gt; &amp; \ufffd<", "a word that has …<", ">0</text>"} {
			if !strings.Contains(svg, text) {
				t.Errorf("%s: no %s", r.name, text)
			}
		}
	}
}

// What lies behind the playhead is faded, and the graticule is beneath all.
func TestSVGFades(t *testing.T) {
	for _, r := range recordings(t) {
		if r.name != "select" {
			continue
		}
		svg := drawing(t, r.run, r.run.Len()/2, nil)
		if elements(t, svg)["mask"] != 1 || !strings.Contains(svg, `fill-opacity="0.66"`) {
			t.Error("nothing is faded")
		}
		mask, grat, bar := strings.Index(svg, `mask="url`), strings.Index(svg, light[timeline.Grat]), strings.Index(svg, `fill="`+light[timeline.Run])
		if grat < 0 || grat > mask || mask > bar {
			t.Errorf("the graticule is at %d, the mask at %d, the first bar at %d", grat, mask, bar)
		}
	}
}

// The palette is that of the style sheet.
func TestPaletteIsThePages(t *testing.T) {
	css, err := os.ReadFile("../assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	js, err := os.ReadFile("../assets/canvas.js")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)palette = \[(.*?)\]`).FindSubmatch(js)
	if list == nil {
		t.Fatal("canvas.js has no palette")
	}
	names := regexp.MustCompile(`"([^"]+)"`).FindAllSubmatch(list[1], -1)
	if len(names) != len(light) {
		t.Fatalf("%d names, %d colours", len(names), len(light))
	}
	for i, name := range names {
		if m := regexp.MustCompile(fmt.Sprintf(`--%s:(#\w+)`, name[1])).FindSubmatch(css); m == nil || string(m[1]) != light[i] {
			t.Errorf("--%s is %s, here %s", name[1], m, light[i])
		}
	}
}
