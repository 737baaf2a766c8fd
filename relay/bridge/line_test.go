package bridge

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// inLine has a rig's target serve one client after another.
func inLine(turn time.Duration) func(*Config, *limits) {
	return func(c *Config, l *limits) {
		elsewhere(c, l)
		t := c.Targets["echo"]
		t.Turn = turn
		c.Targets["echo"] = t
	}
}

// Who holds a target that others wait for is sent away after a turn; then the
// next has one. The last may stay.
func TestTurns(t *testing.T) {
	r := newRig(t, inLine(20*time.Millisecond))
	first, _ := r.as("203.0.113.1", protocol)
	program := <-r.accepted
	second, _ := r.as("203.0.113.2", protocol)
	third, _ := r.as("203.0.113.3", protocol)
	for _, b := range []*browser{first, second} {
		_, controls, end := b.rest()
		wantControls(t, controls, closing)
		wantEnd(t, end, codeAge, "a turn lasts 20ms while others wait")
		program.Close()
		program = <-r.accepted
	}
	defer program.Close()
	third.send([]byte("Hello"))
	program.Write([]byte("still here"))
	same(t, "to the last", third.read(10), []byte("still here"))
}

// Nobody's turn ends while nobody waits, nor that of a client on this machine.
func TestTurnsWithoutEnd(t *testing.T) {
	l := &line{turn: time.Hour}
	here, there := l.join(nil), l.join(new(client))
	if l.timer != nil {
		t.Error("a client of this machine has a turn that ends")
	}
	l.end(here) // as a timer that was stopped too late
	here.leave()
	if l.timer != nil {
		t.Error("a turn ends while nobody waits")
	}
	next := l.join(new(client))
	if l.timer == nil {
		t.Error("a turn doesn't end while somebody waits")
	}
	l.end(there)
	l.end(there)
	select {
	case <-there.turn():
	default:
		t.Error("the turn didn't end")
	}
	last := l.join(new(client))
	there.leave()
	if l.timer == nil {
		t.Error("the next turn doesn't end")
	}
	last.leave()
	if l.timer != nil {
		t.Error("it ends though the one who waited has left")
	}
	next.leave()
	if p := (*line)(nil).join(nil); p.turn() != nil {
		t.Error("a target without a line has turns")
	}
}

// One client can't have all places in the line.
func TestPlacesInALine(t *testing.T) {
	r := newRig(t, inLine(time.Hour))
	var last *browser
	for range maxPlaces {
		last, _ = r.as("203.0.113.1")
	}
	wantRefusal(t, r, "203.0.113.1", "echo serves one client after another")
	if b, _ := r.as("203.0.113.2"); b == nil {
		t.Error("another address is refused too")
	}
	req, _ := http.NewRequest("GET", strings.Replace(r.url("mux"), "ws", "http", 1), nil)
	req.Header.Set("X-Forwarded-For", "203.0.113.1")
	if resp, err := r.server.Client().Do(req); err != nil || resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("another target is refused too: %v %v", resp, err)
	}
	last.ws.Close()
	eventually(t, "the place to be free", func() bool {
		b, _ := r.as("203.0.113.1")
		return b != nil
	})
}
