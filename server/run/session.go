package run

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"sockscope/server/confine"
	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

// session is one viewer's connection to the control port.
type session struct {
	server *Server
	conn   net.Conn
	ctx    context.Context // done when the connection is over
	cancel context.CancelFunc
	who    string // the client; see clientOf

	writing sync.Mutex
	runs    sync.WaitGroup

	mu     sync.Mutex
	active *viewing // nil between runs
}

// viewing is the run, or the standing server, that a session has asked for.
type viewing struct {
	cancel  context.CancelFunc // gives up a place in the queue
	release func()             // makes room for another run; nil until this one has begun
	worker  *warm              // nil until it has one
	stopped bool
}

func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	c := &session{server: s, conn: conn, ctx: ctx, cancel: cancel}
	unhook := context.AfterFunc(ctx, func() { conn.Close() })
	defer unhook()
	hello := &trace.Hello{Version: trace.Version, Kernel: confine.Kernel(), Isolation: s.pool.box.Isolation, Most: s.cfg.Most, Clock: s.cfg.clock()}
	hello.Cannot = s.cannot()
	for _, st := range s.standing {
		hello.Standing = append(hello.Standing, trace.Proc{Name: st.name, Role: trace.RoleServer, Program: st.job.Program, Addr: st.addr})
	}
	c.send(&trace.Message{Hello: hello})
	r := bufio.NewReader(conn)
	var err error
	if c.who, err = clientOf(conn, r); err != nil {
		c.refuse(err)
	} else {
		c.read(r)
	}
	cancel()
	c.runs.Wait()
}

// read carries out requests until the connection is over.
func (c *session) read(r io.Reader) {
	for {
		var req trace.Request
		err := trace.ReadFrame(r, trace.MaxRequest, &req)
		if errors.Is(err, trace.ErrFrame) {
			// Nobody knows now where the next frame begins.
			c.refuse(err)
			return
		}
		if err != nil {
			return
		}
		if err := c.do(&req); err != nil {
			c.refuse(err)
		}
	}
}

func (c *session) do(req *trace.Request) error {
	switch req.Op {
	case trace.OpLook:
		return c.look(req)
	case trace.OpRun:
		return c.run(req)
	case trace.OpWatch:
		return c.watch(req.Lab)
	case trace.OpStop:
		return c.stop()
	case trace.OpAct:
		return c.tell(req)
	}
	return fmt.Errorf("there is no operation %.40q; there are look, run, watch, stop and act", req.Op)
}

func (c *session) look(req *trace.Request) error {
	_, procs, err := asked(req)
	if err != nil {
		return err
	}
	shown, sources, err := describe(procs)
	if err != nil {
		return err
	}
	c.send(&trace.Message{Look: &trace.Look{Procs: shown, Sources: sources}})
	return nil
}

// asked returns the values of the knobs that a request sets, and the processes
// of its lab with them.
func asked(req *trace.Request) (knob.Values, []lab.Process, error) {
	l, err := lab.Find(req.Lab)
	if err != nil {
		return nil, nil, err
	}
	values, err := l.Set(req.Knobs)
	if err != nil {
		return nil, nil, err
	}
	if l.Compares {
		return nil, nil, fmt.Errorf("lab %s has no programs of its own: it shows runs of other labs side by side; run those, one after the other", l.ID)
	}
	return values, l.Processes(values), nil
}

// run starts a run in the background.
func (c *session) run(req *trace.Request) error {
	values, procs, err := asked(req)
	if err != nil {
		return err
	}
	if _, _, err := describe(procs); err != nil {
		return err
	}
	if why := c.server.Cannot(req.Lab); why != "" {
		return fmt.Errorf("lab %s %w: %s", req.Lab, ErrUnable, why)
	}
	gate := c.server.programs
	for _, p := range procs {
		switch {
		case p.Measures:
			if err := c.server.cfg.allow(values); err != nil {
				return err
			}
			gate = c.server.measures
		case p.Role == trace.RoleAgent:
			gate = c.server.agents
		}
	}
	return c.start(func(ctx context.Context, v *viewing) { c.view(ctx, v, gate, req) })
}

// start shows something to the viewer in the background, one thing at a time.
func (c *session) start(show func(context.Context, *viewing)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active != nil {
		return errors.New("a run is under way: stop it first")
	}
	ctx, cancel := context.WithCancel(c.ctx)
	v := &viewing{cancel: cancel}
	c.active = v
	c.runs.Go(func() {
		defer cancel()
		show(ctx, v)
	})
	return nil
}

// watch shows a standing server live.
func (c *session) watch(name string) error {
	if name == trace.LogLab {
		return c.foreign()
	}
	if c.server.cfg.Emulated {
		return errAlone
	}
	if !c.server.watched {
		return errNotWatched
	}
	var names []string
	for _, s := range c.server.standing {
		if s.name == name {
			return c.start(func(ctx context.Context, v *viewing) {
				s.show(ctx, c.write)
				c.over(v, &trace.End{Reason: trace.EndStopped})
			})
		}
		names = append(names, s.name)
	}
	return fmt.Errorf("there is no standing server %.40q; there are %s", name, strings.Join(names, ", "))
}

// foreign shows the trace of a program of anybody's. It says itself how that ends.
func (c *session) foreign() error {
	show := c.server.cfg.Foreign
	if show == nil {
		return errors.New("no program is traced here: relay trace -- COMMAND ARGS traces one")
	}
	return c.start(func(ctx context.Context, v *viewing) {
		err := show(ctx, func(frame []byte) error {
			if isEnd(frame) {
				c.leave(v)
			}
			return c.write(frame)
		})
		if err != nil {
			c.over(v, &trace.End{Reason: trace.EndStopped})
		}
	})
}

// errNotWatched says why nobody may watch.
var errNotWatched = errors.New("this host keeps watching off, since everyone would see everyone's bytes; whoever runs it can allow it with -watch")

// errAlone says why there is nothing to watch.
var errAlone = errors.New("nobody else can connect to a machine in a browser's tab, so it has no standing servers")

// view takes a run from the queue to its end.
func (c *session) view(ctx context.Context, v *viewing, gate *gate, req *trace.Request) {
	err := gate.enter(ctx, c.who, func(place int) {
		c.send(&trace.Message{Queued: &trace.Queued{Place: place}})
	})
	if err != nil {
		c.over(v, &trace.End{Reason: trace.EndStopped, Message: "stopped while it waited for its turn"})
		return
	}
	v.release = sync.OnceFunc(func() { gate.leave(c.who) })
	defer v.release()
	c.server.tally.runs.Add(1)
	began := time.Now()
	worker, err := c.server.pool.hire(ctx, req)
	if err == nil {
		defer worker.end()
	}
	switch {
	case ctx.Err() != nil:
		c.over(v, &trace.End{Reason: trace.EndStopped, Message: "stopped before it began"})
		return
	case err != nil:
		c.over(v, &trace.End{Reason: trace.EndFailed, Message: err.Error()})
		return
	}
	unhook := context.AfterFunc(ctx, worker.end) // nobody is left to see it
	defer unhook()
	if !c.begin(v, worker) {
		return
	}
	complete, err := c.copyFrames(v, worker.out)
	if complete || err != nil {
		return
	}
	end := &trace.End{Time: int64(time.Since(began)), Reason: trace.EndFailed, Message: "the run's worker was killed"}
	c.mu.Lock()
	if v.stopped {
		end.Reason = trace.EndStopped
	}
	c.mu.Unlock()
	c.over(v, end)
}

// begin notes who does the run. It reports false when the run was stopped in
// the meantime.
func (c *session) begin(v *viewing, worker *warm) bool {
	c.mu.Lock()
	stopped := v.stopped
	v.worker = worker
	c.mu.Unlock()
	if stopped {
		c.over(v, &trace.End{Reason: trace.EndStopped, Message: "stopped before it began"})
	}
	return !stopped
}

// copyFrames passes a run's frames on until its End, or until the worker dies. It
// reports whether there was an End. The error is about the viewer.
func (c *session) copyFrames(v *viewing, out *bufio.Reader) (complete bool, err error) {
	var frame []byte
	for {
		if frame, err = nextFrame(frame[:0], out); err != nil {
			return false, nil
		}
		if isEnd(frame) {
			c.server.tally.end(frame)
			c.leave(v) // before the viewer can ask for the next
			return true, c.write(frame)
		}
		if err := c.write(frame); err != nil {
			return false, err
		}
	}
}

// nextFrame appends the next whole frame to b, its length included.
func nextFrame(b []byte, r io.Reader) ([]byte, error) {
	b = append(b, 0, 0, 0, 0)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(b)
	if n > trace.MaxFrame {
		return nil, trace.ErrFrame
	}
	b = slices.Grow(b, int(n))[:4+n]
	_, err := io.ReadFull(r, b[4:])
	return b, err
}

// isEnd reports whether a frame holds a Message with an End. A Message is a map with
// one pair, and its first two bytes say which (RFC 8949, section 3).
func isEnd(frame []byte) bool {
	const onePair, end = 0xa1, 6
	return len(frame) > 5 && frame[4] == onePair && frame[5] == end
}

// stopGrace is how long a worker may take to end a run before it is killed.
const stopGrace = 3 * time.Second

// stop ends the run, or takes it out of the queue.
func (c *session) stop() error {
	c.mu.Lock()
	v := c.active
	if v == nil {
		c.mu.Unlock()
		return errors.New("there is no run to stop")
	}
	v.stopped = true
	worker := v.worker
	c.mu.Unlock()
	if worker == nil {
		v.cancel()
		return nil
	}
	time.AfterFunc(stopGrace, worker.end)
	trace.WriteFrame(worker.in, trace.Request{Op: trace.OpStop}) // a worker that is gone has stopped
	return nil
}

// tell passes a request on to the run.
func (c *session) tell(req *trace.Request) error {
	c.mu.Lock()
	v := c.active
	var worker *warm
	if v != nil {
		worker = v.worker
	}
	c.mu.Unlock()
	switch {
	case v == nil:
		return errors.New("there is no run: start one first")
	case worker == nil:
		return errors.New("the run waits for its turn: nothing can be asked of it yet")
	}
	if trace.WriteFrame(worker.in, req) != nil {
		return errors.New("the run is over")
	}
	return nil
}

// leave makes room for the next run, of this session and of all. It comes before the
// viewer is told that the run is over.
func (c *session) leave(v *viewing) {
	if v.release != nil {
		v.release()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active == v {
		c.active = nil
	}
}

// over ends a run that no worker ended.
func (c *session) over(v *viewing, end *trace.End) {
	c.leave(v)
	c.send(&trace.Message{End: end})
}

func (c *session) refuse(err error) {
	c.send(&trace.Message{Error: &trace.Error{Text: err.Error()}})
}

// send sends a message. When it can't, the connection is over.
func (c *session) send(m *trace.Message) {
	frame, err := trace.AppendFrame(nil, m)
	if err == nil {
		err = c.write(frame)
	}
	if err != nil {
		c.cancel()
	}
}

// write writes a frame. It gives up a viewer that takes nothing for too long.
func (c *session) write(frame []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(c.server.cfg.WriteTimeout))
	if _, err := c.conn.Write(frame); err != nil {
		c.cancel()
		return err
	}
	return nil
}
