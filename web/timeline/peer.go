package timeline

import (
	"math"
	"sort"
	"unicode/utf8"

	"sockscope/web/play"
)

// peer draws the lane of a peer that is not traced: a sparse line while it is
// connected. Its calls are not known.
func (t *Timeline) peer(f *frame, row *Row) {
	r := f.p.Run
	y := t.middle(f, row)
	for _, ci := range r.Lanes[row.Lane].Peers {
		end := r.Conns[ci].Server
		x0, x1 := float64(-edge), f.told
		if end.Opened >= 0 {
			x0 = f.Step(r, end.Opened)
		}
		if end.Closed >= 0 {
			x1 = min(x1, f.Step(r, end.Closed))
		}
		if x0 = f.cut(x0); x1 > x0 && x1 > -edge {
			t.scene.stroke(Muted, 1, Sparse, x0, y, f.cut(x1), y)
		}
	}
}

// arrivals draws what came from peers that are not traced. The ring in the peer's
// lane is dashed, since nobody saw it come. An arrow leads to the return of the call
// that slept until then.
func (t *Timeline) arrivals(f *frame) {
	r := f.p.Run
	all := r.Arrivals
	first := sort.Search(len(all), func(i int) bool { return unit(r, f.By, all[i].Took) >= f.from })
	last := math.Inf(-1) // where the newest word ends
	for i := first; i < len(all); i++ {
		a := &all[i]
		at := a.Took
		if a.Woke >= 0 {
			at = a.Woke
		}
		x := f.Step(r, at)
		if x > f.right+edge {
			return
		}
		from, to := t.rowOfPeer(a.Conn), t.rowOf(r.Gist(a.Took).Proc, r.Gist(a.Took).Thread)
		if from < 0 || to < 0 || f.Step(r, a.Took) > f.told+0.5 {
			continue
		}
		m := sizes[t.View.Size]
		y0, y1 := t.middle(f, &t.rows[from]), t.middle(f, &t.rows[to])+m.serverBar/2+1
		s := &t.scene
		c := Muted // it was there before somebody asked for it
		if a.Woke >= 0 {
			c = Wake
			s.put(opCurve, float64(c), 1.25, float64(Dashed), x, y0-5, x, y0-18, x, y1+22, x, y1+5)
			s.fill(c, x-3, y1+6, x+3, y1+6, x, y1)
		}
		ring(s, c, x, y0)
		t.word = append(t.word[:0], r.What(a)...)
		if w := float64(utf8.RuneCount(t.word)) * charWidth; t.View.Size != Compact && x+7 > last {
			t.labels = append(t.labels, label{x: x + 7, y: y0 - 4, colour: c, text: s.string(t.word)})
			last = x + 7 + w + gap
		}
	}
}

// ring is the mark of what is inferred: a dashed ring.
func ring(s *Scene, c Colour, x, y float64) {
	const r, d = 3.5, 1.5
	s.rect(Screen, x-r, y-r, 2*r, 2*r, r)
	s.stroke(c, 1.25, Dashed, x-d, y-r, x+d, y-r, x+r, y-d, x+r, y+d, x+d, y+r, x-d, y+r, x-r, y+d, x-r, y-d, x-d, y-r)
}

// rowOfPeer returns the index of the row that a connection's peer has, or -1.
func (t *Timeline) rowOfPeer(conn int) int {
	fd := t.Player.Run.Conns[conn].Server.FD
	for i := range t.rows {
		if l := &t.Player.Run.Lanes[t.rows[i].Lane]; l.Role == play.RolePeer && l.Thread == fd {
			return i
		}
	}
	return -1
}
