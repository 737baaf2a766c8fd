package run

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"sockscope/server/trace"
)

// standing is a program that serves for as long as the server does, and is
// started again when it dies.
type standing struct {
	name   string
	addr   string // where it listens
	log    *slog.Logger
	job    assignment
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// instance is one life of a standing program.
type instance struct {
	proc *process
	died chan struct{} // closed when it has ended
	last string        // line that it wrote to standard error; read it when it has ended
}

// stand starts a standing program and returns when it listens.
func stand(name string, job assignment, log *slog.Logger) (*standing, error) {
	// Sampled, so that its trace tells where it listens when the port is 0.
	job.Sample, job.Leashed = true, true
	s := &standing{name: name, log: log, job: job}
	in, err := s.start()
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
			select {
			case <-in.died:
				s.log.Warn("a standing program has ended", "name", s.name, "stderr", in.last)
			case <-ctx.Done():
				in.proc.kill()
				<-in.died
			}
			in.proc.release()
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

// end ends the program and returns when it is gone.
func (s *standing) end() {
	s.cancel()
	s.wait.Wait()
}

// start starts the program once. When it listens, the job's address is where.
func (s *standing) start() (*instance, error) {
	p, err := spawn(s.job.words(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	in := &instance{proc: p, died: make(chan struct{})}
	go io.Copy(io.Discard, p.stdout)
	go func() {
		for lines := bufio.NewScanner(p.stderr); lines.Scan(); {
			in.last = lines.Text()
		}
		p.wait()
		close(in.died)
	}()
	err = p.assign(s.job)
	if err == nil {
		err = s.listens(in)
	}
	if err != nil {
		p.kill()
		<-in.died
		p.release()
		return nil, err
	}
	return in, nil
}

// listens waits until the program listens, and takes the address that it then
// has from its trace. The trace is read so far and no further: a ring that is
// full costs nothing.
func (s *standing) listens(in *instance) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	ring := in.proc.area.Ring(0)
	var rec trace.Record
	for dead := false; ; {
		for {
			ok, err := ring.Next(&rec)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if !ok {
				break
			}
			if rec.Kind != trace.Return {
				continue
			}
			switch {
			case rec.Call == trace.Bind && rec.Errno == trace.EADDRINUSE:
				return errInUse(s.name, s.job.Addr)
			case rec.Call == trace.Bind && rec.Errno == 0 && len(rec.Queues) > 0:
				s.job.Addr = string(rec.Queues[0].Local)
			case rec.Call == trace.Listen && rec.Errno == 0:
				return nil
			}
		}
		if dead {
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
