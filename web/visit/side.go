package visit

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/server/byhand"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
	"sockscope/web/play"
)

// Side is one side of a run by hand: whether it can make a call now, and on what.
type Side struct {
	Name string
	Can  bool
	Why  string // why it can't, or what it does, a sentence or less
	FDs  []SideFD
}

// SideFD is one fd of a side.
type SideFD struct {
	FD   int
	Kind trace.FDKind
	Name string // "3 listener 127.0.0.1:9999"
}

// Sides lists the sides of the run, or of the set-up before there is one, as they are at
// the newest event, wherever the learner looks.
func (r *Run) Sides() []Side {
	procs := r.Planned
	if r.Player != nil && r.Busy() {
		procs = r.Procs()
	}
	out := make([]Side, len(procs))
	for i := range procs {
		out[i] = r.side(i, procs[i].Name)
	}
	return out
}

func (r *Run) side(i int, name string) Side {
	s := Side{Name: name, Why: "Run, then make its calls."}
	switch r.Phase {
	case Live:
	case Asked, Queued:
		s.Why = "starting"
		return s
	case Over:
		s.Why = "The run is over. Run starts anew."
		return s
	default:
		return s
	}
	state := r.Player.Run.State(r.Player.Len())
	t := threadOf(state, i, 0)
	switch {
	case t == nil || !t.Started:
		s.Why = "starting"
		return s
	case t.Exited:
		s.Why = "It has exited."
		return s
	case t.InCall:
		s.Why = "in " + t.Call.String() + " until that returns"
	case r.sentTo(i):
		s.Why = "asked"
	default:
		s.Can, s.Why = true, "waiting for you"
	}
	p := &state.Procs[i]
	for k := range p.FDs {
		s.FDs = append(s.FDs, SideFD{p.FDs[k].FD, p.FDs[k].Kind, nameOf(&p.FDs[k])})
	}
	return s
}

// nameOf says what an fd stands for.
func nameOf(f *trace.FDState) string {
	name := strconv.Itoa(f.FD)
	switch f.Kind {
	case trace.FDListener:
		return name + " listener " + f.Local
	case trace.FDConn:
		if f.Peer != "" {
			return name + " to " + f.Peer
		}
		return name + " connected"
	case trace.FDEpoll:
		return name + " epoll"
	case trace.FDEventfd:
		return name + " eventfd"
	}
	if f.Local != "" {
		return name + " socket " + f.Local
	}
	return name + " socket"
}

// ByHand has a side of the run make a call, and follows it: the kernel view shows that
// side.
func (r *Run) ByHand(a *trace.Act) {
	if r.Phase != Live || a.Side < 0 || a.Side >= len(r.sent) {
		return
	}
	r.Problem = ""
	r.sent[a.Side] = r.calls(a.Side) + 1
	r.Act(*a)
	if lane := slices.IndexFunc(r.Player.Run.Lanes, func(l play.Lane) bool { return l.Proc == a.Side }); lane >= 0 {
		r.PickLane(lane)
	}
}

// calls is how many calls a side has made so far.
func (r *Run) calls(side int) (n int) {
	for i := range r.Player.Run.Lanes {
		if l := &r.Player.Run.Lanes[i]; l.Proc == side {
			n += len(l.Calls)
		}
	}
	return n
}

// sentTo reports whether a side was asked for a call that has not entered yet.
func (r *Run) sentTo(side int) bool {
	return side < len(r.sent) && r.sent[side] > r.calls(side)
}

// Fits reports whether a field of a call may name an fd of a kind.
func Fits(f *byhand.Field, kind trace.FDKind) bool {
	switch f.Kind {
	case byhand.AnyFD:
		return true
	case byhand.ListFD:
		return kind == trace.FDEpoll
	}
	return kind != trace.FDEpoll
}

// Likely returns the fd of a side that a call is most likely meant for, 0 where none
// fits: a listener for accept, a connection for what moves bytes, else the newest.
func (s *Side) Likely(call trace.Call, f *byhand.Field) (fd int) {
	best := -1
	for i := range s.FDs {
		at := &s.FDs[i]
		if !Fits(f, at.Kind) {
			continue
		}
		fit := 0
		switch at.Kind {
		case trace.FDListener:
			if call == trace.Accept {
				fit = 1
			}
		case trace.FDConn:
			if call.Sends() || call.Receives() || call == trace.Shutdown {
				fit = 1
			}
		case trace.FDEventfd:
			if call == trace.Write {
				fit = 2
			}
		}
		if fit >= best {
			best, fd = fit, at.FD
		}
	}
	return fd
}

// Usual returns the call that usually comes behind one, which is what a side offers next.
func Usual(call trace.Call, side int) trace.Call {
	switch call {
	case trace.Socket:
		if side == 0 {
			return trace.Bind
		}
		return trace.Connect
	case trace.Bind:
		return trace.Listen
	case trace.Listen:
		return trace.Accept
	case trace.Accept:
		return trace.Recv
	case trace.Connect:
		return trace.Send
	case trace.EpollCreate:
		return trace.EpollCtl
	}
	return call
}

// Preview is an act as the log will have it when it enters.
func Preview(a *trace.Act) string {
	e := trace.Event{Kind: trace.Enter, Call: a.Call, FD: a.FD, Args: a.Args, Size: a.Size, Timeout: a.Timeout, Addr: a.Addr, Data: a.Data, Sets: a.Sets}
	if len(e.Data) > 0 {
		e.Size = len(e.Data)
	}
	text, _, open := strings.Cut(strace.API.Line(&e, nil), "<unfinished")
	text = brief(strings.TrimSpace(text), a.Call)
	switch {
	case strings.HasSuffix(text, ","): // what is to come out stands there
		return text + " …)"
	case open:
		return text + ")"
	}
	return text
}
