package bridge

import "sync"

// queue holds bytes that a browser has sent and the program hasn't taken yet. It
// holds at most Window bytes.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	size    int    // bytes put and not done: waiting, or with the writer
	waiting []byte // what take returns next
	piece   *piece // where waiting began; append moves it elsewhere when it grows
	taken   *piece // the piece that the writer has
	ended   bool   // no more is put
	broken  bool   // no more is taken
}

func newQueue() *queue {
	q := new(queue)
	q.changed.L = &q.mu
	return q
}

// put waits for room and adds p. It returns false if p wasn't added: the queue has
// ended, or nobody takes from it any longer.
func (q *queue) put(p []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.size+len(p) > Window && !q.ended && !q.broken {
		q.changed.Wait()
	}
	if q.ended || q.broken {
		return false
	}
	if q.piece == nil {
		q.piece = newPiece()
		q.waiting = q.piece.payload()[:0]
	}
	q.waiting = append(q.waiting, p...)
	q.size += len(p)
	q.changed.Broadcast()
	return true
}

// pass gives p to write at once if the queue is empty. It returns the rest, for put.
// The queue is locked meanwhile, so write must not wait.
func (q *queue) pass(p []byte, write func([]byte) int) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size > 0 || q.ended || q.broken {
		return p
	}
	return p[write(p):]
}

// take waits for bytes and returns all there are, valid until the next take.
// It returns nil when the queue has ended and is empty, or is broken.
func (q *queue) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken != nil {
		q.taken.free()
		q.taken = nil
	}
	for len(q.waiting) == 0 && !q.ended && !q.broken {
		q.changed.Wait()
	}
	if q.broken || len(q.waiting) == 0 {
		return nil
	}
	p := q.waiting
	q.taken, q.waiting, q.piece = q.piece, nil, nil
	return p
}

// done makes room for n bytes that the program has taken.
func (q *queue) done(n int) {
	q.mu.Lock()
	q.size -= n
	q.mu.Unlock()
	q.changed.Broadcast()
}

// end says that no more is put; what is there is still taken.
func (q *queue) end() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.changed.Broadcast()
}

// abandon drops what is there and refuses more. The program takes nothing any longer.
func (q *queue) abandon() {
	q.mu.Lock()
	q.broken = true
	q.mu.Unlock()
	q.changed.Broadcast()
}
