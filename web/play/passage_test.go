package play

import (
	"reflect"
	"testing"

	"sockscope/server/trace"
)

// Five sends, two recvs: whose bytes were in the queues, and which sends each recv joins.
func TestAPassageKnowsWhoseBytesAreWhere(t *testing.T) {
	s := busy(1)
	for _, size := range []int64{7, 14, 26, 4, 5} {
		s.Do(1, trace.Send, 3, size)
	}
	r := load(s)
	now := r.Gist(r.Len() - 1).Time
	p := r.Passage(0, 0, r.Len(), Reading{3, now}, Reading{56, now})
	if want := []Part{{0, 7, 0}, {7, 14, 1}, {21, 26, 2}, {47, 4, 3}, {51, 5, 4}}; !reflect.DeepEqual(p.RecvQ.Parts, want) {
		t.Errorf("Recv-Q: %v", p.RecvQ.Parts)
	}
	if want := []Part{{53, 3, 4}}; !reflect.DeepEqual(p.SendQ.Parts, want) {
		t.Errorf("Send-Q: %v", p.SendQ.Parts)
	}

	s.Do(0, trace.Recv, 4, 40)
	r = load(s)
	n := r.Len()
	p = r.Passage(0, 0, n, Reading{0, now}, Reading{16, r.Gist(n - 1).Time})
	if want := []Part{{40, 7, 2}, {47, 4, 3}, {51, 5, 4}}; !reflect.DeepEqual(p.RecvQ.Parts, want) || p.SendQ.Parts != nil || p.Total != 56 {
		t.Errorf("then Recv-Q: %+v", p)
	}
	if got, want := r.Conns[0].Flows[0].Parts(p.Recvs[0], n), []Part{{0, 7, 0}, {7, 14, 1}, {21, 19, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("the recv got %v", got)
	}
	// A reading from before the recv is of what was there then.
	if p = r.Passage(0, 0, n, Reading{At: -1}, Reading{56, now}); len(p.RecvQ.Parts) != 5 {
		t.Errorf("an older reading: %v", p.RecvQ.Parts)
	}
}

// While a call moves bytes nobody knows which of them are in the queue.
func TestAPassageDoesNotGuess(t *testing.T) {
	s := busy(1)
	s.Enter(1, trace.Send, 3, trace.Event{Size: 1000})
	r := load(s)
	now := r.Gist(r.Len() - 1).Time
	p := r.Passage(0, 0, r.Len(), Reading{600, now}, Reading{300, now})
	if p.SendQ.Parts != nil || p.SendQ.Of != 0 {
		t.Errorf("the Send-Q of the only send: %+v", p.SendQ)
	}
	if want := []Part{{0, 300, 0}}; !reflect.DeepEqual(p.RecvQ.Parts, want) || p.Total != 300 {
		t.Errorf("Recv-Q: %+v", p)
	}
	s.Return(1, trace.Event{Result: 1000})
	s.Enter(1, trace.Send, 3, trace.Event{Size: 50})
	s.Enter(0, trace.Recv, 4, trace.Event{Size: 100})
	r = load(s)
	now = r.Gist(r.Len() - 1).Time
	if p = r.Passage(0, 0, r.Len(), Reading{600, now}, Reading{At: -1}); p.SendQ.Parts != nil || p.SendQ.Of != -1 {
		t.Errorf("of two sends: %+v", p.SendQ)
	}
	s.Return(0, trace.Event{Result: 100})
	r = load(s)
	if p = r.Passage(0, 0, r.Len(), Reading{At: -1}, Reading{900, now}); p.RecvQ.Parts != nil {
		t.Errorf("beside a recv under way: %+v", p.RecvQ)
	}
}

// The kernel counts a FIN as a byte of a queue. It is nobody's.
func TestAPassageHasNoByteForTheFIN(t *testing.T) {
	s := busy(1)
	s.Do(1, trace.Send, 3, 7)
	s.Enter(1, trace.Shutdown, 3, trace.Event{Args: []int64{1}})
	s.Return(1, trace.Event{Args: []int64{1}})
	r := load(s)
	now := r.Gist(r.Len() - 1).Time
	p := r.Passage(0, 0, r.Len(), Reading{3, now}, Reading{8, now})
	if want := []Part{{5, 2, 0}}; !reflect.DeepEqual(p.SendQ.Parts, want) || !p.SendQ.FIN || !p.RecvQ.FIN {
		t.Errorf("Send-Q: %v", p.SendQ.Parts)
	}
	if want := []Part{{0, 7, 0}}; !reflect.DeepEqual(p.RecvQ.Parts, want) || p.Total != 7 {
		t.Errorf("Recv-Q: %+v", p)
	}
}
