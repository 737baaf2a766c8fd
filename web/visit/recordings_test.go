package visit

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/play"
)

// recorded loads a recording of the site.
func recorded(t *testing.T, name string) *Run {
	t.Helper()
	file, err := assets.Files.ReadFile("recordings/" + name + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(name, "compare-")
	if name == "home" {
		id = "iterative"
	}
	l, err := lab.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := ReadLink(l, "")
	s := &Run{Desk: Desk{Relay: new(Relay)}}
	s.Open(l, v)
	load(t, s, file)
	return s
}

func recordings(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(assets.Files, "recordings/*.trace")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".trace")
	}
	return files
}

// A lab's page asks for its recording where there is one, and only there.
func TestLabsAreRecordedUnlessTheySayNot(t *testing.T) {
	names := recordings(t)
	for _, l := range lab.All {
		if !l.Compares && slices.Contains(names, l.ID) == l.Unrecorded {
			t.Errorf("%s says that it is unrecorded: %v", l.ID, l.Unrecorded)
		}
	}
}

func TestRecordingsAreWholeRuns(t *testing.T) {
	for _, name := range recordings(t) {
		s := recorded(t, name)
		h, end := s.Player.Run.Header, s.Player.Run.End
		if h.Lab != s.Lab.ID || h.Kernel == "" || h.Began == 0 {
			t.Errorf("%s: header %+v", name, h)
		}
		if end.Reason != trace.EndDone || end.Dropped != 0 {
			t.Errorf("%s: end %+v", name, end)
		}
	}
}

// On every step of every recording the panes can be worked out, and what they
// say holds together.
func TestPanesAtEveryStep(t *testing.T) {
	for _, name := range recordings(t) {
		s := recorded(t, name)
		for n := range s.Player.Len() + 1 {
			s.Seek(n)
			for i := range s.Lanes() {
				s.PickLane(i)
				s.Marks()
				s.Programs()
				if p := s.Proc(); p < len(s.State().Procs) {
					s.Columns(&s.State().Procs[p])
				}
				flows := s.Flows()
				if at := s.FlowAt(flows); at >= 0 {
					f := flows[at]
					if f.Post > 0 {
						if list, _ := s.LettersOf(f.Post - 1); len(list) == 0 || s.PostName(f.Post-1) == "" {
							t.Fatalf("%s: at step %d there is a post without datagrams", name, n)
						}
						s.DropsOf(f.Post - 1)
						continue
					}
					st := s.StreamOf(f)
					p, flow := s.Passage(f), &s.Player.Run.Conns[f.Conn].Flows[f.Way]
					for _, part := range append(p.SendQ.Parts, p.RecvQ.Parts...) {
						if part.Off < 0 || part.Len <= 0 || part.Off+part.Len > p.Total || part.Send > len(flow.Sends) {
							t.Fatalf("%s: at step %d a queue of %s holds %+v of %d bytes in %d sends", name, n, s.FlowName(f), part, p.Total, len(flow.Sends))
						}
					}
					for _, framing := range Framings {
						if d := s.Decoding(f, framing); d.From+d.Held > st.Read {
							t.Fatalf("%s: at step %d a decoder of %s has %+v of %d bytes", name, n, s.FlowName(f), d, st.Read)
						}
					}
					if st.Read > st.Sent {
						t.Fatalf("%s: at step %d %s has %d bytes received of %d sent", name, n, s.FlowName(f), st.Read, st.Sent)
					}
				}
			}
		}
	}
}

// A recv or send is woken by the other side of its own connection, whatever
// numbers the fds had before.
func TestWakesStayWithinTheirConnection(t *testing.T) {
	for _, name := range recordings(t) {
		run := recorded(t, name).Player.Run
		for _, w := range run.Wakes {
			effect, cause := run.Step(w.Effect), run.Step(w.Cause)
			if !effect.Call.Receives() && !effect.Call.Sends() || cause.Kind == trace.Exit {
				continue
			}
			if d := run.DatagramAt(w.Effect); d != nil && effect.Call.Receives() && d == run.DatagramAt(w.Cause) {
				continue // it has no connection
			}
			if effect.Call.Receives() && cause.Call.Sends() && cause.Kind == trace.Return && !overlap(run, w) {
				t.Errorf("%s: step %d is said to be woken by the send of step %d, whose bytes it did not get", name, w.Effect+1, w.Cause+1)
			}
			to, from := run.ConnOf(effect.Proc, effect.FD, w.Effect), run.ConnOf(cause.Proc, cause.FD, w.Cause)
			if to == nil || to != from {
				t.Errorf("%s: step %d, %v of fd %d, is said to be woken by step %d, %v of fd %d, on another connection",
					name, w.Effect+1, effect.Call, effect.FD, w.Cause+1, cause.Call, cause.FD)
			}
		}
	}
}

// overlap reports whether a recv got bytes of the send that is said to have
// woken it.
func overlap(run *play.Run, w play.Wake) bool {
	for i := range run.Conns {
		for _, f := range run.Conns[i].Flows {
			for _, recv := range f.Recvs {
				for _, send := range f.Sends {
					if recv.Step == w.Effect && send.Step == w.Cause {
						return send.Off < recv.Off+recv.Len && recv.Off < send.Off+send.Len
					}
				}
			}
		}
	}
	return false
}

// A connection that comes and goes between two readings of the kernel's table is in it all
// the same: calls have told of it.
func TestShortConnectionsAreInTheTable(t *testing.T) {
	for _, name := range []string{"first", "echo"} {
		r := recordedLab(t, name)
		ends := map[string]bool{}
		for n := range r.Player.Len() {
			r.Seek(n)
			rows, _, _ := r.Sockets()
			for _, k := range rows {
				if k.State == trace.Established {
					ends[k.Local] = true
				}
			}
		}
		if len(ends) != 2 {
			t.Errorf("%s: ESTABLISHED is seen of %v", name, ends)
		}
	}
}

// A socket whose last fd is closed isn't shown as it was before that.
func TestTheTableKnowsWhatWasClosed(t *testing.T) {
	for _, id := range []string{"iterative", "processes", "halfclose", "short"} {
		r, closed := recordedRun(t, id), 0
		run := r.Player.Run
		for at := range run.Len() + 1 {
			r.Seek(at)
			rows, _, _ := r.Sockets()
			for _, row := range rows {
				if row.Closed {
					closed++
				}
				for i := range run.Conns {
					c := &run.Conns[i]
					_, client := c.Client.Gone(at)
					_, server := c.Server.Gone(at)
					if client && server && (row.Local == c.Addr || row.Peer == c.Addr) && row.State == trace.Established && !row.Closed {
						t.Errorf("%s, step %d: both ends of %s are closed, and it is shown as %+v", id, at, c.Addr, row)
					}
				}
			}
		}
		t.Logf("%s: %d rows were closed since", id, closed)
	}
}

// When all bytes were received none is shown in a queue, whatever was read before.
func TestQueuesAreEmptyWhenAllIsReceived(t *testing.T) {
	r := recordedRun(t, "short")
	r.Seek(r.Player.Len())
	fl := Flow{Conn: 0, Way: 0}
	if p, st := r.Passage(fl), r.StreamOf(fl); st.Sent == 0 || st.Sent != st.Read || p.SendQ.Bytes != 0 || p.RecvQ.Bytes != 0 {
		t.Errorf("%d sent, %d received: Send-Q %+v, Recv-Q %+v", st.Sent, st.Read, p.SendQ, p.RecvQ)
	}
}

// epoll's list shows as soon as something is on it.
func TestTheInterestListIsThereBeforeTheFirstWait(t *testing.T) {
	r := recordedRun(t, "epoll")
	r.GoToStop(1)
	p := &r.State().Procs[r.Proc()]
	if lists := Interest(p); p.Muxed != nil || !Watches(p) || len(lists[0].Members) == 0 {
		t.Errorf("at the stop that puts a socket on the list it has %+v, waited %v", lists, p.Muxed)
	}
}

// A stop shows only where it is.
func TestAStopThatWasLeftSaysSo(t *testing.T) {
	r := recordedRun(t, "first")
	r.GoToStop(2)
	at := r.Pos()
	if !r.Stops()[2].On || r.Left() != 0 {
		t.Fatalf("at stop 2: %+v, left %d", r.Stops()[2], r.Left())
	}
	r.Seek(at + 1)
	if r.Stops()[2].On || r.Left() != at || r.AtStop() != 2 {
		t.Errorf("a step further: %+v, left %d, want %d", r.Stops()[2], r.Left(), at)
	}
	if r.GoToStop(r.AtStop()); r.Pos() != at || !r.Stops()[2].On {
		t.Errorf("back at %d, want %d", r.Pos(), at)
	}
	r.Recorded = false
	back := recordedRun(t, "first")
	if _, text := r.Keep(); text != "" {
		back.ReadKept(text)
	}
	if back.Pos() != at || back.AtStop() != 2 {
		t.Errorf("kept at stop 2, it comes back at %d, stop %d", back.Pos(), back.AtStop())
	}
}
