package timeline

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf8"
)

// Scene is one drawing, packed for canvas.js: the number of words as a
// little-endian uint32, the words as little-endian float32, and then, as
// UTF-8, the text that the words refer to. A word is an operation or one of
// its arguments; see op. It is reused from frame to frame and holds no state
// between them.
type Scene struct {
	buf  []byte
	text []byte
	// units is the length of text in UTF-16, which is how JavaScript counts.
	units int
}

// op is an operation of a Scene. The arguments of each follow it, in the order
// given here; x, y, w, h are CSS pixels, colours are a Colour.
type op int

const (
	opRect   op = iota // colour x y w h radius: fill
	opFill             // colour n (x y)*n: fill a polygon
	opStroke           // colour width dash n (x y)*n: stroke an open line; dash is a Dash
	opCurve            // colour width dash x y x1 y1 x2 y2 x3 y3: stroke a Bezier curve
	opHatch            // x y w h phase: the hatch of sleep, phase px further left than x
	opDots             // x y w h: the grid of dots over what is hidden
	opText             // colour font align x y start length: align is 0 left, 1 middle, 2 right
	opAlpha            // a: of all that follows
	opBlend            // 0 over, 1 erase what is beneath, 2 under
	opPush             // x y w h: clip
	opPop              // the clip before
)

// Colour is an index in the palette that canvas.js reads from the page's CSS,
// so that a theme changes without a new Scene.
type Colour int

// The palette, in the order of canvas.js.
const (
	Ink Colour = iota
	Muted
	Screen
	Line
	Line2
	Grat
	Run
	Asleep
	AsleepFill
	AsleepHatch
	Ready
	Error
	Again
	Wake
	Bg
	Panel
)

// Dash is an index in the dash patterns of canvas.js.
type Dash int

// The dash patterns: Dashed for what is inferred, Dotted for what is not known
// yet, Sparse for a pause.
const (
	Solid Dash = iota
	Dashed
	Dotted
	Sparse
)

// font is an index in the fonts of canvas.js.
type font int

const (
	mono font = iota // 10 px
	bold             // 10 px, 600
)

type align int

const (
	left align = iota
	middle
	right
)

const (
	over = iota
	erase
	under
)

func (s *Scene) reset() {
	s.buf = append(s.buf[:0], 0, 0, 0, 0)
	s.text = s.text[:0]
	s.units = 0
}

// Bytes returns the packed drawing. It is valid until the next layout.
func (s *Scene) Bytes() []byte {
	if len(s.buf) == 0 {
		s.reset()
	}
	binary.LittleEndian.PutUint32(s.buf, uint32(len(s.buf)/4-1))
	words := len(s.buf)
	s.buf = append(s.buf, s.text...)
	packed := s.buf
	s.buf = s.buf[:words]
	return packed
}

func (s *Scene) word(v float64) {
	s.buf = binary.LittleEndian.AppendUint32(s.buf, math.Float32bits(float32(v)))
}

func (s *Scene) put(o op, args ...float64) {
	at, n := len(s.buf), 4*(1+len(args))
	s.buf = slices.Grow(s.buf, n)[:at+n]
	b := s.buf[at:]
	binary.LittleEndian.PutUint32(b, math.Float32bits(float32(o)))
	for _, a := range args {
		b = b[4:]
		binary.LittleEndian.PutUint32(b, math.Float32bits(float32(a)))
	}
}

func (s *Scene) rect(c Colour, x, y, w, h, radius float64) {
	s.put(opRect, float64(c), x, y, w, h, radius)
}

// fill fills the polygon of the points x0, y0, x1, y1, ...
func (s *Scene) fill(c Colour, xy ...float64) {
	s.put(opFill, float64(c), float64(len(xy)/2))
	for _, v := range xy {
		s.word(v)
	}
}

// stroke draws the open line through the points x0, y0, x1, y1, ...
func (s *Scene) stroke(c Colour, width float64, d Dash, xy ...float64) {
	s.put(opStroke, float64(c), width, float64(d), float64(len(xy)/2))
	for _, v := range xy {
		s.word(v)
	}
}

// string adds b to the text of the scene and returns where it stands.
func (s *Scene) string(b []byte) span {
	at := span{s.units, utf8.RuneCount(b)} // all our text is in the basic plane: a rune is a unit
	s.text = append(s.text, b...)
	s.units += at.n
	return at
}

// span is a piece of a scene's text.
type span struct{ start, n int }

func (s *Scene) write(c Colour, f font, a align, x, y float64, t span) {
	s.put(opText, float64(c), float64(f), float64(a), x, y, float64(t.start), float64(t.n))
}

// charWidth is the advance of a character of the mono face at 10 px; the faces
// of the stack lie between 5.5 and 6.03.
const charWidth = 6.03
