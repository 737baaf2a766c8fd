package socket

import (
	"errors"
	"sync/atomic"

	"sockscope/server/ring"
	"sockscope/server/trace"
)

// A Voice is the word of one goroutine: it notes that the program called something
// that is no system call, and when that returned. Its records stand in the trace as
// a thread's do; see [trace.Call.Told]. A nil Voice, or one in a process that isn't
// traced, says nothing. It is for one goroutine at a time.
type Voice struct {
	ring  *ring.Ring
	sites sites
	rec   ring.Record
	said  bool // the call that is under way could be recorded
}

// Tell has this process traced into area by the word of its goroutines, and not by
// its calls. It returns the Voice of the first. A process attaches or tells, once.
func Tell(area *ring.Area) (*Voice, error) {
	traced.Lock()
	defer traced.Unlock()
	if traced.area != nil {
		return nil, errors.New("this process is traced already")
	}
	traced.area = area
	return speak(area), nil
}

// NewVoice returns the Voice of one more goroutine.
func NewVoice() *Voice {
	traced.Lock()
	defer traced.Unlock()
	if traced.area == nil || traced.area.Threads() >= trace.KernelThread {
		return nil
	}
	return speak(traced.area)
}

func speak(area *ring.Area) *Voice {
	_, mine := area.Claim()
	if mine == nil {
		return nil
	}
	v := &Voice{ring: mine, sites: sites{area: area}}
	v.note(ring.Record{Kind: trace.Start, FD: -1})
	return v
}

// Enter says that the goroutine calls something about an fd, with data or with room
// for size bytes.
func (v *Voice) Enter(call trace.Call, fd, size int, data []byte) {
	if v == nil {
		return
	}
	rec := ring.Record{Kind: trace.Enter, Call: call, FD: int32(fd), Size: int32(size), Data: data}
	var around stack
	frames(&around)
	rec.Site = v.sites.at(&around)
	v.said = v.note(rec)
}

// Return says that it returned, with what.
func (v *Voice) Return(call trace.Call, fd, size, result int, errno Errno, addr string, data []byte) {
	if v != nil && v.said {
		v.note(ring.Record{Kind: trace.Return, Call: call, FD: int32(fd), Size: int32(size),
			Result: int64(result), Errno: trace.Errno(errno), Addr: []byte(addr), Data: data})
	}
}

// Exit says that the goroutine is at its end.
func (v *Voice) Exit() {
	if v != nil {
		v.note(ring.Record{Kind: trace.Exit, FD: -1})
	}
}

// note publishes a record at the time that it is now.
func (v *Voice) note(rec ring.Record) bool {
	rec.Time = nanotime()
	atomic.StoreInt64(v.ring.Pending(), rec.Time)
	defer atomic.StoreInt64(v.ring.Pending(), 0)
	v.rec = rec
	slot, ok := v.ring.Reserve(&v.rec)
	if ok {
		slot.Publish()
	}
	return ok
}
