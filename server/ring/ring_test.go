package ring

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"sockscope/server/trace"
)

func newArea(t testing.TB) *Area {
	a, err := NewArea(make([]byte, AreaSize))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRingReturnsWhatWasWritten(t *testing.T) {
	_, ring := newArea(t).Claim()
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []Record
	var got Record
	// Far more than fits at once, so that records wrap around many times.
	for i := range 20000 {
		rec := Record{Kind: trace.Enter, Call: trace.Call(1 + i%20), FD: int32(i % 7), Time: int64(i), Size: int32(i),
			Timeout: trace.Forever, NArgs: 2, Args: [3]int64{int64(i), -1}, Site: Site(i)}
		rec.Data = bytes.Repeat([]byte{byte(i)}, rnd.IntN(trace.DataCap+1))
		if i%3 == 0 {
			rec.HasSets, rec.Null = true, 4
			rec.Sets[0] = []int32{3, 4, int32(i)}
			rec.Sets[2] = []int32{9}
			rec.Queues = []Queue{{FD: 4, State: trace.Established, Recv: 15, Time: 77, Local: []byte("127.0.0.1:1"), Only: trace.RecvQ}}
			rec.Addr = []byte("127.0.0.1:10001")
		}
		slot, ok := ring.Reserve(&rec)
		if !ok {
			t.Fatalf("record %d: no room with %d unread", i, len(want))
		}
		slot.Publish()
		want = append(want, rec)
		for len(want) > rnd.IntN(40) {
			ok, err := ring.Next(&got)
			if !ok || err != nil {
				t.Fatalf("record: %v, %v", ok, err)
			}
			a, b := want[0].Event(1, 2, 5), got.Event(1, 2, 5)
			if !reflect.DeepEqual(a, b) || got.Site != want[0].Site {
				t.Fatalf("wrote %+v, read %+v", a, b)
			}
			want = want[1:]
		}
	}
}

func TestFullRingDropsWholeCalls(t *testing.T) {
	_, ring := newArea(t).Claim()
	enter, ret := Record{Kind: trace.Enter, Call: trace.Recv}, Record{Kind: trace.Return, Call: trace.Recv, Result: 1}
	calls, dropped := 0, 0
	for range 20000 {
		slot, ok := ring.Reserve(&enter)
		if !ok {
			dropped++
			continue
		}
		slot.Publish()
		slot, ok = ring.Reserve(&ret)
		if !ok {
			t.Fatal("a return was refused after its enter was taken")
		}
		slot.Publish()
		calls++
	}
	if dropped == 0 || ring.Dropped() != int64(dropped) {
		t.Fatalf("%d calls dropped, %d counted", dropped, ring.Dropped())
	}
	var rec Record
	n := 0
	for {
		ok, err := ring.Next(&rec)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n++
	}
	if n != 2*calls {
		t.Fatalf("%d events read, %d written", n, 2*calls)
	}
}

func TestRingAllocatesNothingToWrite(t *testing.T) {
	_, ring := newArea(t).Claim()
	rec := Record{Kind: trace.Return, Call: trace.Recv, Data: make([]byte, 64), Queues: make([]Queue, 2)}
	if n := testing.AllocsPerRun(100, func() {
		slot, _ := ring.Reserve(&rec)
		slot.Publish()
	}); n != 0 {
		t.Fatalf("%v allocations a record", n)
	}
}

func TestClaimEndsAtMaxThreads(t *testing.T) {
	a := newArea(t)
	for i := range trace.MaxThreads {
		if n, r := a.Claim(); n != i || r == nil {
			t.Fatalf("claim %d gave %d, %v", i, n, r)
		}
	}
	if _, r := a.Claim(); r != nil || a.Threads() != trace.MaxThreads {
		t.Fatal("a ring too many")
	}
}

// FuzzRing gives the collector's side memory that was written over.
func FuzzRing(f *testing.F) {
	_, ring := newArea(f).Claim()
	slot, _ := ring.Reserve(&Record{Kind: trace.Enter, Call: trace.Select, HasSets: true, Sets: [NumSets][]int32{{3}}, Data: []byte("x")})
	slot.Publish()
	f.Add(ring.data[:*ring.head], uint64(*ring.head))
	area := newArea(f)
	f.Fuzz(func(t *testing.T, data []byte, head uint64) {
		ring := area.Ring(0)
		clear(ring.data[:4*maxRecord])
		copy(ring.data, data)
		copy(area.site(1), data) // nor can it trust the table of places
		atomic.StoreUint64(ring.tail, 0)
		atomic.StoreUint64(ring.head, head)
		var rec Record
		for range 1000 {
			ok, err := ring.Next(&rec)
			if !ok || err != nil {
				return
			}
			rec.Event(0, 0, 0)
			area.Place(rec.Site)
		}
		if file, _ := area.Place(1); len(file) > siteSize {
			t.Fatalf("a name of %d bytes", len(file))
		}
	})
}

func TestPlaces(t *testing.T) {
	a := newArea(t)
	long := strings.Repeat("d/", 200) + "echo.go"
	if s := a.AddPlace("echo.go", 18); s != 1 {
		t.Fatalf("the first place has number %d", s)
	}
	if s := a.AddPlace(long, 1<<20); s != 2 {
		t.Fatalf("the second place has number %d", s)
	}
	if file, line := a.Place(1); file != "echo.go" || line != 18 {
		t.Errorf("place 1 is %s:%d", file, line)
	}
	if file, line := a.Place(2); file != long[len(long)-244:] || line != 1<<20 {
		t.Errorf("place 2 is %s:%d", file, line)
	}
	for range maxSites - 2 {
		if a.AddPlace("x", 1) == 0 {
			t.Fatal("the table was full too early")
		}
	}
	for range 3 {
		if s := a.AddPlace("y", 1); s != 0 {
			t.Errorf("place %d in a full table", s)
		}
	}
	for _, s := range []Site{0, maxSites + 1, 1 << 31} {
		if file, line := a.Place(s); file != "" || line != 0 {
			t.Errorf("place %d is %s:%d", s, file, line)
		}
	}
}
