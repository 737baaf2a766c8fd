package timeline

import (
	"slices"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Ruler is the height of the ruler above the lanes, in px.
const Ruler = 23

// Band is the height of the line above each of several joined runs, in px.
const Band = 26

// Size is a set of heights.
type Size uint8

const (
	Wide    Size = iota // a lane of a server 64 px, others 40
	Narrow              // 50 and 28, for a phone
	Compact             // 38 and 24, for several runs above each other
	Crowded             // 50 and 30, for a run of many lanes
	Wired               // 84 and 66, with room for the words of packets
)

// metrics are the heights of one Size, in px.
type metrics struct {
	server, other       float64 // of the lanes
	serverBar, otherBar float64
	sink                float64 // how much lower than the lane's middle a bar is, for the word above it
}

var sizes = [...]metrics{
	Wide:    {64, 40, 18, 13, 4.5},
	Narrow:  {50, 28, 18, 9, 5},
	Compact: {38, 24, 14, 11, 0},
	Crowded: {50, 30, 18, 10, 5},
	Wired:   {84, 66, 18, 13, 14},
}

// barOf returns the height of the bars of a row, in px.
func barOf(row *Row, size Size) float64 {
	if row.Big {
		return sizes[size].serverBar
	}
	return sizes[size].otherBar
}

// Row is the place of one lane. The column of names beside the canvas must agree with
// it.
type Row struct {
	Lane   int     // index in Run.Lanes
	Top    float64 // px below the ruler and the bands above it, before scrolling
	Height float64 // with the separator at its bottom
	Big    bool    // a server's first thread
}

// Rows returns the places of the run's lanes, from the top. The threads of a process
// are together. The processes are in their order, each followed by those that it
// made. The slice is reused.
func Rows(r *play.Run, size Size, into []Row) []Row {
	into = into[:0]
	for i := range r.Lanes {
		into = append(into, Row{Lane: i})
	}
	slices.SortStableFunc(into, func(a, b Row) int {
		x, y := &r.Lanes[a.Lane], &r.Lanes[b.Lane]
		switch {
		case x.Proc < 0 && y.Proc >= 0: // peers stand below all threads
			return 1
		case x.Proc >= 0 && y.Proc < 0:
			return -1
		case family(r, x.Proc) != family(r, y.Proc):
			return family(r, x.Proc) - family(r, y.Proc)
		case x.Proc != y.Proc:
			return x.Proc - y.Proc
		}
		return x.Thread - y.Thread
	})
	m, top, band := sizes[size], 0.0, 0
	for i := range into {
		row, lane := &into[i], &r.Lanes[into[i].Lane]
		for ; band < len(r.Bands) && lane.Proc >= r.Bands[band]; band++ {
			top += Band
		}
		row.Big = lane.Role == trace.RoleServer && lane.Thread == 0 && lane.Parent == 0
		row.Top, row.Height = top, m.other
		if row.Big {
			row.Height = m.server
		}
		top += row.Height
	}
	return into
}

// family returns the first ancestor of proc.
func family(r *play.Run, proc int) int {
	for proc >= 0 {
		parent := r.Header.Procs[proc].Parent - 1
		if parent < 0 || parent >= proc {
			break
		}
		proc = parent
	}
	return proc
}

// RowsHeight returns the height of all rows together, in px.
func RowsHeight(rows []Row) float64 {
	if len(rows) == 0 {
		return 0
	}
	last := rows[len(rows)-1]
	return last.Top + last.Height
}
