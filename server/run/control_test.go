package run

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"sockscope/server/agent"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

func (v *viewer) refusal() string {
	v.t.Helper()
	m := v.next()
	if m.Error == nil {
		v.t.Fatalf("%+v is no error", m)
	}
	return m.Error.Text
}

func TestRefusalsSayWhatIsRight(t *testing.T) {
	v := dial(t, startTest(t, Config{Warm: 1}))
	for _, c := range []struct {
		req  trace.Request
		says string
	}{
		{trace.Request{Op: "dance"}, "look, run, watch, stop and act"},
		{trace.Request{Op: trace.OpWatch, Lab: "discard"}, "there are echo, mux, byteorder"},
		{trace.Request{Op: trace.OpRun, Lab: "none"}, "the labs are first, echo"},
		{trace.Request{Op: trace.OpLook, Lab: "none"}, "the labs are first, echo"},
		{trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"clients": "9"}}, "from 1 to 8"},
		{trace.Request{Op: trace.OpLook, Lab: "select", Knobs: map[string]string{"colour": "red"}}, "there are clients"},
		{trace.Request{Op: trace.OpStop}, "no run to stop"},
		{trace.Request{Op: trace.OpAct, Act: &trace.Act{Call: trace.Socket}}, "start one first"},
	} {
		v.send(&c.req)
		if text := v.refusal(); !strings.Contains(text, c.says) {
			t.Errorf("%+v: %q does not say %q", c.req, text, c.says)
		}
	}
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select"})
	v.begun()
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select"})
	r := v.run()
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "stop it first") {
		t.Errorf("a second run: %q", r.errors)
	}
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "20s"}})
	v.begun()
	v.send(&trace.Request{Op: trace.OpAct, Act: &trace.Act{Call: trace.Socket}})
	v.send(&trace.Request{Op: trace.OpStop})
	if r := v.run(); len(r.errors) != 1 || r.end.Reason != trace.EndStopped {
		t.Errorf("an act for a run without an agent: %q, %+v", r.errors, r.end)
	}
}

func TestLookShowsThePrograms(t *testing.T) {
	v := dial(t, startTest(t, Config{Warm: 1}))
	for _, l := range lab.All {
		v.send(&trace.Request{Op: trace.OpLook, Lab: l.ID})
		m := v.next()
		if l.Compares {
			if m.Error == nil || !strings.Contains(m.Error.Text, "no programs of its own") {
				t.Errorf("%s: %+v", l.ID, m)
			}
			continue
		}
		if m.Look == nil {
			t.Fatalf("%s: %+v", l.ID, m)
		}
		for _, p := range m.Look.Procs {
			if p.Role == trace.RoleAgent {
				continue
			}
			if p.File < 1 || p.File > len(m.Look.Sources) || !strings.HasPrefix(m.Look.Sources[p.File-1].Text, "package ") {
				t.Errorf("%s: %+v of %d sources", l.ID, p, len(m.Look.Sources))
			}
		}
	}
}

func TestStopEndsASleepingRun(t *testing.T) {
	v := dial(t, startTest(t, Config{Warm: 1}))
	v.send(&trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "20s"}})
	r := new(result)
	v.until(r, func() bool { return len(r.events) > 0 })
	v.send(&trace.Request{Op: trace.OpStop})
	v.until(r, func() bool { return false })
	if r.end.Reason != trace.EndStopped {
		t.Errorf("%+v", r.end)
	}
	checkTrace(t, r)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("the next run: %+v", r.end)
	}
}

func TestQueueTellsThePlace(t *testing.T) {
	s := startTest(t, Config{Runs: 1, Warm: 1})
	first, second, third := dial(t, s), dial(t, s), dial(t, s)
	long := &trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "20s"}}
	short := &trace.Request{Op: trace.OpRun, Lab: "first"}
	first.send(long)
	if m := first.next(); m.Header == nil {
		t.Fatalf("%+v", m)
	}
	place := func(v *viewer, want int) {
		t.Helper()
		if m := v.next(); m.Queued == nil || m.Queued.Place != want {
			t.Fatalf("place %d is told as %+v", want, m)
		}
	}
	second.send(short)
	place(second, 1)
	third.send(short)
	place(third, 2)
	second.send(&trace.Request{Op: trace.OpStop})
	if r := second.run(); r.end.Reason != trace.EndStopped {
		t.Errorf("stopped in the queue: %+v", r.end)
	}
	place(third, 1)
	first.send(&trace.Request{Op: trace.OpStop})
	if r := third.run(); r.end.Reason != trace.EndDone {
		t.Errorf("after the queue: %+v", r.end)
	}
	// A learner's run has a place of its own.
	first.run()
	first.send(long)
	if m := first.next(); m.Header == nil {
		t.Fatalf("%+v", m)
	}
	second.send(&trace.Request{Op: trace.OpRun, Lab: "echo"})
	if m := second.next(); m.Header == nil {
		t.Errorf("a learner waits behind programs: %+v", m)
	}
}

func TestBrokenFramesEndTheirConnectionOnly(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	rnd := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 300)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	binary.BigEndian.PutUint32(noise, 296)
	for name, bytes := range map[string][]byte{
		"oversized": {0xff, 0xff, 0xff, 0xff},
		"limit":     binary.BigEndian.AppendUint32(nil, trace.MaxRequest+1),
		"empty":     {0, 0, 0, 0},
		"noise":     noise,
		"not a map": {0, 0, 0, 1, 0x01},
	} {
		v := dial(t, s)
		v.conn.Write(bytes)
		if text := v.refusal(); !strings.Contains(text, "bad frame") {
			t.Errorf("%s: %q", name, text)
		}
		var m trace.Message
		if err := trace.ReadFrame(v.r, trace.MaxFrame, &m); err == nil {
			t.Errorf("%s: the connection goes on with %+v", name, m)
		}
	}
	for _, part := range [][]byte{{0}, {0, 0, 1, 0, 0xa1}} {
		v := dial(t, s)
		v.conn.Write(part)
		v.conn.(*net.TCPConn).CloseWrite()
		if _, err := io.ReadAll(v.r); err != nil {
			t.Errorf("a frame that ends early: %v", err)
		}
	}
	v := dial(t, s)
	v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
	if r := v.run(); r.end.Reason != trace.EndDone {
		t.Errorf("after all that: %+v", r.end)
	}
}

func TestViewersAreBounded(t *testing.T) {
	s := startTest(t, Config{Viewers: 1, Warm: 1})
	dial(t, s)
	conn, err := net.Dial("tcp", s.Addrs()["lab"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var m trace.Message
	if err := trace.ReadFrame(conn, trace.MaxFrame, &m); err != nil || m.Error == nil {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := trace.ReadFrame(conn, trace.MaxFrame, &m); err != io.EOF {
		t.Fatalf("then %v", err)
	}
}

// A viewer that asks and does not read is given up; nobody else notices.
func TestViewerThatStopsReading(t *testing.T) {
	s := startTest(t, Config{WriteTimeout: 200 * time.Millisecond})
	deaf := dial(t, s)
	given := make(chan error)
	go func() {
		frame, _ := trace.AppendFrame(nil, trace.Request{Op: trace.OpLook, Lab: "select"})
		for {
			if _, err := deaf.conn.Write(frame); err != nil {
				given <- err
				return
			}
		}
	}()
	v := dial(t, s)
	for over := false; !over; {
		v.send(&trace.Request{Op: trace.OpRun, Lab: "first"})
		if r := v.run(); r.end.Reason != trace.EndDone {
			t.Fatalf("beside a deaf viewer: %+v", r.end)
		}
		select {
		case err := <-given:
			over = true
			if errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		default:
		}
	}
}

// The collector's side of an outbox never waits, whatever its reader does.
func TestOutboxNeverWaits(t *testing.T) {
	r, w := io.Pipe()
	o := newOutbox(w)
	m := &trace.Message{Events: make([]trace.Event, 1000)}
	size := 0
	for range 50 {
		var err error
		if size, err = o.add(m); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		o.close()
		w.Close()
	}()
	all, err := io.ReadAll(r)
	if err != nil || len(all) != size {
		t.Fatalf("%d of %d bytes, %v", len(all), size, err)
	}
	n := 0
	if rest, err := trace.Frames(all, func(*trace.Message) { n++ }); n != 50 || len(rest) > 0 || err != nil {
		t.Fatalf("%d frames, %d bytes left, %v", n, len(rest), err)
	}
}

func TestIsEnd(t *testing.T) {
	for _, m := range []trace.Message{
		{Hello: &trace.Hello{}}, {Header: &trace.Header{}}, {Events: []trace.Event{{}}},
		{End: &trace.End{}}, {Error: &trace.Error{}}, {Queued: &trace.Queued{}},
	} {
		frame, err := trace.AppendFrame(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if isEnd(frame) != (m.End != nil) {
			t.Errorf("%+v: isEnd %v", m, isEnd(frame))
		}
	}
}

// FuzzRequests gives what reads requests any bytes at all.
func FuzzRequests(f *testing.F) {
	for _, req := range []trace.Request{
		{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"clients": "2"}},
		{Op: trace.OpAct, Act: &trace.Act{Call: trace.Send, Data: []byte("x")}},
		{Op: trace.OpAct, Act: &trace.Act{Call: trace.EpollCtl, Side: 1, FD: 4, Args: []int64{1, 3, 5}}},
		{Op: trace.OpAct, Act: &trace.Act{Call: trace.Select, Sets: &trace.Sets{Read: []int{3}, Write: []int{4}}, Timeout: trace.Forever}},
		{Op: trace.OpAct, Act: &trace.Act{Call: trace.Writev, FD: 3, Data: []byte("xyz"), Args: []int64{1, 2}}},
	} {
		frame, _ := trace.AppendFrame(nil, req)
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for r := bytes.NewReader(data); ; {
			var req trace.Request
			if trace.ReadFrame(r, trace.MaxRequest, &req) != nil {
				return
			}
			if _, procs, err := asked(&req); err == nil {
				if _, _, err := describe(procs); err != nil {
					t.Errorf("%+v is let through: %v", req, err)
				}
			}
			for _, kind := range []string{"", agent.Datagrams, agent.ByHand} {
				agent.Check(req.Act, kind)
			}
		}
	})
}

// A lab that this system can't run is named with its reason, shows its program, and
// is refused.
func TestWhatThisSystemLacks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system may have kqueue")
	}
	s := startTest(t, Config{Warm: 1})
	v := dial(t, s)
	why := s.Cannot("kqueue")
	if v.hello.Cannot["kqueue"] != why || !strings.Contains(why, "no kqueue") || s.Cannot("epoll") != "" {
		t.Errorf("Hello says %q, the server %q", v.hello.Cannot, why)
	}
	v.send(&trace.Request{Op: trace.OpRun, Lab: "kqueue"})
	if text := v.refusal(); !strings.Contains(text, why) {
		t.Errorf("%q", text)
	}
}
