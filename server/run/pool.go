package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sockscope/server/confine"
	"sockscope/server/trace"
)

// pool keeps a few workers ready, so that a run begins at once.
type pool struct {
	by     *confine.Launcher
	box    confine.Sandbox
	limits Limits
	log    *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	ready  chan *warm
	notes  []string // what of the workers' confinement could not be had
}

// newPool finds out which of the sandboxes can be had, and starts to keep size
// workers of it ready.
func newPool(ways []confine.Sandbox, size int, limits Limits, log *slog.Logger) (*pool, error) {
	p := &pool{by: confine.NewLauncher(confine.Workers), limits: limits, log: log, ready: make(chan *warm)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	var first *warm
	var errs []error
	for _, way := range ways {
		w, err := startWorker(p.by, way, limits, log)
		if err == nil {
			p.box, first = way, w
			break
		}
		errs = append(errs, fmt.Errorf("%s: %w", way.Isolation, err))
	}
	if first == nil {
		p.by.End()
		return nil, fmt.Errorf("no worker can be started: %w", errors.Join(errs...))
	}
	p.notes = slices.Concat(p.by.Notes(), first.note)
	for i := range size {
		w := first
		if i > 0 {
			w = nil
		}
		p.wait.Go(func() { p.keep(w) })
	}
	return p, nil
}

// keep keeps one worker ready, w to begin with, until the pool is closed.
func (p *pool) keep(w *warm) {
	const least, most = 10 * time.Millisecond, 5 * time.Second
	pause := least
	for p.ctx.Err() == nil {
		if w == nil {
			var err error
			if w, err = startWorker(p.by, p.box, p.limits, p.log); err != nil {
				p.log.Error("a worker could not be started", "err", err)
				select {
				case <-time.After(pause):
				case <-p.ctx.Done():
				}
				pause = min(2*pause, most)
				continue
			}
			pause = least
		}
		select {
		case p.ready <- w:
		case <-w.gone:
			p.log.Warn("an idle worker has died")
			w.end()
		case <-p.ctx.Done():
			w.end()
		}
		w = nil
	}
	if w != nil {
		w.end()
	}
}

// hire gives a run to a worker that is ready. Who hires a worker ends it.
func (p *pool) hire(ctx context.Context, req *trace.Request) (*warm, error) {
	for {
		var w *warm
		select {
		case w = <-p.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.ctx.Done():
			return nil, errClosed
		}
		if trace.WriteFrame(w.in, req) == nil {
			if _, err := w.out.Peek(1); err == nil {
				return w, nil
			}
		}
		w.end() // it had died while it waited
	}
}

// end ends all idle workers and waits until they are gone.
func (p *pool) end() {
	p.cancel()
	p.wait.Wait()
	p.by.End()
}

// errClosed is returned while the server closes.
var errClosed = errors.New("the server is closing")
