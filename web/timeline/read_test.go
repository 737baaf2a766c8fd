package timeline

import (
	"encoding/binary"
	"math"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/playtest"
)

// drawn is one operation of a scene as canvas.js reads it.
type drawn struct {
	op   op
	args []float64
	text string
}

// arguments is how many each operation has; those of polygons say it themselves.
var arguments = map[op]int{opRect: 6, opCurve: 11, opHatch: 5, opDots: 4, opText: 7, opAlpha: 1, opBlend: 1, opPush: 4, opPop: 0}

// read decodes a scene, as canvas.js does.
func read(t testing.TB, packed []byte) []drawn {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(packed))
	words := make([]float64, n)
	for i := range words {
		words[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(packed[4+4*i:])))
		if math.IsNaN(words[i]) || math.IsInf(words[i], 0) {
			t.Fatalf("word %d is %v", i, words[i])
		}
	}
	text := []rune(string(packed[4+4*n:]))
	var out []drawn
	for i := 0; i < n; {
		d := drawn{op: op(words[i])}
		i++
		k, fixed := arguments[d.op]
		switch {
		case d.op == opFill:
			k = 2 + 2*int(words[i+1])
		case d.op == opStroke:
			k = 4 + 2*int(words[i+3])
		case !fixed:
			t.Fatalf("there is no operation %d", d.op)
		}
		d.args = words[i : i+k]
		i += k
		if d.op == opText {
			d.text = string(text[int(d.args[5]) : int(d.args[5])+int(d.args[6])])
		}
		out = append(out, d)
	}
	return out
}

// player returns a player of the script's run at position pos.
func player(s *playtest.Script, pos int) *play.Player {
	r := play.NewRun(s.Header)
	r.Add(s.Events)
	r.End = &trace.End{Time: r.Duration()}
	p := play.NewPlayer(r)
	p.Seek(pos)
	return p
}

// timelineOf returns a timeline of a desk's width.
func timelineOf(p *play.Player) *Timeline {
	return &Timeline{Player: p, View: View{Width: 1312, Height: 247}}
}

// words returns the texts of a scene.
func words(ops []drawn) []string {
	var out []string
	for _, d := range ops {
		if d.op == opText {
			out = append(out, d.text)
		}
	}
	return out
}

// count returns how many operations of a kind have the colour.
func count(ops []drawn, o op, c Colour) int {
	n := 0
	for _, d := range ops {
		if d.op == o && Colour(d.args[0]) == c {
			n++
		}
	}
	return n
}
