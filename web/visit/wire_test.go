package visit

import (
	"os"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// recordedLab opens the recording of a lab at its end.
func recordedLab(t *testing.T, id string) *Run {
	t.Helper()
	file, err := os.ReadFile("../assets/recordings/" + id + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := l.Set(nil)
	r := &Run{Desk: Desk{Relay: new(Relay)}}
	r.Open(l, v)
	tape, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	r.Load(tape)
	return r
}

// A lab about how long things take begins by time, and the learner's choice holds for
// the runs after that.
func TestALabMayBeginByTime(t *testing.T) {
	if r := recordedLab(t, "linger"); r.Player.Scale != play.ByStep {
		t.Error("linger begins by time")
	}
	r := recordedLab(t, "dead")
	if r.Player.Scale != play.ByTime {
		t.Error("dead doesn't begin by time")
	}
	r.Player.SetScale(play.ByStep)
	r.Load(&r.tape)
	if r.Player.Scale != play.ByStep {
		t.Error("the next run goes back to time")
	}
}

func TestWireOfARecording(t *testing.T) {
	r := recordedLab(t, "nagle")
	if !r.Wired || r.View != Wire || r.Dark() != "" {
		t.Fatalf("wired %v, view %v, %q", r.Wired, r.View, r.Dark())
	}
	r.Seek(r.Player.Len())
	rows := r.PacketRows()
	late := 0
	for _, row := range rows {
		if strings.HasPrefix(row.Sent, "send, ") && strings.Contains(row.Sent, "ms before") {
			late++
		}
	}
	if late == 0 || rows[len(rows)-1].Word != "SYN" || rows[len(rows)-1].Sent != "connect" || rows[len(rows)-1].Way != "c1 → srv" {
		t.Errorf("%d left late; the first is %+v", late, rows[len(rows)-1])
	}
	if ends, ok := r.TCPEnds(); !ok || ends[0].Tag != "c1" || ends[1].Tag != "srv" || ends[0].State == 0 {
		t.Errorf("the ends are %+v", ends)
	}
	if text := r.TellPacket(0); !strings.Contains(text, "SYN") || !strings.Contains(text, "sent by connect") {
		t.Errorf("the first packet is told as %q", text)
	}
	r.SwitchWire()
	if r.Wired || r.View != FDs {
		t.Error("the wire still shows")
	}
	r.GoToPacket(0)
	if r.Pos() != r.Player.Run.Packets[0].After {
		t.Errorf("a packet leads to %d", r.Pos())
	}
}

func TestQueuesOfAFullBacklog(t *testing.T) {
	r := recordedLab(t, "backlog")
	half, full, overflow := false, false, false
	for n := range r.Player.Len() {
		r.Seek(n)
		for _, b := range r.Backlogs() {
			half = half || b.HalfOpen == 1
			full = full || b.Waiting == b.Room
		}
		for _, c := range r.Counted() {
			overflow = overflow || c[1] == "ListenOverflows" && c[2] != ""
		}
	}
	if !half || !full || !overflow {
		t.Errorf("a half-open one %v, a full queue %v, an overflow %v", half, full, overflow)
	}
}

func TestWhyTheWireIsDark(t *testing.T) {
	r := recordedLab(t, "nagle")
	run := r.Player.Run
	run.Packets = nil
	for _, c := range []struct {
		change func(h *trace.Header)
		want   string
	}{
		{func(h *trace.Header) {}, "No packet has come"},
		{func(h *trace.Header) { h.Wire = "" }, "before packets were captured"},
		{func(h *trace.Header) { h.NoWire = "nobody may" }, "Nobody may."},
		{func(h *trace.Header) { h.Lab = trace.StandingLab + "mux" }, "standing server"},
	} {
		c.change(run.Header)
		if got := r.Dark(); !strings.Contains(got, c.want) {
			t.Errorf("%q does not say %q", got, c.want)
		}
	}
}
