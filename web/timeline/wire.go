package timeline

import (
	"math"
	"sort"
	"strings"
	"unicode/utf8"

	"sockscope/server/packet"
	"sockscope/web/play"
)

// The wire is drawn between the lanes: a packet is a line from who sent it to who gets
// it, at the moment when it arrived. Data has a full head, what carries none an open one;
// a line that ends in a cross is a reset; one that ends at a bar is dropped; a double line
// was sent again. What led to it
// and what it led to is inferred, and dashed.

// packetRoom is the least room that a packet needs, in px, to be drawn by itself.
const packetRoom = 4

// packetUnit is the place of packet i. By step, the packets between two steps share the
// room between them.
func packetUnit(r *play.Run, by play.Scale, i int) float64 {
	p := &r.Packets[i]
	if by == play.ByTime {
		return float64(p.Time)
	}
	first, behind := r.PacketsAt(p.After-1), r.PacketsAt(p.After)
	return float64(p.After) + float64(i-first+1)/float64(behind-first+1)
}

// packets returns the packets of the window: from the first to behind the last.
func (f *frame) packets() (first, behind int) {
	r := f.p.Run
	search := func(from float64) int {
		return sort.Search(len(r.Packets), func(i int) bool { return packetUnit(r, f.By, i) >= from })
	}
	return search(f.from), search(f.to)
}

// wire draws the packets of the window, or where there are too many, that they are there.
func (t *Timeline) wire(f *frame) {
	if !t.View.Wire {
		return
	}
	first, behind := f.packets()
	if behind-first > int(f.right/packetRoom) {
		t.dense(f, first, behind)
		return
	}
	last := make([]float64, 2*len(t.rows)) // where the words above a row end, of each way
	for i := first; i < behind; i++ {
		d, ok := t.packet(f, i)
		if !ok {
			continue
		}
		d.draw()
		next := f.right
		if i+1 < behind {
			next = f.X(packetUnit(f.p.Run, f.By, i+1))
		}
		d.label(&last[2*d.below+d.way()], next)
	}
}

// dense marks each pixel in which there are packets, beneath the ruler.
func (t *Timeline) dense(f *frame, first, behind int) {
	r := f.p.Run
	for i := first; i < behind; {
		x := math.Floor(f.X(packetUnit(r, f.By, i)))
		t.scene.rect(Muted, x, Ruler, 1, 4, 0)
		next := f.At(x + 1)
		i += max(1, sort.Search(behind-i, func(k int) bool { return packetUnit(r, f.By, i+k) >= next }))
	}
}

// packetDrawing is one packet on its way.
type packetDrawing struct {
	t      *Timeline
	f      *frame
	p      *play.Packet
	c      play.Carriage
	x      float64
	y0, y1 float64 // from the edge of the sender's bar to that of the receiver's
	below  int     // the lower one of the two rows
	low    float64 // the edge there
	lost   bool    // it did not get there
}

// way is 0 of a packet that goes down, 1 of one that goes up.
func (d *packetDrawing) way() int {
	if d.y1 < d.y0 {
		return 1
	}
	return 0
}

// stubLength is how far the line of a packet reaches whose other end is no process of the run.
const stubLength = 16

// lostAt is how far on its way a packet is drawn that is dropped.
const lostAt = 0.7

// packet finds where packet i is drawn, and reports whether it is.
func (t *Timeline) packet(f *frame, i int) (d packetDrawing, ok bool) {
	r := f.p.Run
	d = packetDrawing{t: t, f: f, p: &r.Packets[i], c: r.Carriage(i), x: math.Round(f.X(packetUnit(r, f.By, i)))}
	from, to := t.rowOfLane(d.c.From), t.rowOfLane(d.c.To)
	if from < 0 && to < 0 || from == to {
		return d, false
	}
	edge := func(row int, dir float64) float64 {
		return t.middle(f, &t.rows[row]) + dir*(barOf(&t.rows[row], t.View.Size)/2+1)
	}
	switch {
	case from < 0:
		d.below = to
		d.y1 = edge(to, 1)
		d.y0 = d.y1 + stubLength
	case to < 0:
		d.below = from
		d.y0 = edge(from, 1)
		d.y1 = d.y0 + stubLength
	case t.rows[from].Top < t.rows[to].Top:
		d.y0, d.y1 = edge(from, 1), edge(to, -1)
	default:
		d.y0, d.y1 = edge(from, -1), edge(to, 1)
	}
	if from >= 0 && to >= 0 {
		d.below = max(from, to)
	}
	again := d.p.Dropped
	d.lost = d.p.Lost || again > 0 && packetUnit(r, f.By, again) <= f.toldUnit
	if d.low = max(d.y0, d.y1); d.lost {
		d.y1 = d.y0 + lostAt*(d.y1-d.y0)
	}
	return d, true
}

// rowOfLane returns the index of the row of a lane, or -1.
func (t *Timeline) rowOfLane(lane int) int {
	for i := range t.rows {
		if t.rows[i].Lane == lane {
			return i
		}
	}
	return -1
}

func (d *packetDrawing) colour() Colour {
	switch {
	case d.p.Flags.Has(packet.RST):
		return Error
	case d.p.Length > 0:
		return Run
	case d.p.Flags.Has(packet.SYN), d.p.Flags.Has(packet.FIN):
		return Ink
	}
	return Muted
}

func (d *packetDrawing) draw() {
	s, c, x := &d.t.scene, d.colour(), d.x
	dir := 1.0
	if d.y1 < d.y0 {
		dir = -1
	}
	if d.p.Again {
		s.stroke(c, 1, Solid, x-1.5, d.y0, x-1.5, d.y1-dir*5)
		s.stroke(c, 1, Solid, x+1.5, d.y0, x+1.5, d.y1-dir*5)
	} else {
		s.stroke(c, 1.25, Solid, x, d.y0, x, d.y1-dir*5)
	}
	back := d.y1 - dir*6
	switch {
	case d.lost:
		s.stroke(c, 1.5, Solid, x-4, d.y1, x+4, d.y1)
	case d.p.Flags.Has(packet.RST):
		s.stroke(c, 1.5, Solid, x-3, back, x+3, d.y1)
		s.stroke(c, 1.5, Solid, x+3, back, x-3, d.y1)
	case d.p.Length > 0:
		s.fill(c, x-3, back, x+3, back, x, d.y1)
	default:
		s.stroke(c, 1.25, Solid, x-3, back, x, d.y1, x+3, back)
	}
	d.ties()
}

// ties draws what led to the packet, where it left when its call had long come back, and
// whom it woke.
func (d *packetDrawing) ties() {
	r, f := d.f.p.Run, d.f
	if call := r.CallAt(d.c.Cause); call != nil && call.Return >= 0 {
		if x := f.Step(r, call.Return); d.x-x > 3 {
			d.t.scene.stroke(Wake, 1, Dashed, f.cut(x), d.y0, d.x, d.y0)
		}
	}
	if d.c.Woke >= 0 {
		if x := f.Step(r, d.c.Woke); x-d.x > 3 && x <= f.told+0.5 {
			d.t.scene.stroke(Wake, 1.25, Dashed, d.x, d.y1, f.cut(x), d.y1)
		}
	}
}

// label notes the packet's word above its lower row, where it has room behind last. The
// ways have a line each. What the line says already, it leaves out where the next packet
// is near.
func (d *packetDrawing) label(last *float64, next float64) {
	if d.t.View.Size != Wired {
		return
	}
	word := d.p.Word()
	w := float64(utf8.RuneCountInString(word)) * charWidth
	x := d.x + 4
	if short := strings.TrimSuffix(word, " again"); x+w > next {
		word, w = short, float64(utf8.RuneCountInString(short))*charWidth
	}
	if x < *last || x+w > d.f.right {
		return
	}
	y := d.low - 32 + 11*float64(d.way())
	if d.c.From < 0 || d.c.To < 0 {
		y = max(d.y0, d.y1)
	}
	d.t.word = append(d.t.word[:0], word...)
	d.t.labels = append(d.t.labels, label{x: x, y: y, colour: d.colour(), text: d.t.scene.string(d.t.word)})
	*last = x + w + gap
}

// hitPacket notes the packet under a point, if there is one.
func (t *Timeline) hitPacket(f *frame, x, y float64, hit *Target) {
	if !t.View.Wire {
		return
	}
	first, behind := f.packets()
	if behind-first > int(f.right/packetRoom) {
		return
	}
	nearest := float64(reach)
	for i := first; i < behind; i++ {
		if d, ok := t.packet(f, i); ok && math.Abs(d.x-x) <= nearest && y >= min(d.y0, d.y1) && y <= max(d.y0, d.y1) {
			nearest, hit.packet, hit.call, hit.wake = math.Abs(d.x-x), i+1, 0, 0
		}
	}
}
