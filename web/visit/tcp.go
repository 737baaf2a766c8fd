package visit

import (
	"fmt"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// TCPEnd is one end of the connection whose states are shown.
type TCPEnd struct {
	Tag    string // "c1"
	State  trace.TCPState
	How    trace.Provenance
	Say    string           // how the state is known: "sampled 3 ms before 12", "by its FIN"
	Before []trace.TCPState // the states that it has left, in their order
}

// TCPEnds returns the two ends of the connection that the selected lane had to do with
// last: the client's and the server's. ok is false where no packet tells of one.
func (f *Focus) TCPEnds() (ends [2]TCPEnd, ok bool) {
	run := f.Player.Run
	stream := f.stream()
	if stream < 0 {
		return ends, false
	}
	first := run.Streams[stream].Packets[0]
	c := run.Carriage(first)
	lanes := [2]int{c.From, c.To}
	if run.Packets[first].Back {
		lanes = [2]int{c.To, c.From}
	}
	ports := [2]uint16{run.Streams[stream].Client.Port(), run.Streams[stream].Server.Port()}
	for i, s := range run.EndStates(stream, f.Pos()) {
		e := &ends[i]
		e.Tag, e.State, e.How = fmt.Sprintf(":%d", ports[i]), s.State, s.How
		if lanes[i] >= 0 {
			e.Tag = run.Lanes[lanes[i]].Tag
		}
		switch {
		case s.How == trace.Sampled:
			e.Say = "sampled " + f.When(s.At)
		case s.By >= 0:
			e.Say = "inferred from " + run.Packets[s.By].Word()
			if when := f.When(s.At); strings.Contains(when, " after ") {
				e.Say += ", " + when
			}
		}
		for _, t := range s.Turns {
			if t.To != s.State {
				e.Before = append(e.Before, t.To)
			}
		}
	}
	return ends, true
}

// stream returns the newest stream at the position that the selected lane's process is an
// end of, else the newest of all; -1 for none.
func (f *Focus) stream() int {
	run, n := f.Player.Run, f.packetsTold()
	newest := -1
	for i := n - 1; i >= 0; i-- {
		s := run.Packets[i].Stream
		if s < 0 {
			continue
		}
		if newest < 0 {
			newest = s
		}
		c := run.Carriage(i)
		for _, lane := range []int{c.From, c.To} {
			if lane >= 0 && run.Lanes[lane].Proc == f.Proc() {
				return s
			}
		}
		if n-i > shownPackets {
			break
		}
	}
	return newest
}

// Backlog is the two queues of a listener: as sampled, or as packets and calls have changed
// them since.
type Backlog struct {
	Addr     string
	HalfOpen int // connections whose handshake isn't finished: the SYN queue
	Waiting  int // connections that wait for accept
	Room     int // how many may, and one more
	How      trace.Provenance
	When     string // of a sampled one
}

// Backlogs returns the queues of the listeners in the kernel's table.
func (f *Focus) Backlogs() (out []Backlog) {
	state := f.State()
	for i := range state.Sockets {
		l := &state.Sockets[i]
		if l.State != trace.Listening || l.Kind != trace.TCP {
			continue
		}
		b := Backlog{Addr: l.Local, Waiting: l.Recv, Room: l.Send + 1, How: trace.Sampled, When: f.When(state.SocketsAt)}
		for k := range state.Sockets {
			if s := &state.Sockets[k]; s.State == trace.SynRecv && s.Local == l.Local {
				b.HalfOpen++
			}
		}
		if half, seen := f.halfOpen(l.Local); seen {
			if waiting := len(f.Waiting(l.Local)); half != b.HalfOpen || waiting != b.Waiting {
				b.HalfOpen, b.Waiting, b.How, b.When = half, waiting, trace.Inferred, ""
			}
		}
		out = append(out, b)
	}
	return out
}

// halfOpen counts the half-open connections of a listener by the packets so far, and reports
// whether all of them were seen.
func (f *Focus) halfOpen(addr string) (n int, seen bool) {
	run := f.Player.Run
	if run.PacketsTorn > 0 {
		return 0, false
	}
	for i := range run.Streams {
		if run.Streams[i].Server.String() != addr {
			continue
		}
		seen = true
		if run.EndStates(i, f.Pos())[play.ServerEnd].State == trace.SynRecv {
			n++
		}
	}
	return n, seen
}

// counterSays says what the kernel's counters count.
var counterSays = map[string]string{
	"ListenOverflows":      "the accept queue was full",
	"ListenDrops":          "a listener dropped something",
	"SyncookiesSent":       "SYN cookies sent",
	"SyncookiesRecv":       "SYN cookies that came back",
	"SyncookiesFailed":     "cookies that were none, answered by RST",
	"TCPReqQFullDoCookies": "the SYN queue was full: a cookie instead",
	"TCPReqQFullDrop":      "the SYN queue was full: dropped",
	"TCPTimeouts":          "a retransmission was due",
	"TCPLossProbes":        "the last bytes sent again, to see (TLP)",
	"TCPSynRetrans":        "SYN and SYN ACK sent again",
	"TCPAbortOnTimeout":    "given up without an answer",
	"TCPKeepAlive":         "keepalive probes",
}

// Counted lists the kernel's counters of the run's namespace, as "3 ListenOverflows: the
// accept queue was full".
func (f *Focus) Counted() (out [][3]string) {
	for _, c := range f.State().Counters {
		out = append(out, [3]string{words.Thousands(c.N), c.Name, counterSays[c.Name]})
	}
	return out
}
