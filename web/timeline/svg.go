package timeline

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Palette are the colours of a drawing that stands alone, as CSS has them: by Colour.
type Palette [Panel + 1]string

// The patterns that a drawing in SVG refers to, for its defs.
func (p *Palette) patterns() string {
	return `<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"><path d="M-8 8L1 -1M-1 8L8 -1M6 8L15 -1" stroke="` + p[AsleepHatch] + `" stroke-width="1.5"/></pattern>` +
		`<pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse"><circle cx="4" cy="4" r=".8" fill="` + p[Line] + `"/></pattern>`
}

// SVG appends the scene as elements of SVG 1.1, with the patterns that they refer to. They
// show what canvas.js draws on the colour Screen.
func (s *Scene) SVG(b []byte, p *Palette) []byte {
	d := svg{words: s.buf[4:], text: []rune(string(s.text)), palette: p, alpha: 1, levels: []level{{}}}
	for len(d.words) > 0 {
		d.draw(op(d.next()))
	}
	for len(d.levels) > 1 {
		d.pop()
	}
	b = append(b, "<defs>"+p.patterns()...)
	b = append(append(b, d.defs...), "</defs>"...)
	return append(append(b, d.levels[0].under...), d.levels[0].over...)
}

// svg turns the operations of a scene into elements.
type svg struct {
	words   []byte
	text    []rune
	palette *Palette
	alpha   float64
	blend   int
	defs    []byte
	ids     int
	levels  []level // the clips that are open, the whole drawing first
}

// level is what has been drawn in one clip.
type level struct {
	open        string // the element's beginning
	under, over []byte
}

func (d *svg) next() float64 {
	v := math.Float32frombits(binary.LittleEndian.Uint32(d.words))
	d.words = d.words[4:]
	return float64(v)
}

func (d *svg) colour() string { return d.palette[int(d.next())] }

// number returns a number with at most two decimals.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// take returns the next n arguments as attributes.
func (d *svg) take(names ...string) (attrs string) {
	for _, name := range names {
		attrs += " " + name + `="` + number(d.next()) + `"`
	}
	return attrs
}

// points returns the next points, each behind a letter of a path: M at the first, L at the
// others.
func (d *svg) points(n int) (path string) {
	for i := range n {
		path += "ML"[min(i, 1):min(i, 1)+1] + number(d.next()) + " " + number(d.next())
	}
	return path
}

// pen reads how a line is drawn.
func (d *svg) pen() string {
	attrs := ` fill="none" stroke="` + d.colour() + `" stroke-width="` + number(d.next()) + `"`
	if dash := [...]string{Dashed: "3 2.5", Dotted: "2 2", Sparse: "1 4"}[int(d.next())]; dash != "" {
		attrs += ` stroke-dasharray="` + dash + `"`
	}
	return attrs
}

// put adds an element where the blending has it.
func (d *svg) put(element string) {
	l := &d.levels[len(d.levels)-1]
	if d.blend == under {
		l.under = append(l.under, element...)
		return
	}
	l.over = append(l.over, element...)
}

// id makes an element of the defs that others refer to.
func (d *svg) id(tag, content string) (id string) {
	d.ids++
	id = tag[:1] + strconv.Itoa(d.ids)
	d.defs = append(d.defs, "<"+tag+` id="`+id+`">`+content+"</"+tag+">"...)
	return id
}

func (d *svg) draw(o op) {
	switch o {
	case opRect:
		fill := d.colour()
		attrs := d.take("x", "y", "width", "height")
		if r := d.next(); r > 0 {
			attrs += ` rx="` + number(r) + `"`
		}
		if d.blend == erase { // what is there stays, as far as it is not erased
			mask := d.id("mask", `<rect x="-9999" y="-9999" width="99999" height="99999" fill="#fff"/><rect`+attrs+` fill-opacity="`+number(d.alpha)+`"/>`)
			l := &d.levels[len(d.levels)-1]
			l.over = append(append([]byte(`<g mask="url(#`+mask+`)">`), l.over...), "</g>"...)
			return
		}
		if d.alpha < 1 {
			attrs += ` fill-opacity="` + number(d.alpha) + `"`
		}
		d.put("<rect" + attrs + ` fill="` + fill + `"/>`)
	case opFill:
		fill := d.colour()
		d.put(`<path d="` + d.points(int(d.next())) + `Z" fill="` + fill + `"/>`)
	case opStroke:
		pen := d.pen()
		d.put(`<path d="` + d.points(int(d.next())) + `"` + pen + "/>")
	case opCurve:
		pen := d.pen()
		path := d.points(1) + "C"
		for range 3 {
			path += number(d.next()) + " " + number(d.next()) + " "
		}
		d.put(`<path d="` + path[:len(path)-1] + `"` + pen + "/>")
	case opHatch, opDots:
		x, y, w, h, phase, pattern := d.next(), d.next(), d.next(), d.next(), 0.0, "dots"
		if o == opHatch {
			phase, pattern = d.next(), "hatch"
		}
		d.put(`<rect transform="translate(` + number(x-phase) + " " + number(y) + `)" x="` + number(phase) + `" width="` + number(w) + `" height="` + number(h) + `" fill="url(#` + pattern + `)"/>`)
	case opText:
		attrs := ` fill="` + d.colour() + `"`
		if font(d.next()) == bold {
			attrs += ` font-weight="600"`
		}
		attrs += [...]string{left: "", middle: ` text-anchor="middle"`, right: ` text-anchor="end"`}[int(d.next())] + d.take("x", "y")
		from := int(d.next())
		d.put("<text" + attrs + ">" + Escape(string(d.text[from:from+int(d.next())])) + "</text>")
	case opAlpha:
		d.alpha = d.next()
	case opBlend:
		d.blend = int(d.next())
	case opPush:
		clip := d.id("clipPath", "<rect"+d.take("x", "y", "width", "height")+"/>")
		d.levels = append(d.levels, level{open: `<g clip-path="url(#` + clip + `)">`})
	case opPop:
		d.pop()
	}
}

// pop ends a clip.
func (d *svg) pop() {
	l := d.levels[len(d.levels)-1]
	d.levels = d.levels[:len(d.levels)-1]
	d.put(l.open + string(l.under) + string(l.over) + "</g>")
}

// Escape returns a text as the content of an element of XML, without the characters that
// XML can't have.
func Escape(text string) string {
	b := make([]byte, 0, len(text))
	for _, c := range text {
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c < ' ' && c != '\t' && c != '\n', c == 0xfffe || c == 0xffff:
			b = append(b, "\ufffd"...)
		default:
			b = append(b, string(c)...)
		}
	}
	return string(b)
}
