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

// pool keeps a few workers ready, so that a run begins at once. Who makes one takes a
// processor from the run that has just begun, so that the next is made when that run has
// ended, or is some time old. A run that finds none ready has one made for itself.
type pool struct {
	box    confine.Sandbox
	limits Limits
	clock  string // as trace.Header has it
	log    *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	ready  chan *warm
	notes  []string // what of the workers' confinement could not be had

	mu       sync.Mutex
	by       *nursery
	apart    bool      // the nursery has namespaces of its own
	cost     int64     // ns that tracing adds to a call
	measured time.Time // when a worker has measured that
}

// costHolds is how long it is taken to stay what it was. Measuring it takes a processor as
// long as many a run does.
const costHolds = time.Minute

// newPool finds out which of the sandboxes can be had, and starts to keep size workers of
// it ready.
func newPool(ways []confine.Sandbox, size int, limits Limits, clock string, log *slog.Logger) (*pool, error) {
	p := &pool{limits: limits, clock: clock, log: log, ready: make(chan *warm)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	var first *warm
	var errs []error
ways:
	for _, p.box = range ways {
		// A sandbox within another may be more than the system allows.
		for _, p.apart = range slices.Compact([]bool{p.box.Users, false}) {
			var err error
			if first, err = p.make(); err == nil {
				break ways
			}
			errs = append(errs, fmt.Errorf("%s: %w", p.box.Isolation, err))
			p.lose()
		}
	}
	if first == nil {
		p.end()
		return nil, fmt.Errorf("no worker can be started: %w", errors.Join(errs...))
	}
	p.notes = slices.Concat(p.by.notes, first.note)
	for i := range size {
		w := first
		if i > 0 {
			w = nil
		}
		p.wait.Go(func() { p.keep(w) })
	}
	return p, nil
}

// make makes a worker, by another nursery when the last has ended.
func (p *pool) make() (*warm, error) {
	p.mu.Lock()
	if p.by == nil || p.by.over() {
		p.lose()
		by, err := newNursery(p.apart, p.log)
		if err != nil {
			p.mu.Unlock()
			return nil, err
		}
		p.by = by
	}
	by := p.by
	as := furnishing{p.box.Isolation, p.limits, p.box.Users, p.clock, p.cost}
	if time.Since(p.measured) > costHolds {
		as.Cost = 0
	}
	p.mu.Unlock()
	w, err := startWorker(by, p.box, as)
	if err == nil && as.Cost == 0 {
		p.mu.Lock()
		p.cost, p.measured = w.cost, time.Now()
		p.mu.Unlock()
	}
	return w, err
}

// lose ends the nursery, if there is one.
func (p *pool) lose() {
	if p.by != nil {
		p.by.end()
		p.by = nil
	}
}

// keep keeps one worker ready, w to begin with, until the pool is closed.
func (p *pool) keep(w *warm) {
	const least, most = 10 * time.Millisecond, 5 * time.Second
	pause := least
	for p.ctx.Err() == nil {
		if w == nil {
			var err error
			if w, err = p.make(); err != nil {
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
			select {
			case <-w.rested:
			case <-p.ctx.Done():
			}
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
		w, err := p.next(ctx)
		if err != nil {
			return nil, err
		}
		if trace.WriteFrame(w.in, req) == nil {
			if _, err := w.out.Peek(1); err == nil {
				time.AfterFunc(peace, w.rest)
				return w, nil
			}
		}
		w.end() // it had died while it waited
	}
}

// next returns a worker that is ready, or a new one.
func (p *pool) next(ctx context.Context) (*warm, error) {
	select {
	case w := <-p.ready:
		return w, nil
	default:
	}
	w, err := p.make()
	if err == nil {
		return w, nil
	}
	p.log.Error("a worker could not be started", "err", err)
	select {
	case w := <-p.ready: // those who keep them try again
		return w, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.ctx.Done():
		return nil, errClosed
	}
}

// end ends all idle workers and waits until they are gone.
func (p *pool) end() {
	p.cancel()
	p.wait.Wait()
	p.lose()
}

// errClosed is returned while the server closes.
var errClosed = errors.New("the server is closing")
