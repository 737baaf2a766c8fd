package timeline

import (
	"strconv"
	"unicode/utf8"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// label is a word beside a bar, written after the marks are drawn.
type label struct {
	x, y   float64
	colour Colour
	font   font
	align  align
	text   span
	inside float64 // width of the screen-coloured ground beneath it, or 0
}

// gap is the least distance between two words, in px.
const gap = 5

// label notes the words of a bar: the call above it, the result beneath it. Whether a
// word fits depends only on its neighbour, so that panning changes no word. Room is
// where the next bar begins.
func (d *laneDrawing) label(b bar, room float64) {
	f := d.f
	end := min(b.x1, d.told)
	if end < 0 || b.x0 > f.right || b.first != b.last && !b.strip {
		return
	}
	if b.x1-b.x0 <= grain && room-b.x0 < 30 {
		return
	}
	enter, ret := d.event(b.first)
	if !d.returned(b) {
		ret = nil
	}
	x := max(b.x0, 4)
	if d.t.View.Size == Compact {
		d.inside(b, enter, x, min(end, f.right))
		if ret == nil && b.shape&paused == 0 && f.p.Run.Bands == nil {
			d.blocked(end)
		}
		return
	}
	free := min(room, f.right+edge) - x - gap
	nameY := d.mid - d.h/2 - 5
	used := d.name(b, enter, ret, x, nameY, free)
	if d.t.View.Size == Narrow && !d.row.Big || ret == nil || b.shape&paused != 0 {
		if ret == nil && b.shape&paused == 0 {
			d.blocked(end)
		}
		return
	}
	if d.row.Big {
		y := d.mid + d.h/2 + 12
		if b.shape&slept != 0 && end-b.x0 > 40 {
			// What came out of a sleep came at its end.
			d.result(b.first, right, end-9, y, end-9-max(b.x0, 0))
			return
		}
		d.result(b.first, left, x, y, free)
		return
	}
	// A small lane has one line for both.
	switch {
	case ret.Errno != 0:
		d.result(b.first, left, x+used+gap, nameY, free-used-gap)
	case b.shape&slept != 0 && end <= f.right:
		d.result(b.first, right, end-9, nameY, end-9-x-used-2*gap)
	}
}

// name writes the call above its bar, as much as fits, and returns its width.
func (d *laneDrawing) name(b bar, enter, ret *play.Gist, x, y, free float64) float64 {
	t := d.t
	colour := Muted
	if d.row.Big {
		colour = Ink
	}
	t.word = t.word[:0]
	short := 0
	switch {
	case b.shape&paused != 0:
		t.word = append(t.word, "pauses"...)
		short = len(t.word)
		if ret != nil {
			t.word = append(t.word, ' ')
			t.word = d.f.span(t.word, float64(ret.Time-enter.Time))
		}
		colour = Muted
	default:
		call := enter.Call.String()
		if brief := enter.Call.Row().Brief; brief != "" && !b.strip && float64(len(call))*charWidth > free {
			call = brief
		}
		short = len(call)
		t.word = append(t.word, call...)
		if d.row.Big && enter.FD >= 0 && !enter.Call.Multiplexes() && !enter.Call.MakesFD() {
			t.word = append(t.word, ' ')
			t.word = strconv.AppendInt(t.word, int64(enter.FD), 10)
		}
	}
	if b.strip {
		t.word = append(t.word, " ×"...)
		t.word = strconv.AppendInt(t.word, int64(b.last-b.first+1), 10)
		short = 0
	}
	return d.fit(colour, mono, left, x, y, free, short)
}

// fit notes t.word where it fits into free px, else its first short bytes, else as
// much of those as can be read. It returns the width.
func (d *laneDrawing) fit(c Colour, f font, a align, x, y, free float64, short int) float64 {
	t := d.t
	n := int(free / charWidth)
	word := t.word
	length := utf8.RuneCount(word)
	switch {
	case length <= n:
	case short > 0 && short <= n:
		word, length = word[:short], short
	case short > 0 && n >= 5:
		word = append(append(t.word[:0], word[:n-1]...), "…"...)
		length = n
	default:
		return 0
	}
	t.labels = append(t.labels, label{x: x, y: y, colour: c, font: f, align: a, text: t.scene.string(word)})
	return float64(length) * charWidth
}

func resultLook(ret *trace.Event) (Colour, font) {
	switch {
	case ret.Errno.NotYet():
		return Again, bold
	case ret.Errno != 0:
		return Error, bold
	case ret.Call.Multiplexes() && ret.Sets.Len() > 0:
		return Ready, mono
	}
	return Muted, mono
}

// leastResult is the number of characters of the shortest result: "= 0".
const leastResult = 3

// result notes what call i of the lane returned, shortened to what fits.
func (d *laneDrawing) result(i int, a align, x, y, free float64) {
	if free < leastResult*charWidth {
		return
	}
	t, ret := d.t, d.back(i)
	c, f := resultLook(ret)
	t.word = t.word[:0]
	switch {
	case ret.Errno != 0:
		t.word = append(t.word, ret.Errno.String()...)
	case ret.Call.Multiplexes():
		t.word = appendReady(t.word, ret.Sets)
		if len(t.word) == 0 || float64(utf8.RuneCount(t.word))*charWidth > free {
			t.word = append(t.word[:0], "= "...)
			t.word = strconv.AppendInt(t.word, ret.Result, 10)
		}
	case ret.Result == 0 && !ret.Call.Receives() && !ret.Call.Sends():
		return // it did as it was told
	default:
		t.word = append(t.word, "= "...)
		t.word = strconv.AppendInt(t.word, ret.Result, 10)
	}
	d.fit(c, f, a, x, y, free, 0)
}

// appendReady appends the ready fds by list: "in 3 4, out 5".
func appendReady(b []byte, s *trace.Sets) []byte {
	if s == nil {
		return b
	}
	b = appendList(b, "in", s.Read)
	b = appendList(b, "out", s.Write)
	return appendList(b, "except", s.Except)
}

func appendList(b []byte, name string, fds []int) []byte {
	if len(fds) == 0 {
		return b
	}
	if len(b) > 0 {
		b = append(b, ", "...)
	}
	b = append(b, name...)
	for _, fd := range fds {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(fd), 10)
	}
	return b
}

// blocked writes that beside the open end of a call, and leads on with dots.
func (d *laneDrawing) blocked(x float64) {
	f, t := d.f, d.t
	if d.exited() || f.p.Run.End != nil && !t.View.Veil || x < 0 || x > f.right {
		return
	}
	y := d.mid - d.h/2
	asked := d.asked()
	t.after = append(t.after, stub{x, y, d.h, asked})
	at, text := x+20, "blocked now"
	if t.View.Veil {
		text = "in the kernel now"
	}
	if asked {
		at, text = x+26, "in the kernel now: what will it return?"
	}
	t.word = append(t.word[:0], text...)
	c := Muted
	if asked {
		c = Ink
	}
	d.fit(c, mono, left, at, d.mid+3.5, f.right-at, 0)
}

// stub is the open end of a call that has not returned.
type stub struct {
	x, y, h float64
	asked   bool
}

// inside notes the word of a bar in a lane too low for words above it.
func (d *laneDrawing) inside(b bar, enter *play.Gist, x0, x1 float64) {
	if b.strip || b.shape&(slept|open|paused) == 0 {
		return
	}
	t := d.t
	t.word = t.word[:0]
	pause := b.shape&paused != 0
	if pause {
		_, ret := d.event(b.first)
		t.word = append(t.word, "pauses"...)
		if ret != nil && d.returned(b) {
			t.word = d.f.span(append(t.word, ' '), float64(ret.Time-enter.Time))
		}
	} else {
		t.word = append(t.word, enter.Call.String()...)
		if enter.FD >= 0 && !enter.Call.Multiplexes() {
			t.word = append(t.word, '(')
			t.word = strconv.AppendInt(t.word, int64(enter.FD), 10)
			t.word = append(t.word, ')')
		}
	}
	w := float64(utf8.RuneCount(t.word)) * charWidth
	if x1-x0 < w+60 {
		return
	}
	x := (x0 + x1) / 2
	if pause {
		x += w/2 + 11
	}
	t.labels = append(t.labels, label{x: x, y: d.mid + 3.5, colour: Ink, align: middle, text: t.scene.string(t.word), inside: w + 6})
}

// done notes when a client of several runs was done. The runs are compared by that.
func (d *laneDrawing) done(x float64) {
	t, r := d.t, d.f.p.Run
	if t.View.Size != Compact || d.row.Big || !d.exited() || d.lane.Role != trace.RoleClient || x < -edge || x > d.f.right {
		return
	}
	t.word = d.f.instant(append(t.word[:0], "done at "...), float64(r.Gist(d.lane.Exit).Time), 3, 0)
	d.fit(Muted, mono, left, x+8, d.mid+3.5, d.f.right-x-8, 0)
}

// write writes the labels over the marks.
func (t *Timeline) write(f *frame) {
	s := &t.scene
	for _, e := range t.after {
		c := Asleep
		if e.asked {
			c = Run
			s.stroke(c, 1, Dotted, e.x+15, e.y, e.x, e.y, e.x, e.y+e.h, e.x+15, e.y+e.h)
			s.rect(c, e.x-1, e.y-1, 3, e.h+2, 0)
			s.write(Ink, mono, left, e.x+6, e.y+e.h/2+3.5, s.string(question))
			continue
		}
		s.stroke(c, 1, Dotted, e.x, e.y, e.x+14, e.y)
		s.stroke(c, 1, Dotted, e.x, e.y+e.h, e.x+14, e.y+e.h)
	}
	t.after = t.after[:0]
	for i := range t.labels {
		l := &t.labels[i]
		c := l.colour
		if l.x > f.head && !t.View.Veil && c != Error {
			c = Muted
		}
		switch w := float64(l.text.n) * charWidth; {
		case l.inside > 0:
			s.rect(Screen, l.x-l.inside/2, l.y-9, l.inside, 12, 0)
		case l.align == left: // arrows pass beneath words
			s.rect(Screen, l.x-1, l.y-8, w+2, 10, 0)
		case l.align == right:
			s.rect(Screen, l.x-w-1, l.y-8, w+2, 10, 0)
		}
		s.write(c, l.font, l.align, l.x, l.y, l.text)
	}
}

var question = []byte("?")
