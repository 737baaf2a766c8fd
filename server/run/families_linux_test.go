package run

import (
	"bytes"
	"maps"
	"strings"
	"sync"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// runs runs a lab with each of the set-ups, several at a time, and holds the traces to
// what is true of all.
func runs(t *testing.T, cfg Config, id string, setups []map[string]string, check func(t *testing.T, knobs map[string]string, r *result)) {
	t.Helper()
	cfg.Runs, cfg.Warm = 4, 4
	s := startTest(t, cfg)
	next := make(chan map[string]string)
	var workers sync.WaitGroup
	for range 4 {
		v := dial(t, s)
		workers.Go(func() {
			for knobs := range next {
				v.send(&trace.Request{Op: trace.OpRun, Lab: id, Knobs: knobs})
				r := v.run()
				if r.end.Reason != trace.EndDone {
					t.Errorf("%v ends: %+v; notes %q", knobs, r.end, r.notes())
					continue
				}
				for _, text := range wrong(r) {
					t.Errorf("%v: %s", knobs, text)
				}
				check(t, knobs, r)
			}
		})
	}
	for _, knobs := range setups {
		next <- knobs
	}
	close(next)
	workers.Wait()
}

// Every family has every type that it has: streams join what was sent, the other types
// keep it apart. What a family hasn't got, or takes a capability, is refused.
func TestFamiliesKeepBoundariesByTheirType(t *testing.T) {
	l, err := lab.Find("families")
	if err != nil {
		t.Fatal(err)
	}
	var setups []map[string]string
	for _, family := range l.Knob("family").Offers {
		for _, kind := range l.Knob("type").Offers {
			setups = append(setups, map[string]string{"family": family, "type": kind, "host": "one address"})
		}
	}
	for _, shared := range []bool{false, true} {
		runs(t, Config{Shared: shared}, "families", setups, func(t *testing.T, knobs map[string]string, r *result) {
			family, kind, said := knobs["family"], knobs["type"], r.output(1)
			want := map[string]string{"SOCK_STREAM": "recvs: 1", "SOCK_DGRAM": "recvs: 3", "SOCK_SEQPACKET": "recvs: 3"}[kind]
			switch {
			case kind == "SOCK_SEQPACKET" && family != "AF_UNIX":
				want = "ESOCKTNOSUPPORT"
			case kind == "SOCK_RAW" && family == "AF_INET":
				want = "EPERM"
			case kind == "SOCK_RAW":
				return // of IPv6 it is another protocol; of Unix it is a datagram socket
			}
			if !strings.Contains(said, want) {
				t.Errorf("%v: the client says %q, not %q", knobs, said, want)
			}
		})
	}
}

// The default run of lab udp loses datagrams where the kernel says so: what was received
// and what was dropped are all that was sent, and the audit finds nothing false.
func TestUDPCountsWhatIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	setups := []map[string]string{nil, {"buffer": "1024"}, {"buffer": "0"}, {"pause": "0s", "buffer": "8192"}, {"datagrams": "60", "size": "8"}}
	runs(t, Config{}, "udp", setups, func(t *testing.T, knobs map[string]string, r *result) {
		drops, got, sent := 0, 0, 0
		early, receives := false, false // a busy machine may keep the client until the pause is over
		for i := range r.events {
			e := &r.events[i]
			for _, q := range e.Queues {
				if e.Proc == 0 {
					drops = max(drops, q.Drops)
				}
			}
			switch {
			case e.Proc == 0 && e.Kind == trace.Enter && e.Call == trace.Recvfrom:
				receives = true
			case e.Kind != trace.Return || e.Errno != 0:
			case e.Proc == 0 && e.Call == trace.Recvfrom && !bytes.Equal(e.Data, []byte("exit")):
				got++
			case e.Proc == 1 && e.Call == trace.Send && e.Result > 4:
				sent++
				early = early || receives
			}
		}
		if got == 0 || got+drops != sent {
			t.Errorf("%v: %d of %d were received, and the kernel counts %d dropped", knobs, got, sent, drops)
		}
		if knobs["buffer"] != "0" && knobs["pause"] == "" && drops == 0 && !early {
			t.Errorf("%v: none was dropped", knobs)
		}
		if said := r.output(1); !strings.Contains(said, "ECONNREFUSED") {
			t.Errorf("%v: the client says %q", knobs, said)
		}
		run := loaded(r)
		passed := 0
		for i := range run.Datagrams {
			if d := &run.Datagrams[i]; d.Proc == 1 && d.Passed >= 0 {
				passed++
			}
		}
		if drops > 0 && passed == 0 {
			t.Errorf("%v: no datagram is said to be passed", knobs)
		}
	})
}

// The stops of lab echo that speak of netstat have what they speak of.
func TestEchoShowsNetstat(t *testing.T) {
	l, err := lab.Find("echo")
	if err != nil {
		t.Fatal(err)
	}
	s := startTest(t, Config{})
	if s.Isolation() != trace.Namespace {
		t.Skip("the table is not the run's own here")
	}
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: l.Unattended.Map()})
	run := loaded(v.run())
	want := []map[trace.TCPState]int{
		{trace.Listening: 1, trace.Established: 2},
		{trace.TimeWait: 1},
	}
	for i, stop := range run.Walk(l.Walk(l.Unattended.Map())) {
		if stop.Light&lab.OnTable == 0 {
			continue
		}
		if stop.Found == nil {
			t.Fatalf("stop %d is not in the run", i+1)
		}
		got := map[trace.TCPState]int{}
		for _, sock := range run.State(stop.Found.Step + 1).Sockets {
			got[sock.State]++
		}
		if !maps.Equal(got, want[0]) {
			t.Errorf("stop %d shows %v, not %v", i+1, got, want[0])
		}
		want = want[1:]
	}
}
