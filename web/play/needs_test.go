package play

import (
	"testing"

	"sockscope/server/trace"
)

// Every call that can block has a row of what it waits for, and no call has two.
func TestWhatBlocksHasANeed(t *testing.T) {
	for _, c := range trace.Calls() {
		rows := 0
		for i := range Needs {
			for _, o := range Needs[i].Calls {
				if o == c {
					rows++
				}
			}
		}
		blocks := c.Blocks() || c.Multiplexes() || c == trace.Waitpid || c == trace.Nanosleep
		if blocks && rows != 1 || !blocks && rows != 0 {
			t.Errorf("%v has %d rows", c, rows)
		}
	}
}

// Every kind of claim has its sentence.
func TestEveryKindHasASentence(t *testing.T) {
	for k := Kind(1); k < numKinds; k++ {
		if sayings[k].say == nil {
			t.Errorf("kind %d says nothing", k)
		}
	}
}
