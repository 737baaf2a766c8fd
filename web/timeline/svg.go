package timeline

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
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
	b = append(b, "<defs>"+p.patterns()+string(d.defs)+"</defs>"+string(d.levels[0].under)...)
	return append(b, d.levels[0].over...)
}

// svg turns the operations of a scene into elements. Its methods are small and many: what
// is written as one expression takes several times as much of app.wasm.
type svg struct {
	words   []byte
	text    []rune
	palette *Palette
	alpha   float64
	blend   int
	element []byte // that is being written
	defs    []byte
	ids     int
	levels  []level // the clips that are open, the whole drawing first
}

// level is what has been drawn in one clip.
type level struct {
	open        string // the element's beginning
	under, over []byte
}

//go:noinline
func (d *svg) next() float64 {
	v := math.Float32frombits(binary.LittleEndian.Uint32(d.words))
	d.words = d.words[4:]
	return float64(v)
}

//go:noinline
func (d *svg) say(s string) { d.element = append(d.element, s...) }

// number writes a number with at most two decimals.
//
//go:noinline
func (d *svg) number(v float64) {
	d.element = strconv.AppendFloat(d.element, math.Round(v*100)/100, 'f', -1, 64)
}

// attr writes an attribute with a number; take with the next argument.
//
//go:noinline
func (d *svg) attr(name string, v float64) {
	d.say(" ")
	d.say(name)
	d.say(`="`)
	d.number(v)
	d.say(`"`)
}

func (d *svg) take(names ...string) {
	for _, name := range names {
		d.attr(name, d.next())
	}
}

// paint writes an attribute with a colour.
//
//go:noinline
func (d *svg) paint(name string, colour float64) {
	d.say(" ")
	d.say(name)
	d.say(`="`)
	d.say(d.palette[int(colour)])
	d.say(`"`)
}

// path writes a path through the next n points: each has the letter before it, the first
// one an M.
func (d *svg) path(n int, letter string) {
	d.say(`<path d="`)
	for i := range n {
		switch i {
		case 0:
			d.say("M")
		case 1:
			d.say(letter)
		default:
			d.say(" ")
		}
		d.number(d.next())
		d.say(" ")
		d.number(d.next())
	}
}

// line writes a path as a line: its colour, width and dash came before its points.
func (d *svg) line(colour, width, dash float64, n int, letter string) {
	d.path(n, letter)
	d.say(`" fill="none"`)
	d.paint("stroke", colour)
	d.attr("stroke-width", width)
	if dash := dashes[int(dash)]; dash != "" {
		d.say(` stroke-dasharray="`)
		d.say(dash)
		d.say(`"`)
	}
	d.say("/>")
}

var (
	dashes  = [...]string{Dashed: "3 2.5", Dotted: "2 2", Sparse: "1 4"}
	anchors = [...]string{left: "", middle: ` text-anchor="middle"`, right: ` text-anchor="end"`}
)

// put adds the element where the blending has it.
func (d *svg) put() {
	l := &d.levels[len(d.levels)-1]
	if d.blend == under {
		l.under = append(l.under, d.element...)
	} else {
		l.over = append(l.over, d.element...)
	}
	d.element = d.element[:0]
}

// define makes an element of the defs, with the content that was written, which others
// refer to.
func (d *svg) define(tag string) (id string) {
	d.ids++
	id = tag[:1] + strconv.Itoa(d.ids)
	content := string(d.element)
	d.element = append(d.defs, "<"...)
	d.say(tag)
	d.say(` id="`)
	d.say(id)
	d.say(`">`)
	d.say(content)
	d.say("</")
	d.say(tag)
	d.say(">")
	d.defs, d.element = d.element, nil
	return id
}

func (d *svg) draw(o op) {
	switch o {
	case opRect:
		d.rect()
	case opFill:
		colour := d.next()
		d.path(int(d.next()), "L")
		d.say(`Z"`)
		d.paint("fill", colour)
		d.say("/>")
	case opStroke:
		colour, width, dash := d.next(), d.next(), d.next()
		d.line(colour, width, dash, int(d.next()), "L")
	case opCurve:
		colour, width, dash := d.next(), d.next(), d.next()
		d.line(colour, width, dash, 4, "C")
	case opHatch, opDots:
		d.pattern(o)
	case opText:
		d.label()
	case opAlpha:
		d.alpha = d.next()
	case opBlend:
		d.blend = int(d.next())
	case opPush:
		d.say("<rect")
		d.take("x", "y", "width", "height")
		d.say("/>")
		d.levels = append(d.levels, level{open: `<g clip-path="url(#` + d.define("clipPath") + `)">`})
	case opPop:
		d.pop()
	}
	d.put()
}

// rect writes a rectangle. One that erases leaves what is there, as far as it isn't erased.
func (d *svg) rect() {
	colour := d.next()
	if d.blend == erase {
		d.say(`<rect x="-9999" y="-9999" width="99999" height="99999" fill="#fff"/>`)
	}
	d.say("<rect")
	d.take("x", "y", "width", "height")
	if r := d.next(); r > 0 {
		d.attr("rx", r)
	}
	if d.alpha < 1 {
		d.attr("fill-opacity", d.alpha)
	}
	if d.blend != erase {
		d.paint("fill", colour)
		d.say("/>")
		return
	}
	d.say("/>")
	mask, l := d.define("mask"), &d.levels[len(d.levels)-1]
	d.say(`<g mask="url(#`)
	d.say(mask)
	d.say(`)">`)
	d.say(string(l.over))
	d.say("</g>")
	l.over = nil
}

// pattern writes a rectangle of hatch or dots, whose origin is its own.
func (d *svg) pattern(o op) {
	x, y, w, h, phase, name := d.next(), d.next(), d.next(), d.next(), 0.0, "dots"
	if o == opHatch {
		phase, name = d.next(), "hatch"
	}
	d.say(`<rect transform="translate(`)
	d.number(x - phase)
	d.say(" ")
	d.number(y)
	d.say(`)"`)
	d.attr("x", phase)
	d.attr("width", w)
	d.attr("height", h)
	d.say(` fill="url(#`)
	d.say(name)
	d.say(`)"/>`)
}

func (d *svg) label() {
	d.say("<text")
	d.paint("fill", d.next())
	if font(d.next()) == bold {
		d.say(` font-weight="600"`)
	}
	d.say(anchors[int(d.next())])
	d.take("x", "y")
	from := int(d.next())
	d.say(">")
	d.say(Escape(string(d.text[from : from+int(d.next())])))
	d.say("</text>")
}

// pop ends a clip.
func (d *svg) pop() {
	l := d.levels[len(d.levels)-1]
	d.levels = d.levels[:len(d.levels)-1]
	d.say(l.open)
	d.say(string(l.under))
	d.say(string(l.over))
	d.say("</g>")
}

// Escape returns a text as the content of an element of XML, without the characters that
// XML can't have.
func Escape(text string) string {
	return escapes.Replace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' || c == 0xfffe || c == 0xffff {
			return 0xfffd
		}
		return c
	}, text))
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
