package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/capture"
	"sockscope/server/confine"
	"sockscope/server/lab"
	"sockscope/server/process"
	"sockscope/server/sockdiag"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// A worker is the sandbox of one run: it gets ready before there is one to do, does it,
// and ends. It keeps so many processes ready as a server and four clients take, which most
// labs have by default.
const spares = 5

// furnishing is the first thing that a worker is told.
type furnishing struct {
	Isolation string `cbor:"1,keyasint"`
	Limits    Limits `cbor:"2,keyasint"`
	Users     bool   `cbor:"3,keyasint,omitempty"` // the worker has a user namespace of its own
	Clock     string `cbor:"4,keyasint,omitempty"` // as trace.Header has it
	Cost      int64  `cbor:"5,keyasint,omitempty"` // as in readiness, measured by another worker; 0 has this one measure
}

// readiness is the first thing that a worker says.
type readiness struct {
	Cost int64  `cbor:"1,keyasint,omitempty"` // ns that tracing adds to a call
	Err  string `cbor:"2,keyasint,omitempty"` // why it cannot be a worker; "" when it can

	Notes []string `cbor:"3,keyasint,omitempty"` // what of its programs' confinement could not be had
}

// workerMain is the life of a worker. Frames come in on in: a furnishing, a
// Request with OpRun, then others with OpAct and OpStop. Frames go out on out: a
// readiness, then the run's messages. When in ends the worker does too.
func workerMain(in io.Reader, out io.Writer) error {
	var f furnishing
	if err := trace.ReadFrame(in, trace.MaxRequest, &f); err != nil {
		return orEnd(err)
	}
	w := &worker{furnishing: f}
	if err := w.prepare(); err != nil {
		trace.WriteFrame(out, readiness{Err: err.Error()})
		return nil
	}
	if err := trace.WriteFrame(out, readiness{Cost: w.cost, Notes: w.by.Notes()}); err != nil {
		return err
	}
	wanted, stocked := make(chan struct{}), make(chan struct{})
	go func() {
		w.stock(wanted)
		close(stocked)
	}()
	var req trace.Request
	err := trace.ReadFrame(in, trace.MaxRequest, &req)
	close(wanted)
	<-stocked
	if err != nil {
		w.discard()
		return orEnd(err)
	}
	requests := make(chan trace.Request)
	go func() {
		for {
			var req trace.Request
			if trace.ReadFrame(in, trace.MaxRequest, &req) != nil {
				// Nobody is left to see the run. In a process namespace its
				// programs end with this process, elsewhere by their leash.
				os.Exit(0)
			}
			requests <- req
		}
	}()
	box := newOutbox(out)
	e, err := w.begin(req, box)
	if err != nil {
		w.discard()
		box.add(&trace.Message{End: &trace.End{Reason: trace.EndFailed, Message: err.Error()}})
	} else {
		e.loop(requests)
	}
	box.close()
	return nil
}

// orEnd returns nil for the end of the input: a worker that isn't needed.
func orEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// worker is what is ready before the run is known.
type worker struct {
	furnishing
	by   *confine.Launcher // of its programs
	diag *sockdiag.Table   // nil when the table isn't the run's own
	wire *capture.Loopback // nil when there is none, or it can't be captured
	dark string            // why it is nil, a sentence
	cost int64
	idle []*process.Process
}

func (w *worker) prepare() error {
	if w.Isolation == trace.Namespace {
		if err := confine.Furnish(); err != nil {
			return err
		}
		if w.Users {
			confine.ForbidNamespaces()
		}
		w.diag, _ = sockdiag.Open() // some containers forbid it: no Samples then
		var tapped sync.WaitGroup
		tapped.Go(w.tap) // the kernel takes milliseconds for it, and mostly waits
		defer tapped.Wait()
	} else {
		w.dark = "runs share this machine's network here: a capture would have everybody's packets"
	}
	w.by = confine.NewLauncher(confine.Programs)
	if err := w.keepReady(1); err != nil { // only a trial tells that it can start any
		return err
	}
	if w.cost = w.Cost; w.cost == 0 {
		w.cost = traceCost()
	}
	return nil
}

// stock starts idle processes until there are enough, or there is a run. It starts one at
// a time, so as to leave the other processors to others. The run says what can't be
// started.
func (w *worker) stock(wanted <-chan struct{}) {
	for n := 2; n <= min(spares, w.Limits.Processes); n++ {
		select {
		case <-wanted:
			return
		default:
		}
		if w.keepReady(n) != nil {
			return
		}
	}
}

// keepReady starts idle processes until there are n, all at once.
func (w *worker) keepReady(n int) error {
	n = max(0, n-len(w.idle))
	made, errs := make([]*process.Process, n), make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { made[i], errs[i] = process.Spawn(process.Start{By: w.by}) })
	}
	wait.Wait()
	for _, p := range made {
		if p != nil {
			w.idle = append(w.idle, p)
		}
	}
	return errors.Join(errs...)
}

// spawnStraced starts the processes whose calls strace takes, by their numbers.
func spawnStraced(procs []lab.Process) (map[int]*process.Process, error) {
	ready := map[int]*process.Process{}
	for i, p := range procs {
		if p.Tracer == "" {
			continue
		}
		by := confine.NewLauncher(confine.Straced)
		defer by.End()
		var err error
		if ready[i], err = process.Spawn(process.Start{By: by, Strace: true}); err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// traceCost measures what tracing adds to a call on this machine, now. It is 0
// when it could not be measured.
func traceCost() int64 {
	memory, err := process.NewAreaFile()
	if err != nil {
		return 0
	}
	defer memory.Close()
	area, mem, err := process.MapArea(int(memory.Fd()))
	if err != nil {
		return 0
	}
	defer unix.Munmap(mem)
	cost, _ := socket.Cost(area, true)
	return cost
}

// discard ends the processes that were kept ready and not needed.
func (w *worker) discard() {
	for _, p := range w.idle {
		p.Kill()
		p.Wait()
	}
	w.idle = nil
}

// buffers has the kernel give the run's TCP sockets buffers of size bytes.
func (w *worker) buffers(size int) error {
	if w.Isolation != trace.Namespace {
		return errors.New("kernel buffers other than the system's take a network namespace of the run's own, which can't be had on this machine")
	}
	return confine.SetBuffers(size)
}

// begin opens the trace of the run that req asks for.
func (w *worker) begin(req trace.Request, box *outbox) (*execution, error) {
	l, err := lab.Find(req.Lab)
	if err != nil {
		return nil, err
	}
	values, err := l.Set(req.Knobs)
	if err != nil {
		return nil, err
	}
	procs := l.Processes(values)
	if size := values.Int(lab.Buffers); size > 0 {
		if err := w.buffers(size); err != nil {
			return nil, err
		}
	}
	if n := values.Int(lab.Retries); n > 0 && w.Isolation == trace.Namespace {
		if err := confine.SetRetries(n); err != nil {
			return nil, err
		}
	}
	if n, ok := values[lab.Cookies]; ok && w.Isolation == trace.Namespace {
		if err := confine.SetCookies(n); err != nil {
			return nil, err
		}
	}
	if w.Isolation == trace.Shared {
		if err := relocate(procs); err != nil {
			return nil, err
		}
	}
	shown, sources, err := describe(procs)
	if err != nil {
		return nil, err
	}
	for i := range procs {
		procs[i].Proc = shown[i]
	}
	header := &trace.Header{
		Version: trace.Version, Lab: l.ID, Knobs: values,
		Kernel: confine.Kernel(), Isolation: w.Isolation, Procs: shown, Sources: sources, TraceCost: w.cost, Clock: w.Clock,
	}
	if l.Measures {
		w.Limits = w.Limits.forMeasuring(values)
		w.diag = nil // reading a table of thousands of sockets would disturb what is measured
		w.untap("capturing them would disturb what this run measures")
		header.TraceCost, header.CPUs = 0, runtime.NumCPU()
	}
	if w.wire != nil {
		header.Wire = "lo"
	}
	header.NoWire = w.dark
	tooMany := len(procs) > w.Limits.Processes
	var standing []*process.Process
	if !tooMany {
		if standing, err = w.line(procs); err != nil {
			return nil, err
		}
	}
	header.Began = time.Now().UnixMilli()
	e := newExecution(w, procs, sources, box)
	e.stalls = l.Stalls
	if _, err := box.add(&trace.Message{Header: header}); err != nil {
		return nil, err
	}
	if tooMany {
		e.stop(trace.EndLimit, fmt.Sprintf("this run takes %d processes; the limit is %d", len(procs), w.Limits.Processes))
	}
	e.drops = l.Drops
	for i, p := range standing {
		e.follow(i, p)
	}
	return e, nil
}

// line has a process stand ready for each of procs, so that nothing but its job is left
// to do. How long a process takes to start is no part of the experiment.
func (w *worker) line(procs []lab.Process) ([]*process.Process, error) {
	straced, err := spawnStraced(procs)
	if err != nil {
		return nil, err
	}
	if err := w.keepReady(len(procs) - len(straced)); err != nil {
		return nil, err
	}
	var standing []*process.Process
	for i := range procs {
		p := straced[i]
		if p == nil {
			p, w.idle = w.idle[0], w.idle[1:]
		}
		standing = append(standing, p)
		if err := p.Assign(w.job(&procs[i], p)); err != nil {
			return nil, fmt.Errorf("%s could not be started: %w", procs[i].Name, err)
		}
	}
	for i, p := range standing {
		if err := p.Stands(); err != nil {
			return nil, fmt.Errorf("%s: %w", procs[i].Name, err)
		}
	}
	return standing, nil
}

// job returns what p is told to do as one of the run's processes.
func (w *worker) job(as *lab.Process, p *process.Process) process.Job {
	job := process.Job{
		Program: as.Program, Addr: as.Addr, Args: as.Args, Files: w.Limits.Files, Data: p.DataLimit(w.Limits.Memory),
		Sample: true, Leashed: w.Isolation != trace.Namespace, Measures: as.Measures,
	}
	if w.Users {
		job.Tasks = threadsEach * (1 + spares + w.Limits.Processes) // the worker's too
	}
	return job
}

// threadsEach is how many threads a process may have, on average: the runtime's, and as
// many of the program's as the lab with the most has.
const threadsEach = 16
