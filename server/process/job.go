package process

import "slices"

// Job is what an idle process is told to do.
type Job struct {
	Program string            `cbor:"1,keyasint"` // "" is an agent
	Addr    string            `cbor:"2,keyasint"`
	Args    map[string]string `cbor:"3,keyasint,omitempty"`
	Files   int               `cbor:"4,keyasint,omitempty"` // RLIMIT_NOFILE; 0 leaves it as it is
	Sample  bool              `cbor:"5,keyasint,omitempty"` // read queues and states beside calls
	Leashed bool              `cbor:"6,keyasint,omitempty"` // end when the starter is gone
	Tasks   int               `cbor:"7,keyasint,omitempty"` // threads of all processes of this user, RLIMIT_NPROC; 0 leaves it as it is
	Data    int64             `cbor:"8,keyasint,omitempty"` // bytes of private memory, RLIMIT_DATA; 0 leaves it as it is

	Measures bool `cbor:"20,keyasint,omitempty"` // it is a program of package scaling, which isn't traced
}

// signal has a process begin.
type signal struct {
	At int64 `cbor:"1,keyasint"` // by socket.Now
}

// Words returns the job as a person would type it after `server run`.
func (a Job) Words() []string {
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
