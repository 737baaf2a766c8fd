package run

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/packet"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// sentPackets returns the packets of a run that can be read, and what each is to its
// connection.
func sentPackets(t testing.TB, r *result) (all []packet.Packet, segments []packet.Segment) {
	t.Helper()
	var flows packet.Flows
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Packet && len(e.Data) > 0 {
			p, err := packet.Parse(e.Data)
			if err != nil {
				t.Errorf("a packet of %d bytes, %x: %v", e.Size, e.Data, err)
				continue
			}
			s, _ := flows.Add(&p)
			all, segments = append(all, p), append(segments, s)
		}
	}
	return all, segments
}

// checkWire holds the packets of a run against its calls: every byte that a send took is
// in a packet, or in a queue when the run ends. No packet has others.
func checkWire(t testing.TB, r *result) {
	t.Helper()
	for _, note := range r.notes() {
		if strings.Contains(note, "not in this trace") {
			return
		}
	}
	if r.header.Wire == "" {
		return
	}
	type way struct{ from, to netip.AddrPort }
	far := map[way]uint32{} // the last byte of each direction
	var carried, took, offered, queued int64
	all, segments := sentPackets(t, r)
	for i := range all {
		p, s := &all[i], &segments[i]
		w := way{p.From, p.To}
		if p.Flags.Has(packet.SYN) && !s.Again {
			far[w] = 0
		}
		if p.Protocol == packet.UDP {
			carried += int64(p.Length)
		}
		if end := s.Seq + uint32(p.Length) - 1; p.Protocol == packet.TCP && p.Length > 0 && end > far[w] {
			carried += int64(end - far[w])
			far[w] = end
		}
	}
	open := map[[2]int]int64{}
	unwired := map[[2]int]bool{} // fds of Unix sockets and eventfds
	for i := range r.events {
		switch e := &r.events[i]; {
		case e.Kind == trace.Sample:
			queued = 0
			for _, s := range e.Sockets {
				if s.State != trace.Listening {
					queued += int64(s.Send)
				}
			}
		case e.Kind == trace.Return && e.Call == trace.Socket && len(e.Args) > 0:
			unwired[[2]int{e.Proc, int(e.Result)}] = e.Args[0] == socket.AF_UNIX
		case e.Kind == trace.Return && e.Call == trace.Accept:
			unwired[[2]int{e.Proc, int(e.Result)}] = unwired[[2]int{e.Proc, e.FD}]
		case e.Kind == trace.Return && e.Call == trace.Eventfd:
			unwired[[2]int{e.Proc, int(e.Result)}] = true
		case e.Call.Told() || !e.Call.Sends() || e.FD <= 2 || unwired[[2]int{e.Proc, e.FD}]:
		case e.Kind == trace.Enter:
			open[[2]int{e.Proc, e.Thread}] = int64(e.Size)
		case e.Kind == trace.Return:
			took += max(0, e.Result)
			delete(open, [2]int{e.Proc, e.Thread})
		}
	}
	for _, n := range open {
		offered += n
	}
	reset := slices.ContainsFunc(all, func(p packet.Packet) bool { return p.Flags.Has(packet.RST) }) // it drops what is queued
	if carried < took-queued && !reset || carried > took+offered {
		t.Errorf("%s %v: packets carry %d bytes, sends took %d and were to take %d more, %d are in queues at the end",
			r.header.Lab, r.header.Knobs, carried, took, offered, queued)
	}
}

// tshark reads the packets of runs as the page does: the same flags, numbers and bytes, of
// every lab that has any.
func TestPacketsAreWhatTsharkReads(t *testing.T) {
	t.Parallel()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("a run has no network of its own here")
	}
	path := filepath.Join(t.TempDir(), "lo.pcapng")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := packet.NewWriter(file, "lo")
	if err != nil {
		t.Fatal(err)
	}
	var all []packet.Packet
	var segments []packet.Segment
	var labs []string // of each packet
	for _, r := range wiredRuns(t, s) {
		if r.header.Wire == "" {
			t.Skip(r.header.NoWire)
		}
		p, s := sentPackets(t, r)
		if len(p) == 0 {
			t.Errorf("%s has no packets", r.header.Lab)
		}
		all, segments = append(all, p...), append(segments, s...)
		labs = append(labs, slices.Repeat([]string{r.header.Lab}, len(p))...)
		for i := range r.events {
			if e := &r.events[i]; e.Kind == trace.Packet {
				if err := w.Write(r.header.Began*1e6+e.Time, e.Data, e.Size); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	fields := []string{"ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.flags", "tcp.len", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.payload",
		"tcp.analysis.keep_alive", "udp.srcport", "udp.dstport", "udp.payload"}
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "separator=|"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command(tshark, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &complaint)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(all) {
		t.Fatalf("tshark reads %d packets of %d", len(lines), len(all))
	}
	bare := func(a netip.Addr) string { // the fields above are of IPv4
		if a.Is6() {
			return ""
		}
		return a.String()
	}
	compared := map[string]int{}
	for i, line := range lines {
		p, s := &all[i], &segments[i]
		f := strings.Split(line, "|")
		var got, want string
		switch p.Protocol {
		case packet.TCP:
			want = fmt.Sprintf("%s|%d|%s|%d|0x%04x|%d|%d|%d|%d|%s", bare(p.From.Addr()), p.From.Port(), bare(p.To.Addr()), p.To.Port(), uint8(p.Flags), p.Length, s.Seq, s.Ack, s.Window, hex.EncodeToString(p.Data))
			got = strings.Join(f[:10], "|")
			if probe := f[10] != ""; probe != (s.Probe && !p.Flags.Has(packet.SYN)) {
				t.Errorf("%s: packet %d, %s: a probe is %v, of tshark %v", labs[i], i+1, want, s.Probe, probe)
			}
		case packet.UDP:
			want = fmt.Sprintf("%s|%s|%d|%d|%s", bare(p.From.Addr()), bare(p.To.Addr()), p.From.Port(), p.To.Port(), hex.EncodeToString(p.Data))
			got = strings.Join([]string{f[0], f[2], f[11], f[12], f[13]}, "|")
		default:
			continue
		}
		if got != want {
			t.Errorf("%s: packet %d is\n%s, tshark reads\n%s", labs[i], i+1, want, got)
		}
		compared[labs[i]]++
	}
	t.Logf("compared: %v", compared)
}

// wiredRuns makes a run of each lab that has packets, several at a time: as it comes, and of
// some in other ways.
func wiredRuns(t *testing.T, s *Server) []*result {
	var todo []*trace.Request
	for _, l := range lab.All {
		if why := s.Cannot(l.ID); why != "" || l.Compares || l.Measures {
			continue
		}
		knobs := l.Unattended.Map()
		if quick := quickly[l.ID]; quick != nil {
			knobs = quick
		}
		todo = append(todo, &trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: knobs})
	}
	todo = append(todo,
		&trace.Request{Op: trace.OpRun, Lab: "nagle", Knobs: map[string]string{"client": "one writev"}},
		&trace.Request{Op: trace.OpRun, Lab: "dead", Knobs: map[string]string{"how": "keepalive", "patience": "2s"}},
		&trace.Request{Op: trace.OpRun, Lab: "backlog", Knobs: lateACK("2")},
		&trace.Request{Op: trace.OpRun, Lab: "errors", Knobs: map[string]string{"server": "starts twice"}},
	)
	next, runs := make(chan *trace.Request), make([]*result, 0, len(todo))
	var mu sync.Mutex
	var viewers sync.WaitGroup
	for range 4 {
		v := dial(t, s)
		viewers.Go(func() {
			for req := range next {
				v.send(req)
				r := v.run()
				mu.Lock()
				runs = append(runs, r)
				mu.Unlock()
			}
		})
	}
	for _, req := range todo {
		next <- req
	}
	close(next)
	viewers.Wait()
	return runs
}

// quickly are the knobs of labs whose runs would take long, or move many bytes.
var quickly = map[string]map[string]string{
	"select":   {"clients": "2", "messages": "2", "pauses": "0s", "timeout": "500ms"},
	"dead":     {"how": "TCP_USER_TIMEOUT", "limit": "500ms"},
	"deadlock": {"bytes": "65536"},
	"backlog":  {"pause": "100ms", "clients": "3"},
	"spin":     {"pause": "100us"},
}
