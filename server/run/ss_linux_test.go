package run

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/play/audit"
)

// ssStates are the states of TCP as ss(8) writes them.
var ssStates = map[string]trace.TCPState{
	"ESTAB": trace.Established, "SYN-SENT": trace.SynSent, "SYN-RECV": trace.SynRecv, "FIN-WAIT-1": trace.FinWait1, "FIN-WAIT-2": trace.FinWait2,
	"TIME-WAIT": trace.TimeWait, "UNCONN": trace.Closed, "CLOSE-WAIT": trace.CloseWait, "LAST-ACK": trace.LastAck, "LISTEN": trace.Listening, "CLOSING": trace.Closing,
}

// What the state diagram infers from packets is what ss(8) says in the run's own network
// namespace, while the run goes on.
func TestStatesAreThoseOfSS(t *testing.T) {
	for _, tool := range []string{"ss", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("a run has no network of its own here")
	}
	v := dial(t, s)
	seen := map[trace.TCPState]bool{}
	all := 0
	for _, c := range []struct {
		lab   string
		knobs map[string]string
	}{
		{"nagle", nil},
		{"wake", map[string]string{"pause": "200ms"}},
		{"dead", map[string]string{"how": "TCP_USER_TIMEOUT", "limit": "500ms"}},
		{"backlog", lateACK("0")},
		{"errors", map[string]string{"server": "starts twice"}},
	} {
		v.send(&trace.Request{Op: trace.OpRun, Lab: c.lab, Knobs: c.knobs})
		v.begun()
		over, table := make(chan struct{}), make(chan []trace.Event)
		go func() {
			var told []trace.Event
			defer func() { table <- told }()
			for {
				select {
				case <-over:
					return
				default:
					told = append(told, ssOfTheRun()...)
				}
			}
		}()
		r := v.run()
		close(over)
		told := <-table
		if r.header.Wire == "" {
			t.Skip(r.header.NoWire)
		}
		for i := range told {
			told[i].Time -= r.header.Began * 1e6 // which is a whole number of ms
			told[i].Time -= 1e6
			for _, sock := range told[i].Sockets {
				seen[sock.State] = true
			}
		}
		run := play.NewRun(r.header)
		run.Add(r.events)
		run.End = r.end
		compared, wrong := audit.States(run, told)
		for _, text := range wrong {
			t.Errorf("%s %v: as ss has it, %s", c.lab, c.knobs, text)
		}
		t.Logf("%s %v: %d tables of ss, %d states compared", c.lab, c.knobs, len(told), compared)
		all += compared
	}
	if all == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("states seen: %v", seen)
}

// ssOfTheRun returns what ss says where a program of ours listens, as a reading of the
// table; nothing where that took longer than a reading may.
func ssOfTheRun() []trace.Event {
	own, _ := os.Readlink("/proc/self/ns/net")
	asked := map[string]bool{own: true}
	for _, p := range descendants() {
		proc := fmt.Sprintf("/proc/%d/", p.pid)
		ns, err := os.Readlink(proc + "ns/net")
		if err != nil || asked[ns] {
			continue
		}
		asked[ns] = true
		table, _ := os.ReadFile(proc + "net/tcp")
		if strings.Count(string(table), "\n") < 2 {
			continue // nobody does anything there
		}
		began := time.Now()
		out, err := exec.Command("nsenter", "--net="+proc+"ns/net", "ss", "-Htan").Output()
		if err != nil || time.Since(began) > 40*time.Millisecond {
			continue
		}
		e := trace.Event{Kind: trace.Sample, Time: began.UnixNano()}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			if state, ok := ssStates[f[0]]; ok && len(f) >= 5 {
				e.Sockets = append(e.Sockets, trace.Sock{State: state, Local: f[3], Peer: f[4]})
			}
		}
		return []trace.Event{e}
	}
	return nil
}
