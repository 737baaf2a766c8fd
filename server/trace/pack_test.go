package trace

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// A State that was packed is the same again, each field of it, but for what a Sample told.
func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		s := &State{threads: 7, shared: i%2 == 0}
		fill(r, reflect.ValueOf(s).Elem(), i < 10)
		s.Sockets, s.SocketsAt, s.Counters = nil, 0, nil
		if got := Unpack(s.Pack(nil)); !reflect.DeepEqual(got, s) {
			t.Fatalf("it was\n%+v\nunpacked it is\n%+v", s, got)
		}
	}
}
