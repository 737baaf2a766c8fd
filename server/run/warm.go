package run

import (
	"bufio"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"sockscope/server/confine"
	"sockscope/server/trace"
)

// warm is a worker as its server sees it: a process that is ready for a run.
type warm struct {
	*birth
	in   *os.File
	out  *bufio.Reader
	pipe *os.File
	cost int64
	note []string // what of its programs' confinement could not be had

	rested chan struct{} // closed when another worker may be made beside its run
	rest   func()        // closes it
}

// peace is how long a run goes undisturbed by the making of the next worker, at most: its
// first events are what its viewer waits for.
const peace = 500 * time.Millisecond

// startWorker starts a worker in the sandbox and waits until it is ready.
func startWorker(by *nursery, box confine.Sandbox, as furnishing) (*warm, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer theirOut.Close()
	b, err := by.start(box, theirIn, theirOut)
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	theirOut.Close() // so that out ends with the worker
	w := &warm{birth: b, in: in, out: bufio.NewReaderSize(out, 64<<10), pipe: out, rested: make(chan struct{})}
	w.rest = sync.OnceFunc(func() { close(w.rested) })
	var r readiness
	err = trace.WriteFrame(in, as)
	if err == nil {
		err = trace.ReadFrame(w.out, trace.MaxRequest, &r)
	}
	switch {
	case err != nil:
		err = errGone
	case r.Err != "":
		err = errors.New(r.Err)
	}
	if err != nil {
		w.end()
		return nil, err
	}
	w.cost, w.note = r.Cost, r.Notes
	return w, nil
}

// end kills the worker, and with it its programs, and waits until it is gone.
func (w *warm) end() {
	w.kill()
	w.in.Close()
	w.pipe.Close()
	w.rest()
}

// lineLogger logs what workers write to their standard error: nothing, unless they
// crash.
type lineLogger struct{ log *slog.Logger }

func (l lineLogger) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.log.Warn("worker", "stderr", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}
