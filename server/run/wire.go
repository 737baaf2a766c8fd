package run

import (
	"fmt"
	"net/netip"
	"slices"

	"sockscope/server/capture"
	"sockscope/server/confine"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

// tap begins to capture the packets of the worker's own loopback.
func (w *worker) tap() {
	var err error
	if w.wire, err = capture.Open(); err != nil {
		w.dark = fmt.Sprintf("this machine doesn't let a run capture the packets of its own network: %v", err)
	}
}

// untap ends the capture, and keeps why.
func (w *worker) untap(why string) {
	if w.wire != nil {
		w.wire.Close()
		w.wire, w.dark = nil, why
	}
}

// packetShare is the part of a trace's room that packets may take: one in so many. A run
// that moves much has more packets than anybody looks at, and its calls come first.
const packetShare = 4

// capture takes the packets that have come, and returns how many.
func (e *execution) capture() int {
	if e.wire == nil {
		return 0
	}
	var newest int64
	n := e.wire.Read(func(time int64, frame []byte, length int) {
		if time < e.began { // the worker measured what tracing costs
			return
		}
		newest = time - e.began
		ev := trace.Event{Kind: trace.Packet, Time: time - e.began, FD: -1, Data: slices.Clone(frame), Size: length}
		if e.packets += weight(&ev); e.packets > e.limits.Trace/packetShare {
			e.unseen++
			e.tear(newest)
			return
		}
		e.merge.add(ev)
	})
	if n > 0 && !e.torn && e.wire.Dropped() > 0 {
		e.tear(newest)
	}
	return n
}

// tear marks in the trace from where on packets are missing, about.
func (e *execution) tear(at int64) {
	if !e.torn {
		e.torn = true
		e.merge.add(trace.Event{Kind: trace.Packet, Time: at, FD: -1})
	}
}

// drop has the kernel drop what comes for the addresses whose time has come.
func (e *execution) drop() {
	e.drops = slices.DeleteFunc(slices.Clone(e.drops), func(d lab.Drop) bool {
		if d.After != nil {
			if _, came := e.causes[*d.After]; !came {
				return false
			}
		}
		addr, err := netip.ParseAddr(d.To)
		if err == nil {
			err = confine.Drop(addr)
		}
		if err != nil {
			e.stop(trace.EndFailed, fmt.Sprintf("packets to %s could not be dropped: %v", d.To, err))
			return true
		}
		e.merge.add(trace.Event{Kind: trace.Note, Time: e.time(), FD: -1, Addr: d.To,
			Note: fmt.Sprintf("from here on the kernel drops every packet that comes for %s", d.To)})
		return true
	})
}
