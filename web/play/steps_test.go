package play

import (
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"

	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// anyEvent returns an event in which any field may have anything, as a file from outside
// may. What only a Sample has is left out: no step is one.
func anyEvent(t *testing.T, random *rand.Rand) trace.Event {
	v, ok := quick.Value(reflect.TypeFor[trace.Event](), random)
	if !ok {
		t.Fatal("no event can be made")
	}
	e := v.Interface().(trace.Event)
	fields := reflect.ValueOf(&e).Elem()
	for i := range fields.NumField() {
		if random.Intn(2) == 0 {
			fields.Field(i).SetZero()
		}
	}
	e.Sockets, e.Counters = nil, nil
	return e
}

// What is packed comes out again as it was.
func TestStepsArePacked(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var s steps
	var want []trace.Event
	for range 3 * recent {
		e := anyEvent(t, random)
		want = append(want, e)
		s.add(&want[len(want)-1])
	}
	s.had = make([]had, recent)
	for i := range want {
		got, fresh := s.event(i)
		if !reflect.DeepEqual(*got, want[i]) || !fresh {
			t.Fatalf("step %d is\n%+v, was\n%+v", i, *got, want[i])
		}
		if has := s.has(i, hasQueues); has != (want[i].Queues != nil) {
			t.Fatalf("step %d has queues: %v", i, has)
		}
	}
}

// What a log tells of a call's line when the call is over is known of its Enter, however
// long ago that was.
func TestTheLineComesWithTheReturn(t *testing.T) {
	s := script(1)
	s.Enter(0, trace.Recv, 3, trace.Event{})
	for range recent {
		s.Do(1, trace.Send, 3, 1)
	}
	s.Return(0, trace.Event{File: 1, Line: 7})
	r := load(s)
	if e := r.Step(0); e.File != 1 || e.Line != 7 {
		t.Errorf("the line is %d of file %d", e.Line, e.File)
	}
	for i := range r.Len() {
		r.Step(r.Len() - 1 - i)
	}
	if e := r.Step(0); e.File != 1 || e.Line != 7 {
		t.Errorf("read again, the line is %d of file %d", e.Line, e.File)
	}
}

// A step takes this many bytes at most, of a run that selects.
func TestAStepIsSmall(t *testing.T) {
	r := load(playtest.Select(4, 50_000))
	n := len(r.steps.gists) * gistBlock * int(reflect.TypeFor[Gist]().Size())
	for _, b := range r.steps.bytes {
		n += cap(b)
	}
	if each := n / r.Len(); each > 100 {
		t.Errorf("a step takes %d bytes", each)
	}
}
