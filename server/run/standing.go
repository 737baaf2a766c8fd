package run

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"sockscope/server/confine"
	"sockscope/server/lab"
	"sockscope/server/process"
	"sockscope/server/trace"
)

// standing is a program that serves as long as the server does. When it dies it is
// started again.
type standing struct {
	name   string
	addr   string // where it listens
	log    *slog.Logger
	job    process.Job
	limits Limits
	watch  bool // its trace is kept for those who watch
	by     *confine.Launcher
	apart  func() *syscall.SysProcAttr
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu   sync.Mutex
	life *instance     // nil while there is none
	next chan struct{} // closed when life has changed
}

// instance is one life of a standing program.
type instance struct {
	*broadcast
	proc   *process.Process
	died   chan struct{} // closed when it has ended
	status int64         // as process.wait has it; read it when it has ended
	last   string        // line that it wrote to standard error; read it when it has ended
}

// stand starts a standing program and returns when it listens. It tries the ways to set
// the program apart in their order, and keeps to the first that works.
func stand(by *confine.Launcher, name string, job process.Job, limits Limits, watch bool, log *slog.Logger) (*standing, error) {
	// Samples tell where it listens when the port is 0. A set of select has room for
	// 1024 files.
	job.Sample, job.Leashed, job.Files = true, true, 1024
	s := &standing{by: by, name: name, log: log, job: job, limits: limits, watch: watch, next: make(chan struct{})}
	var in *instance
	var err error
	for _, s.apart = range confine.StandingWays() {
		if in, err = s.start(); err == nil || errors.Is(err, errTaken) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	s.addr = s.job.Addr
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.wait.Go(func() { s.keep(ctx, in) })
	return s, nil
}

// keep starts the program again whenever it has ended, until ctx is done.
func (s *standing) keep(ctx context.Context, in *instance) {
	const least, most = 50 * time.Millisecond, 5 * time.Second
	pause := least
	for {
		if in != nil {
			began := time.Now()
			s.lives(in)
			unhook := context.AfterFunc(ctx, in.proc.Kill)
			if s.watch {
				in.loop(in.died, s.limits)
			}
			<-in.died
			unhook()
			if ctx.Err() == nil {
				s.log.Warn("a standing program has ended", "name", s.name, "stderr", in.last)
			}
			s.lives(nil)
			if s.watch {
				in.over(in.status, cmp.Or(in.last, "the program has died, and is started again"))
			}
			in.proc.Release()
			if time.Since(began) > most {
				pause = least
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, most)
		var err error
		if in, err = s.start(); err != nil {
			s.log.Error("a standing program could not be started again", "err", err)
		}
	}
}

// lives notes the program's present life, nil for none.
func (s *standing) lives(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = in
	close(s.next)
	s.next = make(chan struct{})
}

// show gives a viewer the program's trace by write, one life after another, until ctx is
// done or write fails.
func (s *standing) show(ctx context.Context, write func(frame []byte) error) {
	for {
		s.mu.Lock()
		in, next := s.life, s.next
		s.mu.Unlock()
		if in != nil && in.broadcast.watch(ctx, write) != nil {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}

// end ends the program and returns when it is gone.
func (s *standing) end() {
	s.cancel()
	s.wait.Wait()
}

// start starts the program once. When it listens, the job's address is where.
func (s *standing) start() (*instance, error) {
	shown := []lab.Process{{Proc: trace.Proc{Name: s.name, Tag: "srv", Role: trace.RoleServer, Program: s.job.Program}}}
	procs, sources, err := describe(shown)
	if err != nil {
		return nil, err
	}
	p, err := process.Spawn(process.Start{By: s.by, Args: s.job.Words(), Attr: s.apart()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	header := &trace.Header{
		Version: trace.Version, Lab: trace.StandingLab + s.name, Began: time.Now().UnixMilli(),
		Kernel: confine.Kernel(), Isolation: trace.Shared, Procs: procs, Sources: sources,
	}
	in := &instance{broadcast: newBroadcast(p, header, s.log), proc: p, died: make(chan struct{})}
	go io.Copy(io.Discard, p.Stdout)
	go func() {
		for lines := bufio.NewScanner(p.Stderr); lines.Scan(); {
			in.last = lines.Text()
		}
		in.status = p.Wait()
		close(in.died)
	}()
	job := s.job
	job.Data = p.DataLimit(s.limits.Memory)
	if err = p.Assign(job); err == nil {
		err = p.Go(0)
	}
	if err == nil {
		err = s.listens(in)
	}
	if err != nil {
		p.Kill()
		<-in.died
		p.Release()
		return nil, err
	}
	s.job.Addr = in.local
	procs[0].Addr = in.local
	return in, nil
}

// errTaken is wrapped by the error about a port that somebody else has.
var errTaken = errors.New("already in use")

// listens waits until the program listens.
func (s *standing) listens(in *instance) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for dead := false; ; {
		if err := in.pass(false); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		switch {
		case in.taken:
			return errInUse(s.name, s.job.Addr)
		case in.listens:
			return nil
		case dead:
			return fmt.Errorf("%s: cannot listen at %s: %s", s.name, s.job.Addr, in.last)
		}
		select {
		case <-in.died:
			dead = true // what it traced before is read once more
		case <-late:
			return fmt.Errorf("%s: its program did not listen within 10 s", s.name)
		case <-tick.C:
		}
	}
}
