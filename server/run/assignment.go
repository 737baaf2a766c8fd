package run

import (
	"slices"
)

// assignment is what an idle program process is told to do.
type assignment struct {
	Program string            `cbor:"1,keyasint"` // "" is the agent
	Addr    string            `cbor:"2,keyasint"`
	Args    map[string]string `cbor:"3,keyasint,omitempty"`
	Files   int               `cbor:"4,keyasint,omitempty"` // RLIMIT_NOFILE; 0 leaves it as it is
	Sample  bool              `cbor:"5,keyasint,omitempty"` // read queues and states beside calls
	Leashed bool              `cbor:"6,keyasint,omitempty"` // end when the process that gave this is gone
	Tasks   int               `cbor:"7,keyasint,omitempty"` // threads of all processes of the run; 0 where others are counted too
	Data    int64             `cbor:"8,keyasint,omitempty"` // bytes of private memory, RLIMIT_DATA; 0 leaves it as it is

	Measures bool `cbor:"20,keyasint,omitempty"` // it is one of package scaling, not traced
}

// words returns the assignment as a person would type it after `server run`.
func (a assignment) words() []string {
	name := a.Program
	if name == "" {
		name = "agent"
	}
	words := []string{name, a.Addr}
	for k, v := range a.Args {
		words = append(words, k+"="+v)
	}
	slices.Sort(words[2:])
	return words
}
