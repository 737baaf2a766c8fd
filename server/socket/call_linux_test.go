package socket

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"sockscope/server/ring"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// newArea returns an area outside of Go's heap, where a real one lies.
func newArea(t testing.TB) *ring.Area {
	mem, err := unix.Mmap(-1, 0, ring.AreaSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	area, err := ring.NewArea(mem)
	if err != nil {
		t.Fatal(err)
	}
	return area
}

// attach traces the calling goroutine until the test ends.
func attach(t testing.TB, sample bool) *ring.Ring {
	area := newArea(t)
	t.Cleanup(detach)
	if err := Attach(area, sample); err != nil {
		t.Fatal(err)
	}
	return area.Ring(0)
}

func detach() {
	if t := current(); t != nil {
		t.passage.end()
	}
	traced.Lock()
	traced.area = nil
	traced.Unlock()
	traced.threads.Store(nil)
	runtime.UnlockOSThread()
}

// drain takes all events out of the ring and gives each to take.
func drain(t testing.TB, r *ring.Ring, take func(*trace.Event)) {
	var rec ring.Record
	for {
		ok, err := r.Next(&rec)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		e := rec.Event(0, 0, 0)
		take(&e)
	}
}

func TestCallIsTwoEvents(t *testing.T) {
	a, b := pair(t)
	r := attach(t, true)
	if _, err := a.Send([]byte("Hello")); err != nil {
		t.Fatal(err)
	}
	data, err := b.Recv(1024)
	if err != nil || string(data) != "Hello" {
		t.Fatalf("recv: %q, %v", data, err)
	}
	var events []trace.Event
	drain(t, r, func(e *trace.Event) { events = append(events, *e) })
	if len(events) != 5 || events[0].Kind != trace.Start {
		t.Fatalf("a start and two calls made %d events: %+v", len(events), events)
	}
	for i := 1; i < len(events); i++ {
		if events[i].Time < events[i-1].Time {
			t.Errorf("event %d is earlier than the one before it", i)
		}
	}
	sent, sending, got := &events[1], &events[2], &events[4]
	if sent.Kind != trace.Enter || sent.Call != trace.Send || string(sent.Data) != "Hello" || sent.Size != 5 || sent.FD != a.fd {
		t.Errorf("send entered as %+v", sent)
	}
	if sending.Kind != trace.Return || sending.Result != 5 || sending.Sleep != trace.Awake || sending.CPU <= 0 {
		t.Errorf("send returned as %+v", sending)
	}
	if got.Call != trace.Recv || string(got.Data) != "Hello" || got.Result != 5 {
		t.Errorf("recv returned as %+v", got)
	}
	before := events[3].Queues
	if len(before) != 1 || before[0].FD != b.fd || before[0].Recv != 5 || before[0].Only != trace.RecvQ || before[0].Time > events[3].Time {
		t.Errorf("before recv the queue was sampled as %+v", before)
	}
	if after := got.Queues; len(after) != 1 || after[0].Recv != 0 || after[0].Only != trace.RecvQ || after[0].Time < got.Time {
		t.Errorf("after recv the queue was sampled as %+v", after)
	}
}

// What a call looks at is read before it, and what it changed after it: of a send the
// Send-Q, of a recv the Recv-Q. Where nothing can be received, the state says why.
func TestWhatIsSampled(t *testing.T) {
	a, b := pair(t)
	b.SetBlocking(false)
	r := attach(t, true)
	steps := []struct {
		do            func()
		call          trace.Call
		before, after trace.Queue
	}{
		{func() { b.Recv(8) }, trace.Recv,
			trace.Queue{State: trace.Established}, trace.Queue{State: trace.Established}},
		{func() { a.Send([]byte("Hello")) }, trace.Send,
			trace.Queue{Only: trace.SendQ, State: trace.Established}, trace.Queue{Only: trace.SendQ}},
		{func() { Poll(map[*Socket]Events{a: POLLOUT, b: POLLIN}) }, trace.Poll,
			trace.Queue{Only: trace.RecvQ, Recv: 5}, trace.Queue{Only: trace.RecvQ, Recv: 5}},
		{func() { b.Recv(3) }, trace.Recv,
			trace.Queue{Only: trace.RecvQ, Recv: 5}, trace.Queue{Only: trace.RecvQ, Recv: 2}},
		{func() { b.SetOption(IPPROTO_TCP, TCP_NODELAY, 1) }, trace.Setsockopt, trace.Queue{}, trace.Queue{}},
		{func() { a.Shutdown(SHUT_WR) }, trace.Shutdown,
			trace.Queue{State: trace.Established}, trace.Queue{State: trace.FinWait2}},
		{func() { b.Recv(8) }, trace.Recv,
			trace.Queue{Only: trace.RecvQ, Recv: 2}, trace.Queue{Only: trace.RecvQ}},
		{func() { b.Recv(8) }, trace.Recv,
			trace.Queue{State: trace.CloseWait}, trace.Queue{State: trace.CloseWait}},
		{func() { b.Send([]byte("x")) }, trace.Send,
			trace.Queue{Only: trace.SendQ, State: trace.CloseWait}, trace.Queue{Only: trace.SendQ, State: trace.CloseWait}},
		{func() { b.Close() }, trace.Close, trace.Queue{State: trace.CloseWait}, trace.Queue{}},
	}
	fd := b.fd
	for i, s := range steps {
		drain(t, r, func(*trace.Event) {})
		s.do()
		drain(t, r, func(e *trace.Event) {
			want := s.before
			if e.Kind == trace.Return {
				want = s.after
			}
			var got trace.Queue
			for _, q := range e.Queues {
				if late := q.Time > e.Time; late != (e.Kind == trace.Return) {
					t.Errorf("step %d: at %d was read %+v", i, e.Time, q)
				}
				if q.FD == e.FD || e.FD < 0 && q.FD == fd {
					got = q
				}
			}
			got.Send = 0 // what is acknowledged by now is the kernel's business
			if got.State == trace.FinWait1 {
				got.State = trace.FinWait2
			}
			if got.FD, got.Time = 0, 0; e.Call != s.call || got != want {
				t.Errorf("step %d: beside the %v of %v was read %+v, not %+v", i, e.Kind, e.Call, got, want)
			}
		})
	}
}

// Where TCP_INFO tells that the Send-Q is empty, SIOCOUTQ counts nothing.
func TestSendQueueIsKnownEmpty(t *testing.T) {
	a, b := pair(t)
	a.SetBlocking(false)
	b.SetBlocking(false)
	var p sampler
	var empty, full int
	for i := range 2000 {
		a.Send(make([]byte, 1+i*37%9000))
		for range i % 3 {
			b.Recv(1 + i*91%20000)
		}
		if !p.inform(a.fd) {
			t.Fatal("no TCP_INFO")
		}
		if !p.acked() {
			full++
		} else if empty++; p.bytes(a.fd, trace.SendQ) != 0 {
			t.Fatalf("%d bytes are left of a connection that is said to have none: %+v", p.count, p.info)
		}
	}
	if empty == 0 || full == 0 {
		t.Errorf("empty %d times, not so %d times: the test shows nothing", empty, full)
	}
}

// A connection that ended while it sent has no bytes that would mean anything.
func TestSendToOneWhoIsGone(t *testing.T) {
	a, b := pair(t)
	r := attach(t, true)
	a.Close()
	b.Send([]byte("Hello"))
	drain(t, r, func(e *trace.Event) {
		if e.Call == trace.Send && e.Kind == trace.Return {
			if len(e.Queues) != 1 || e.Queues[0].State != trace.Closed || e.Queues[0].Send != 0 {
				t.Errorf("after the send was read %+v", e.Queues)
			}
		}
	})
}

// A socket whose connect failed has no address and no bytes that would mean
// anything.
func TestFailedConnectHasNoAddress(t *testing.T) {
	r := attach(t, true)
	nobody := New(AF_INET, SOCK_STREAM)
	defer nobody.Close()
	nobody.Bind("127.0.0.1:0")
	s := New(AF_INET, SOCK_STREAM)
	defer s.Close()
	if err := s.Connect(local(t, nobody)); err != ECONNREFUSED {
		t.Fatal(err)
	}
	drain(t, r, func(e *trace.Event) {
		for _, q := range e.Queues {
			if e.Call == trace.Connect && (q.Local+q.Peer != "" || q.Send != 0) {
				t.Errorf("sampled %+v", q)
			}
		}
	})
}

func TestAddressesAreSampledOnce(t *testing.T) {
	r := attach(t, true)
	listener := New(AF_INET, SOCK_STREAM)
	defer listener.Close()
	listener.Bind("127.0.0.1:0")
	listener.Listen(7)
	a := New(AF_INET, SOCK_STREAM)
	defer a.Close()
	if err := a.Connect(local(t, listener)); err != nil {
		t.Fatal(err)
	}
	b, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	type ends struct{ local, peer string }
	got := map[int]ends{}
	var backlog []trace.Queue
	drain(t, r, func(e *trace.Event) {
		for _, q := range e.Queues {
			if q.Local != "" {
				if _, again := got[q.FD]; again {
					t.Errorf("fd %d: its address came twice", q.FD)
				}
				got[q.FD] = ends{q.Local, q.Peer}
			}
			if e.Call == trace.Accept && q.FD == listener.fd {
				backlog = append(backlog, q)
			}
		}
	})
	want := map[int]ends{
		listener.fd: {local(t, listener), ""},
		a.fd:        {local(t, a), local(t, listener)},
		b.fd:        {local(t, listener), local(t, a)},
	}
	for fd, w := range want {
		if got[fd] != w {
			t.Errorf("fd %d: sampled %+v, it is %+v", fd, got[fd], w)
		}
	}
	if len(backlog) != 2 || backlog[0].Recv != 1 || backlog[0].Send != 7 || backlog[1].Recv != 0 || backlog[0].State != trace.Listening {
		t.Errorf("the backlog around accept: %+v", backlog)
	}
}

func TestTracingAllocatesNothing(t *testing.T) {
	for _, sample := range []bool{false, true} {
		a, b := pair(t)
		r := attach(t, sample)
		message := []byte("This is the message")
		var rec ring.Record
		if n := testing.AllocsPerRun(20, func() {
			for range 10 {
				a.Send(message)
				b.Recv(1024)
			}
		}); n != 0 {
			t.Errorf("sample %v: %v allocations in 20 calls", sample, n)
		}
		for ok := true; ok; ok, _ = r.Next(&rec) {
		}
		detach()
	}
}

func TestFullRingLeavesCallsAlone(t *testing.T) {
	a, b := pair(t)
	r := attach(t, false)
	message := make([]byte, trace.DataCap)
	for i := range 2000 {
		message[0] = byte(i)
		if n, err := a.Send(message); n != len(message) || err != nil {
			t.Fatalf("send: %d, %v", n, err)
		}
		got := 0
		for got < len(message) {
			data, err := b.Recv(len(message))
			if err != nil || got == 0 && data[0] != byte(i) {
				t.Fatalf("recv: %v", err)
			}
			got += len(data)
		}
	}
	if r.Dropped() == 0 {
		t.Fatal("no call was dropped: the test fills too little")
	}
	open := 0
	drain(t, r, func(e *trace.Event) {
		switch e.Kind {
		case trace.Enter:
			open++
		case trace.Return:
			open--
		}
		if open < 0 || open > 1 {
			t.Fatalf("%d calls are open in one thread", open)
		}
	})
	if open != 0 {
		t.Error("a call was recorded without its return")
	}
}

// Threads write rings of their own, and each thread's events are its own.
func TestEveryThreadHasItsRing(t *testing.T) {
	area := newArea(t)
	defer detach()
	if err := Attach(area, false); err != nil {
		t.Fatal(err)
	}
	const threads, calls = 8, 200
	done := make(chan int, threads)
	for range threads {
		a, b := pair(t)
		Go(func() {
			for range calls {
				a.Send([]byte("x"))
				b.Recv(1)
			}
			done <- a.fd
		})
	}
	for range threads {
		<-done
	}
	await(t, "threads to leave", func() bool { return len(*traced.threads.Load()) == 1 })
	if area.Threads() != threads+1 {
		t.Fatalf("%d rings for %d threads", area.Threads(), threads+1)
	}
	for i := 1; i <= threads; i++ {
		var kinds []trace.Kind
		fds := map[int]int{}
		drain(t, area.Ring(i), func(e *trace.Event) {
			kinds = append(kinds, e.Kind)
			if e.Call == trace.Send {
				fds[e.FD]++
			}
		})
		if len(kinds) != 2+4*calls || kinds[0] != trace.Start || kinds[len(kinds)-1] != trace.Exit {
			t.Errorf("thread %d: %d events", i, len(kinds))
		}
		if len(fds) != 1 {
			t.Errorf("thread %d sent on %d fds: %v", i, len(fds), fds)
		}
	}
}

// Threads for which no ring is left run untraced, and write nobody else's.
func TestThreadsBeyondTheRings(t *testing.T) {
	r := attach(t, false)
	const threads = trace.MaxThreads + 10
	a, b := pair(t)
	drain(t, r, func(*trace.Event) {})
	for range threads {
		done := make(chan struct{})
		Go(func() {
			defer close(done)
			a.Send([]byte("x"))
			b.Recv(1)
		})
		<-done
	}
	a.Shutdown(SHUT_WR)
	var calls []trace.Call
	drain(t, r, func(e *trace.Event) { calls = append(calls, e.Call) })
	if !slices.Equal(calls, []trace.Call{trace.Shutdown, trace.Shutdown}) {
		t.Errorf("the first thread shut down, and its ring has %v", calls)
	}
}

// await waits until cond holds.
func await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// BenchmarkCall measures pairs of send and recv on loopback, traced and not in
// turns, and reports what tracing adds to one call: in ns, and in bare system calls
// (getppid) of the same turns. The price of those differs from machine to machine, so it is
// measured twice: as they are here, and as dear as page-table isolation and its like
// make them elsewhere.
func BenchmarkCall(b *testing.B) {
	for _, calls := range []string{"asHere", "dear"} {
		for _, mode := range []string{"traced", "sampled"} {
			b.Run(calls+"/"+mode, func(b *testing.B) {
				done := make(chan struct{})
				go func() { // on a thread that ends with it: a filter can't be taken off
					defer close(done)
					runtime.LockOSThread()
					if calls == "dear" {
						makeDear(b)
					}
					benchmarkCall(b, mode == "sampled")
				}()
				<-done
			})
		}
	}
}

// makeDear makes each system call of the calling thread some 1 us dearer: a seccomp filter
// (seccomp(2)) of the greatest length, that allows all, runs before it. It looks at
// an argument, or the kernel would remember its answer.
func makeDear(b *testing.B) {
	const arg = 16 // of struct seccomp_data: args[0]
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: arg}}
	for len(filter) < unix.BPF_MAXINSNS-1 {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_ADD | unix.BPF_K, K: 1})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		b.Error(err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		b.Error("no filter: ", err)
	}
}

func benchmarkCall(b *testing.B, sample bool) {
	x, y := pair(b)
	area := newArea(b)
	if err := Attach(area, sample); err != nil {
		b.Error(err)
		return
	}
	defer detach()
	r := area.Ring(0)
	threads := traced.threads.Load()
	message := make([]byte, 64)
	var rec ring.Record
	const chunk = 100
	took := func(do func()) float64 {
		began := time.Now()
		for range chunk {
			do()
		}
		return float64(time.Since(began)) / chunk
	}
	pair := func() {
		x.Send(message)
		y.Recv(64)
	}
	var bare, call, added []float64
	for b.Loop() {
		bare = append(bare, took(func() { enter(unix.SYS_GETPPID, 0, 0, 0, 0, 0, 0) }))
		traced.threads.Store(nil)
		without := took(pair)
		traced.threads.Store(threads)
		with := took(pair)
		for ok := true; ok; ok, _ = r.Next(&rec) {
		}
		call = append(call, without/2)
		added = append(added, (with-without)/2)
	}
	median := func(of []float64) float64 {
		slices.Sort(of)
		return of[len(of)/2]
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(bare), "ns/bare")
	b.ReportMetric(median(call), "ns/call")
	b.ReportMetric(median(added), "ns-added/call")
	b.ReportMetric(median(added)/median(bare), "bare-added/call")
	b.ReportMetric(1+median(added)/median(call), "ratio")
}

// inChild runs the test again in a process of its own, traced from its start,
// and reports whether this is that process.
func inChild(t *testing.T, env ...string) bool {
	if os.Getenv("SOCKET_CHILD") == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-calls="+strconv.Itoa(*calls))
	cmd.Env = append(append(os.Environ(), "SOCKET_CHILD="+t.Name()), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	t.Logf("%s", out)
	return false
}
