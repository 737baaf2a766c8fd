package icon

import (
	"fmt"
	"strings"
)

// rows are the tops of one to three rows, and how high each is.
var rows = [...]struct {
	tops   []float64
	height float64
}{1: {[]float64{8}, 10}, 2: {[]float64{4, 15}, 7}, 3: {[]float64{2.8, 10.5, 18.2}, 5}}

// Glyph draws the sign of a lab, what its timeline looks like, from a pattern: a row of it
// for each lane, with a slash between two, and a letter for each of its nine columns. Equal
// letters side by side are one shape, and a capital letter begins another.
//
//	r    in a call       -  on its processor  s  asleep       ~  asleep without an end
//	a    EAGAIN          e  an error          .  nothing yet
//	w y  bytes, as sent and as received       o  an empty place
func Glyph(pattern string) string {
	lanes := strings.Split(pattern, "/")
	shape := rows[min(len(lanes), len(rows)-1)]
	var b strings.Builder
	b.WriteString(`<svg class="g" viewBox="0 0 44 26" aria-hidden="true">`)
	for i, top := range shape.tops {
		for at := 0; at < len(lanes[i]); {
			letter := strings.ToLower(lanes[i][at : at+1])
			n := 1
			for letter != "a" && letter != "e" && at+n < len(lanes[i]) && lanes[i][at+n:at+n+1] == letter {
				n++
			}
			part(&b, letter, float64(4+4*at), top, float64(4*n), shape.height)
			at += n
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// part draws one shape.
func part(b *strings.Builder, letter string, x, y, width, height float64) {
	draw := func(format string, a ...any) { fmt.Fprintf(b, format, a...) }
	middle := y + height/2
	cap := func(x, width float64) {
		draw(`<rect class="k-cap" x="%g" y="%g" width="%g" height="%g"/>`, x, y-1, width, height+2)
	}
	switch letter {
	case "r":
		draw(`<rect class="k-run" x="%g" y="%g" width="%g" height="%g"/>`, x, y, width-1, height)
	case "-":
		draw(`<path class="k-cpu" d="M%g,%gh%g"/>`, x, middle, width)
	case ".":
		draw(`<path class="k-pause" d="M%g,%gh%g"/>`, x, middle, width)
	case "s", "~":
		draw(`<path class="k-as" d="M%g,%gh%gv%gh%g`, x+width, y, -width, height, width)
		if letter == "s" {
			draw(`z`)
		}
		draw(`"/><rect class="k-hat" x="%g" y="%g" width="%g" height="%g"/>`, x, y, width, height)
		cap(x-1, 2)
		if letter == "s" {
			cap(x+width-1.5, 3)
		}
	case "a":
		draw(`<path class="k-again" d="M%g,%gh3l-1.5,%g 1.5,%gh-3z"/>`, x, y, height/2, height/2)
	case "e":
		draw(`<path class="k-err" d="M%g,%gh4l-3,%g 3,%gh-4z"/>`, x, y, height/2, height/2)
	case "y":
		draw(`<rect class="k-ready" x="%g" y="%g" width="%g" height="%g"/>`, x, y, width-1, height)
	case "w":
		draw(`<rect class="k-wakef" x="%g" y="%g" width="%g" height="%g"/>`, x, y, width-1, height)
	case "o":
		draw(`<rect class="k-open" x="%g" y="%g" width="%g" height="%g"/>`, x+0.5, y+0.5, width-1, height-1)
	}
}
