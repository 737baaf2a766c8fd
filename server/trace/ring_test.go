package trace

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
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
		rec := Record{Kind: Enter, Call: Call(1 + i%20), FD: int32(i % 7), Time: int64(i), Size: int32(i),
			Timeout: Forever, NArgs: 2, Args: [3]int64{int64(i), -1}, PCs: [4]uintptr{uintptr(i)}}
		rec.Data = bytes.Repeat([]byte{byte(i)}, rnd.IntN(DataCap+1))
		if i%3 == 0 {
			rec.HasSets = true
			rec.Sets[0] = []int32{3, 4, int32(i)}
			rec.Sets[2] = []int32{9}
			rec.Queues = []QueueRecord{{FD: 4, State: Established, Recv: 15, Time: 77, Local: []byte("127.0.0.1:1")}}
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
			if !reflect.DeepEqual(a, b) || got.PCs != want[0].PCs {
				t.Fatalf("wrote %+v, read %+v", a, b)
			}
			want = want[1:]
		}
	}
}

func TestFullRingDropsWholeCalls(t *testing.T) {
	_, ring := newArea(t).Claim()
	enter, ret := Record{Kind: Enter, Call: Recv}, Record{Kind: Return, Call: Recv, Result: 1}
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
	rec := Record{Kind: Return, Call: Recv, Data: make([]byte, 64), Queues: make([]QueueRecord, 2)}
	if n := testing.AllocsPerRun(100, func() {
		slot, _ := ring.Reserve(&rec)
		slot.Publish()
	}); n != 0 {
		t.Fatalf("%v allocations a record", n)
	}
}

func TestClaimEndsAtMaxThreads(t *testing.T) {
	a := newArea(t)
	for i := range MaxThreads {
		if n, r := a.Claim(); n != i || r == nil {
			t.Fatalf("claim %d gave %d, %v", i, n, r)
		}
	}
	if _, r := a.Claim(); r != nil || a.Threads() != MaxThreads {
		t.Fatal("a ring too many")
	}
}

// FuzzRing gives the collector's side memory that was written over.
func FuzzRing(f *testing.F) {
	_, ring := newArea(f).Claim()
	slot, _ := ring.Reserve(&Record{Kind: Enter, Call: Select, HasSets: true, Sets: [NumSets][]int32{{3}}, Data: []byte("x")})
	slot.Publish()
	f.Add(ring.data[:*ring.head], uint64(*ring.head))
	area := newArea(f)
	f.Fuzz(func(t *testing.T, data []byte, head uint64) {
		ring := area.Ring(0)
		clear(ring.data[:4*maxRecord])
		copy(ring.data, data)
		atomic.StoreUint64(ring.tail, 0)
		atomic.StoreUint64(ring.head, head)
		var rec Record
		for range 1000 {
			ok, err := ring.Next(&rec)
			if !ok || err != nil {
				return
			}
			rec.Event(0, 0, 0)
		}
	})
}
