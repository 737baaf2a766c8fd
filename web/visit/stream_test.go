package visit

import (
	"strings"
	"testing"

	"sockscope/web/play"
)

func TestBytesKnowTheirSend(t *testing.T) {
	f := &play.Flow{
		Sends: []play.Move{
			{Step: 1, Off: 0, Len: 3},
			{Step: 3, Off: 3, Len: 4}, // two bytes were not kept
			{Step: 9, Off: 7, Len: 1},
		},
		Content: func(step int) []byte { return []byte(map[int]string{1: "a<b", 3: "cd", 9: "z"}[step]) },
		Recvs:   []play.Move{{Step: 5, Off: 0, Len: 4}},
	}
	st := streamAt(f, 6)
	if st.Sent != 7 || st.Read != 4 || len(st.Sends) != 2 {
		t.Fatalf("after six steps: %+v", st)
	}
	off := st.Tail(100, play.Move{})
	cells := st.From(off, 1<<20, play.Move{Off: 1, Len: 1})
	if off != 0 || len(cells) != 7 {
		t.Fatalf("%d cells from %d", len(cells), off)
	}
	for i, want := range []string{"s1", "s1 hit", "s1", "s2", "s2 wait", "s2 wait", "s2 wait"} {
		if got := cells[i].Class(); got != want {
			t.Errorf("byte %d is %q, want %q", i, got, want)
		}
	}
	const want = `<span class="o">00</span>  <span data-send="0" class="s1">61</span> <span data-send="0" class="s1 hit">3c</span> <span data-send="0" class="s1">62</span> <span data-send="1" class="s2">63</span> ` +
		`<span data-send="1" class="s2 wait">64 ·· ··</span>  <span data-send="0" class="s1">a</span><span data-send="0" class="s1 hit">&lt;</span><span data-send="0" class="s1">b</span><span data-send="1" class="s2">c</span><span data-send="1" class="s2 wait">d  </span>` + "\n"
	if got := Hexdump(off, cells, 7); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOnlyTheTailOfALongStream(t *testing.T) {
	f := &play.Flow{
		Sends:   []play.Move{{Step: 0, Len: 100000}, {Step: 1, Off: 100000, Len: 5}},
		Content: func(step int) []byte { return [][]byte{make([]byte, 2048), []byte("after")}[step] },
	}
	st := streamAt(f, 2)
	off := st.Tail(64, play.Move{})
	cells := st.From(off, 1<<20, play.Move{})
	if off%16 != 0 || off+int64(len(cells)) != 100005 || len(cells) > 64 || cells[len(cells)-1].Byte != 'r' {
		t.Errorf("%d cells from %d", len(cells), off)
	}
	if key := st.Key(off); !strings.Contains(key, "not kept: of a call the trace has 2048 bytes") {
		t.Errorf("%s does not say what the dots are", key)
	}
	if key := st.Key(100000); strings.Contains(key, "not kept") {
		t.Errorf("%s tells of dots that do not show", key)
	}
	for _, row := range strings.Split(strings.TrimSpace(Hexdump(off, cells, 16)), "\n") {
		if !strings.HasPrefix(row, `<span class="o">0186`) {
			t.Errorf("row %q does not begin with its offset", row)
		}
	}
}

// The text beside the bytes stands in the same column, however long the offsets are.
func TestLongOffsetsTakeNoRoomFromTheText(t *testing.T) {
	cells := make([]Cell, 16)
	width := func(off int64) int { return Width(Hexdump(off, cells, 16)) }
	for _, off := range []int64{1 << 16, 1<<20 + 16, 1 << 23} {
		if short, long := width(1<<12), width(off); long != short {
			t.Errorf("a row at %d is %d characters wide, one before 64 KiB %d", off, long, short)
		}
	}
}

// What is marked shows, however much has come since.
func TestMarkedBytesShow(t *testing.T) {
	st := Stream{Sends: []play.Move{{Off: 0, Len: 4000}}, Sent: 4000, Read: 4000}
	hit := play.Move{Off: 1234, Len: 10}
	off := st.Tail(100, hit)
	cells := st.From(off, 100, hit)
	if off > 1234 || off < 1200 || len(cells) != 100 || !cells[1234-off].Hit || cells[0].Hit {
		t.Errorf("from byte %d, %d bytes", off, len(cells))
	}
}

// The number that accept will return is its to tell.
func TestAnEndHasNoFDBeforeItsCallHasReturned(t *testing.T) {
	f := recordedRun(t, "first").At()
	run, checked := f.Player.Run, 0
	for at := range run.Len() {
		f.Seek(at)
		for _, fl := range f.Flows() {
			c := &run.Conns[fl.Conn]
			if got := f.FlowName(fl); strings.Contains(got, "not accepted") != (c.Server.Opened >= at) {
				t.Errorf("before step %d it is %q, and accept returns in step %d", at, got, c.Server.Opened)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}
