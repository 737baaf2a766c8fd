package audit

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// check returns what is wrong with a claim that was made after n steps; "" is
// nothing. One that makes no sense, and has a rule look where nothing is, is wrong.
func (w *world) check(c *play.Claim, n int) (wrong string) {
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Sprint("it makes no sense: ", p)
		}
	}()
	if c.Step < 0 || c.Step >= len(w.steps) {
		return "its step is none"
	}
	if c.Step >= n && c.Kind != play.Room {
		return "it tells of a step that has not come yet"
	}
	rule := rules[c.Kind]
	if rule == nil {
		return "no rule holds it to anything"
	}
	return rule(w, c, n)
}

// rules are, by kind of claim, what must be so. Each returns what isn't.
var rules = map[play.Kind]func(w *world, c *play.Claim, n int) string{
	play.In: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return first(
			is(k != nil && w.under(k, n), "the call is not under way"),
			is(c.N == w.steps[n-1].Time-w.steps[c.Step].Time, "it has not been for so long"))
	},
	play.Killed: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return first(
			is(k != nil && k.ret < 0 && k.exit == c.Other && k.exit < n, "nothing ended its thread in the call"),
			is(c.N == w.steps[c.Other].Time-w.steps[c.Step].Time, "it had not been for so long"))
	},
	play.CutOff: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return is(k != nil && k.ret < 0 && k.exit < 0 && w.over && n == len(w.steps), "the trace has its end, or goes on")
	},
	play.Lost: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return is(k != nil && k.lost >= 0 && k.lost < n, "its end is not missing")
	},
	play.Returned: returned,
	play.Slept: func(w *world, c *play.Claim, n int) string {
		return first(returned(w, c, n), is(w.steps[c.Other].Sleep == trace.Slept, "the kernel did not count it"))
	},
	play.Patience: patience,
	play.TimedOut: func(w *world, c *play.Claim, n int) string {
		k := w.calls[c.Step]
		if k == nil || k.ret != c.Step {
			return "no call returned there"
		}
		out := &w.steps[k.ret]
		took := out.Time - w.steps[k.enter].Time
		return first(
			is(c.N == took, "it took another time"),
			is(took+w.early() >= w.allowed(k) && w.allowed(k) > 0, "it had more time"),
			is(out.Result == 0 && out.Call.Multiplexes() || out.Errno == trace.EAGAIN, "it has something to tell"))
	},
	play.Forked: func(w *world, c *play.Claim, n int) string {
		k := w.calls[c.Step]
		return first(
			is(k != nil && k.ret == c.Step && w.steps[c.Step].Call == trace.Fork, "no fork returned there"),
			is(w.steps[c.Other].Kind == trace.Start && w.steps[c.Other].Args[1] == w.steps[c.Step].Result, "it made another process"),
			is(c.N == w.steps[c.Step].Time-w.steps[k.enter].Time, "it took another time"))
	},
	play.Loaded: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		for i := c.Other + 1; i < c.Step; i++ {
			if e := &w.steps[i]; e.Kind == trace.Enter && e.Proc == w.steps[c.Step].Proc && e.Thread == 0 {
				return "it made a call before"
			}
		}
		return first(is(k != nil && w.steps[c.Other].Kind == trace.Start && w.steps[c.Other].Proc == w.steps[c.Step].Proc, "that is another process"),
			is(c.N == w.steps[c.Step].Time-w.steps[c.Other].Time, "it took another time"))
	},
	play.Idle: func(w *world, c *play.Claim, n int) string {
		e := &w.steps[c.Step]
		calls := w.threads[[2]int{e.Proc, e.Thread}]
		k := sort.Search(len(calls), func(i int) bool { return calls[i].enter >= n }) - 1
		return is(k < 0 || !w.under(calls[k], n), "its thread is in a call")
	},
	play.Begun: func(w *world, c *play.Claim, n int) string {
		return is(w.steps[c.Step].Kind == trace.Start, "nothing began")
	},
	play.Over: func(w *world, c *play.Claim, n int) string {
		return is(w.steps[c.Step].Kind == trace.Exit, "nothing ended")
	},
	play.Gone: func(w *world, c *play.Claim, n int) string {
		return is(w.steps[c.Step].Kind == trace.Exit && w.steps[c.Step].Thread == 0, "it has not ended")
	},
	play.GaveUp: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return is(k != nil && k.ret >= 0 && w.steps[k.ret].Sleep == trace.Slept, "it did not sleep")
	},
	play.Spun: func(w *world, c *play.Claim, n int) string {
		from, to := &w.steps[c.Step], &w.steps[c.Other]
		for i := c.Step; i < c.Other; i++ {
			e := &w.steps[i]
			if e.Proc != from.Proc || e.Thread != from.Thread || e.Kind != trace.Return {
				continue
			}
			if !e.Call.Receives() || e.FD != c.FD || e.Errno != trace.EAGAIN || e.Sleep == trace.Slept {
				return "it did something else, or slept"
			}
		}
		return is(c.N == to.Time-from.Time, "that took another time")
	},
	play.Cost: func(w *world, c *play.Claim, n int) string {
		return is(c.N == w.steps[c.Step].CPU-w.steps[c.Other].CPU && w.steps[c.Step].Proc == w.steps[c.Other].Proc, "it used another time")
	},
	play.Watched: func(w *world, c *play.Claim, n int) string {
		e := &w.steps[c.Step]
		return is(e.Call == trace.EpollCtl && int(e.Args[1]) == c.FD && (e.Args[2]&(1<<31) != 0) == (c.N == 1), "it was put there otherwise")
	},
	play.Arrived: func(w *world, c *play.Claim, n int) string {
		e := &w.steps[c.Step]
		return is(e.Kind == trace.Return && e.Call.Receives() && e.Result > 0, "nothing arrived")
	},
	play.SoError: func(w *world, c *play.Claim, n int) string {
		e := &w.steps[c.Step]
		return is(e.Kind == trace.Return && e.Call == trace.Getsockopt && e.FD == c.FD && e.Args[1] == 4 && e.Args[2] == c.N, "it read something else")
	},
	play.Connected: func(w *world, c *play.Claim, n int) string {
		a, k := w.calls[c.Step], w.calls[c.Other]
		return first(
			is(a != nil && k != nil && a.ret == c.Step && k.ret == c.Other && k.on != nil && k.on.local == w.steps[c.Step].Addr, "that connect made another connection"),
			is(c.N == w.steps[c.Step].Time-w.steps[c.Other].Time, "it was connected for another time"))
	},

	play.Held: held,
	play.Took: func(w *world, c *play.Claim, n int) string {
		e := &w.steps[c.Step]
		return first(held(w, c, n), is(e.Sets != nil && slices.Contains(e.Sets.Write, c.FD), "it was not found writable"))
	},
	play.Rested: paused,
	play.Paused: func(w *world, c *play.Claim, n int) string {
		return first(paused(w, c, n), is(w.header.Procs[w.steps[c.Step].Proc].Role == trace.RoleClient, "no knob holds that one back"))
	},

	play.NonBlocking: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return first(
			is(k != nil && k.on != nil && at(k.on.flags, c.Step) != 0, "it is a blocking socket"),
			// One that moves pages may sleep for memory, or for the socket's lock: for no peer.
			is(k == nil || k.ret < 0 || w.steps[k.ret].Sleep != trace.Slept || w.steps[k.ret].Result >= 1<<12, "the call slept"))
	},
	play.NoPatience: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		e := &w.steps[c.Step]
		return first(
			is(e.Call.Multiplexes() && e.Timeout == 0 || e.Call == trace.Waitpid && len(e.Args) > 1 && e.Args[1]&1 != 0, "it waits"),
			is(k != nil && (k.ret < 0 || w.steps[k.ret].Sleep != trace.Slept), "the call slept"))
	},
	play.Unread:   unread,
	play.Ending:   ending,
	play.Queued:   queued,
	play.UnderWay: underWay,
	play.Only:     only,
	play.Remote:   remote,
	play.Room:     room,
	play.Reported: reported,
	play.Shared: func(w *world, c *play.Claim, n int) string {
		k := w.calls[c.Step]
		if k == nil || k.ret != c.Step || k.on == nil || w.steps[c.Step].Call != trace.Close {
			return "no close returned there"
		}
		return is(slices.Equal(w.holders(k.on, n), slices.Sorted(slices.Values(c.Procs))) && len(c.Procs) > 0, "others have it open, or nobody")
	},
	play.Unaccepted: unaccepted,
	play.Full:       full,
	play.Resent: func(w *world, c *play.Claim, n int) string {
		k := w.entered(c.Step)
		return is(k != nil && w.steps[c.Step].Call == trace.Connect && c.N >= 9e8 && w.spent(k, n) == c.N, "it did not wait for so long")
	},
	play.Accepted: func(w *world, c *play.Claim, n int) string {
		a, k := w.calls[c.Step], w.entered(c.Other)
		return first(
			is(a != nil && a.ret == c.Step && w.steps[c.Step].Call == trace.Accept && w.steps[c.Step].Errno == 0, "no accept returned there"),
			is(k != nil && k.ret > c.Step && k.enter < c.Step && w.steps[k.ret].Errno == 0, "the connect was not let in after that"),
			is(a != nil && a.on != nil && port(a.on.local) == port(w.steps[c.Other].Addr), "that is another backlog"))
	},
	play.Shaken: func(w *world, c *play.Claim, n int) string {
		a, k := w.calls[c.Step], w.entered(c.Other)
		return first(
			is(a != nil && a.ret == c.Step && k != nil && k.on != nil && k.on.local == w.steps[c.Step].Addr, "it took another connection"),
			is(c.N == w.steps[c.Step].Time-w.steps[c.Other].Time && c.N >= 9e8, "the connect was not so old"))
	},
	play.Deadlock: deadlock,

	play.Woke: woke,
	play.Came: func(w *world, c *play.Claim, n int) string {
		k, effect := w.calls[c.Step], w.calls[c.Other]
		if k == nil || k.ret != c.Step || effect == nil || effect.ret != c.Other {
			return "no call returned there"
		}
		out := &w.steps[c.Step]
		switch {
		case out.Call == trace.Accept:
			return is(c.N == -1 && out.Addr == c.Addr, "another connection came")
		case k.on == nil || k.on.other != nil || k.on.peer != c.Addr:
			return "that is another peer, or one that is traced"
		case out.Errno == trace.ECONNRESET:
			return is(c.N == -2, "that was a reset")
		}
		return is(c.N == out.Result && c.Step >= c.Other, "something else came")
	},
	play.From: func(w *world, c *play.Claim, n int) string {
		return first(w.carried(c.Step, c.Other, c.N), is(c.Other < n, "it has not returned yet"))
	},
	play.To: func(w *world, c *play.Claim, n int) string {
		return first(w.carried(c.Other, c.Step, c.N), is(c.Other < n, "it has not returned yet"))
	},
	play.FromMany:  func(w *world, c *play.Claim, n int) string { return w.many(c, n, true) },
	play.ToMany:    func(w *world, c *play.Claim, n int) string { return w.many(c, n, false) },
	play.OnItsWay:  onItsWay,
	play.Anybody:   anybody,
	play.Hears:     hears,
	play.Delivered: delivered,
	play.Taken:     taken,
	play.Passed:    passed,
	play.Cut:       cut,
	play.Dropped:   dropped,
	play.Refused:   refused,
	play.EndedBy: func(w *world, c *play.Claim, n int) string {
		k := w.calls[c.Other]
		if k == nil || k.ret != c.Other || k.on == nil || k.on.other == nil {
			return "no call on a connection returned there"
		}
		out := &w.steps[c.Other]
		return first(
			is(out.Errno == trace.ECONNRESET || out.Errno == trace.EPIPE || out.Errno == 0 && out.Result == 0, "it saw no end"),
			is(slices.Contains(w.ends(k.on.other), w.began(c.Step)), "that did not end the other side"),
			is(w.began(c.Step) < c.Other || w.steps[c.Step].Kind == trace.Exit, "it came later"))
	},
}

// is returns what is wrong unless it is so.
func is(so bool, wrong string) string {
	if so {
		return ""
	}
	return wrong
}

// first returns the first of several wrongs.
func first(wrongs ...string) string {
	for _, s := range wrongs {
		if s != "" {
			return s
		}
	}
	return ""
}

// entered returns the call that entered in a step, or nil.
func (w *world) entered(i int) *call {
	if c := w.calls[i]; c != nil && c.enter == i {
		return c
	}
	return nil
}

// under reports whether a call is under way after n steps.
func (w *world) under(k *call, n int) bool {
	return k.enter < n && (k.ret < 0 || k.ret >= n) && (k.exit < 0 || k.exit >= n) && (k.lost < 0 || k.lost >= n)
}

// spent returns how long a call had been under way after n steps, at most its
// whole time, in ns.
func (w *world) spent(k *call, n int) int64 {
	if k.ret >= 0 && k.ret < n {
		return w.steps[k.ret].Time - w.steps[k.enter].Time
	}
	return w.steps[n-1].Time - w.steps[k.enter].Time
}

func returned(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	return first(
		is(k != nil && k.ret == c.Other, "it returned elsewhere"),
		is(c.Other < n || c.Other == n, "it has not returned yet"))
}

func paused(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	if k == nil {
		return "no call entered there"
	}
	e := &w.steps[c.Step]
	return first(
		is(e.Call == trace.Nanosleep, "that is no pause"),
		is((c.Other < 0) == w.under(k, n) || k.exit >= 0, "it is over, or is not"),
		is(c.Other >= 0 && w.steps[c.Other].Errno == trace.EINTR || e.Timeout == c.N || e.Timeout == trace.Untold && k.ret >= 0 && w.steps[k.ret].Time-e.Time == c.N, "it was to be another one"),
		is(k.ret < 0 || w.steps[k.ret].Time-e.Time >= c.N || w.steps[k.ret].Errno == trace.EINTR, "it was shorter"))
}

func held(w *world, c *play.Claim, n int) string {
	for _, q := range w.steps[c.Step].Queues {
		if c.Queue != nil && q == *c.Queue && q.FD == c.FD {
			return ""
		}
	}
	return "nothing like that was read there"
}

// allowed returns how long a call may take, in ns; 0 is for ever.
func (w *world) allowed(k *call) int64 {
	in := &w.steps[k.enter]
	switch {
	case in.Call.Multiplexes() && k.ret >= 0 && in.Timeout == trace.Untold:
		return w.steps[k.ret].Timeout
	case in.Call.Multiplexes():
		return max(in.Timeout, 0)
	case k.on != nil:
		return at(k.on.patience, k.enter)
	}
	return 0
}

// early returns by how much a call may be back before its time, in ns. A kernel counts that in
// ticks of 1 ms, and an emulated one's may come late, so that it begins to count behind.
func (w *world) early() int64 {
	if w.header.Clock == trace.EmulatedClock {
		return 1e6
	}
	return 0
}

func patience(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	if k == nil || w.allowed(k) != c.N || c.N <= 0 {
		return "it has another time"
	}
	return is(k.ret < 0 || w.steps[k.ret].Errno != trace.EAGAIN || w.steps[k.ret].Time-w.steps[k.enter].Time+w.early() >= c.N, "it gave up before")
}

// inlet returns the socket that fd stood for in the call, where it is a connection
// whose other end is known, and all of it.
func (w *world) inlet(k *call, fd, n int) (s *sock, wrong string) {
	if k == nil {
		return nil, "no call entered there"
	}
	h := w.held(w.steps[k.enter].Proc, fd, k.enter)
	switch {
	case h == nil:
		return nil, "it has no such fd"
	case !w.whole(h.on, n):
		return nil, "calls are missing that could have moved bytes of it"
	}
	return h.on, ""
}

func unread(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Other)
	s, wrong := w.inlet(k, c.FD, n)
	if wrong != "" || s.other == nil {
		return first(wrong, is(s == nil || s.other != nil, "its peer is not known"))
	}
	got := moved(s.recvs, n)
	brings := bringing(s.other, got, got+1)
	if len(brings) == 0 || brings[0].call.ret != c.Step || moved(s.other.sends, n)-got != c.N {
		return fmt.Sprintf("%d bytes were sent, and %d received", moved(s.other.sends, n), got)
	}
	if k.ret < 0 {
		return ""
	}
	out := &w.steps[k.ret]
	switch {
	case out.Call.Multiplexes():
		return is(out.Result > 0 || out.Errno != 0, "its time was up beside them")
	case out.Errno == trace.EAGAIN:
		return "it was told that nothing is there"
	case out.Errno == 0:
		return is(out.Result > 0, "it got the end of the stream before them")
	}
	return ""
}

func ending(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Other)
	s, wrong := w.inlet(k, c.FD, n)
	if wrong != "" || s.other == nil {
		return first(wrong, is(s == nil || s.other != nil, "its peer is not known"))
	}
	if s.other.shut != c.Step && w.closed(s.other, n) != c.Step {
		return "that did not end it"
	}
	if k.ret < 0 {
		return ""
	}
	if w.steps[c.Step].Kind == trace.Exit {
		return "" // the kernel closes its fds after its memory, which may take longer than that call waited
	}
	out := &w.steps[k.ret]
	return is(out.Errno != trace.EAGAIN && !(out.Call.Multiplexes() && out.Errno == 0 && out.Result == 0), "it was told that nothing is there")
}

// waiting returns the connects to a port that had made their connections after n
// steps, and that nobody had accepted.
func (w *world) waiting(addr string, n int) []*call {
	var all []*call
	for _, s := range w.socks() {
		c := s.connect
		if c == nil || c.ret >= n || port(s.dest) != port(addr) {
			continue
		}
		if e := &w.steps[c.ret]; e.Errno != 0 {
			if !slices.ContainsFunc(e.Queues, func(q trace.Queue) bool { return q.FD == e.FD && q.State == trace.Established }) {
				continue
			}
		}
		if !w.accepted(s.local, addr, n) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *call) int { return a.ret - b.ret })
	return all
}

// accepted reports whether the connection of a client's address was accepted
// before n.
func (w *world) accepted(client, addr string, n int) bool {
	for i := range w.steps[:n] {
		e := &w.steps[i]
		if e.Kind == trace.Return && e.Call == trace.Accept && e.Errno == 0 && e.Addr == client {
			if k := w.calls[i]; k != nil && (k.on == nil || port(k.on.local) == port(addr)) {
				return true
			}
		}
	}
	return false
}

func queued(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Other)
	s, wrong := w.inlet(k, c.FD, n)
	if wrong != "" {
		return wrong
	}
	all := w.waiting(s.local, n)
	if int64(len(all)) != c.N || all[0].ret != c.Step {
		return fmt.Sprintf("%d wait there", len(all))
	}
	if k.ret >= 0 && w.steps[k.ret].Errno == trace.EAGAIN {
		return "it was told that nobody is there"
	}
	return ""
}

func underWay(w *world, c *play.Claim, n int) string {
	k, waits := w.entered(c.Step), w.entered(c.Other)
	if k == nil || waits == nil || !w.under(k, n) {
		return "it is not under way"
	}
	in := &w.steps[k.enter]
	h := w.held(w.steps[waits.enter].Proc, c.FD, waits.enter)
	if h == nil {
		return "it has no such fd"
	}
	if in.Call == trace.Connect {
		return is(port(in.Addr) == port(h.on.local) && h.on.listened >= 0, "it goes elsewhere")
	}
	return first(
		is(slices.Contains(play.NeedOf(trace.Recv).By, in.Call), "that brings nothing"),
		is(k.on != nil && (k.on == h.on.other || h.on.other == nil && h.on.peer == k.on.local), "it goes elsewhere"))
}

// gives returns whoever brought to s what there was behind the first got bytes of
// it: the Enter of the send, or of what ended the other side.
func (w *world) gives(s *sock, got int64) (steps []int) {
	if brings := bringing(s.other, got, got+1); len(brings) > 0 {
		return []int{brings[0].call.enter}
	}
	return append(w.ends(s.other), w.unreturned(s.other, trace.Call.Sends)...)
}

func only(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	if k == nil || !w.under(k, n) && !w.cut(k, n) {
		return "it is not under way"
	}
	in := &w.steps[c.Step]
	if in.Call == trace.Waitpid {
		if k.ret < 0 || w.steps[k.ret].Errno != 0 || w.steps[k.ret].Result <= 0 {
			return ""
		}
		return is(slices.ContainsFunc(c.Procs, func(p int) bool { return int64(w.header.Procs[p].PID) == w.steps[k.ret].Result }), "another child ended it")
	}
	s, wrong := w.inlet(k, c.FD, n)
	if wrong != "" {
		return wrong
	}
	if s.listened >= 0 {
		return w.onlyConnects(c, k, s, n)
	}
	return w.onlyPeer(c, k, s, n)
}

// cut reports whether k is a call that the run's end was the end of.
func (w *world) cut(k *call, n int) bool { return k.ret < 0 && k.enter < n }

func (w *world) onlyConnects(c *play.Claim, k *call, s *sock, n int) string {
	if all := w.waiting(s.local, n); len(all) > 0 {
		return fmt.Sprintf("%d wait there", len(all))
	}
	if k.ret < 0 || w.steps[k.ret].Errno != 0 {
		return ""
	}
	out := &w.steps[k.ret]
	if out.Call.Multiplexes() {
		if out.Sets == nil || !slices.Contains(out.Sets.Read, c.FD) {
			return ""
		}
		for _, o := range w.calls {
			if e := &w.steps[o.enter]; e.Call == trace.Connect && port(e.Addr) == port(s.local) && w.after(o.enter, n) && o.enter < k.ret {
				return ""
			}
		}
		return is(w.untraced(), "nobody connected after that")
	}
	for _, a := range w.socks() {
		if a.connect != nil && a.local == out.Addr && a.connect.enter < k.ret {
			return is(w.after(a.connect.enter, n), "that connect was under way before")
		}
	}
	return is(w.untraced(), "it is not known who connected")
}

// untraced reports whether clients may be anybody's: of a standing server, and of a program
// of somebody's.
func (w *world) untraced() bool { return len(w.header.Procs) == 1 || w.header.Lab == trace.LogLab }

func (w *world) onlyPeer(c *play.Claim, k *call, s *sock, n int) string {
	if s.other == nil {
		return "its peer is not known"
	}
	got := moved(s.recvs, n)
	procs := slices.Sorted(slices.Values(c.Procs))
	switch holders := w.holders(s.other, n); {
	case !slices.Equal(holders, procs):
		return fmt.Sprintf("it is held by %v", holders)
	case moved(s.other.sends, n) > got && !s.edge:
		return "bytes are there"
	case s.other.shut >= 0 && s.other.shut < n:
		return "the stream has ended"
	case k.ret < 0:
		return ""
	}
	out := &w.steps[k.ret]
	switch {
	case out.Errno == trace.EINTR, c.Count > 0 && w.shutByOwn(k):
		return ""
	case out.Call.Multiplexes():
		named := out.Errno == 0 && out.Sets != nil && (slices.Contains(out.Sets.Read, c.FD) || slices.Contains(out.Sets.HangUp, c.FD) || slices.Contains(out.Sets.RdHup, c.FD) || slices.Contains(out.Sets.Error, c.FD))
		if !named {
			return ""
		}
		if s.edge { // what is new counts
			got = moved(s.other.sends, n)
		}
	case out.Errno == trace.EAGAIN:
		return is(w.allowed(k) > 0, "it was told that nothing is there, and has no timeout")
	}
	givers := w.gives(s, got)
	if len(givers) == 0 {
		return "nobody brought what it got"
	}
	return is(slices.ContainsFunc(givers, func(i int) bool { return w.after(i, n) && w.of(procs, w.steps[i].Proc, n) }),
		fmt.Sprintf("step %v brought it", givers))
}

// shutByOwn reports whether another thread of the process of k shut down what k receives
// while it was under way.
func (w *world) shutByOwn(k *call) bool {
	for i := k.enter; i < k.ret; i++ {
		e := &w.steps[i]
		if e.Kind == trace.Enter && e.Call == trace.Shutdown && w.ownThread(e, k) && e.FD == k.fd && e.Args[0] != 1 {
			return true
		}
	}
	return false
}

// ownThread reports whether e is of another thread of the process of k.
func (w *world) ownThread(e *trace.Event, k *call) bool {
	in := &w.steps[k.enter]
	return e.Proc == in.Proc && e.Thread != in.Thread
}

// of reports whether a process is one of several, or was made by one of them after
// position n, so that it has their fds.
func (w *world) of(procs []int, proc, n int) bool {
	if slices.Contains(procs, proc) {
		return true
	}
	parent := w.header.Procs[proc].Parent - 1
	born := slices.IndexFunc(w.steps, func(e trace.Event) bool { return e.Kind == trace.Start && e.Proc == proc && e.Thread == 0 })
	return parent >= 0 && born >= n && w.of(procs, parent, n)
}

func remote(w *world, c *play.Claim, n int) string {
	s, wrong := w.inlet(w.entered(c.Step), c.FD, n)
	if wrong != "" {
		return wrong
	}
	return is(s.other == nil && s.peer == c.Addr && w.untraced(), "its peer is traced, or another")
}

func room(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	if k == nil || k.on == nil || k.on.other == nil || !w.whole(k.on, n) {
		return "its peer is not known"
	}
	if holders := w.holders(k.on.other, n); !slices.Equal(holders, slices.Sorted(slices.Values(c.Procs))) {
		return fmt.Sprintf("it is held by %v", holders)
	}
	for _, m := range k.on.other.recvs {
		if m.call.enter >= n && !w.of(c.Procs, w.steps[m.call.enter].Proc, n) {
			return fmt.Sprintf("process %d receives there, too", w.steps[m.call.enter].Proc)
		}
	}
	return ""
}

func reported(w *world, c *play.Claim, n int) string {
	k, told := w.entered(c.Other), w.calls[c.Step]
	s, wrong := w.inlet(k, c.FD, n)
	if wrong != "" || s.other == nil {
		return first(wrong, is(s == nil || s.other != nil, "its peer is not known"))
	}
	when := n
	if k.ret >= 0 {
		when = min(n, k.ret)
	}
	out := &w.steps[c.Step]
	left := moved(s.other.sends, when) - moved(s.recvs, when)
	switch {
	case !s.edge:
		return "it is not edge-triggered"
	case told == nil || told.ret != c.Step || out.Sets == nil || !slices.Contains(out.Sets.Read, c.FD):
		return "nothing was told there"
	case left != c.N:
		return fmt.Sprintf("%d bytes are left", left)
	case k.ret < 0:
		return ""
	}
	out = &w.steps[k.ret]
	if out.Sets == nil || !slices.Contains(out.Sets.Read, c.FD) || slices.Contains(out.Sets.Write, c.FD) {
		return "" // room is new, too
	}
	for _, m := range s.other.sends {
		if w.after(m.call.ret, when) && m.call.enter < k.ret {
			return ""
		}
	}
	for _, i := range w.ends(s.other) {
		if w.after(i, c.Step) && i < k.ret {
			return ""
		}
	}
	return "it is told again, and nothing new came"
}

func unaccepted(w *world, c *play.Claim, n int) string {
	k := w.entered(c.Step)
	if k == nil {
		return "no call entered there"
	}
	on := w.held(w.steps[c.Step].Proc, c.FD, c.Step)
	if on == nil || on.on.connect == nil {
		return "that is no client's connection"
	}
	s := on.on
	listens := slices.ContainsFunc(w.holds, func(h *hold) bool {
		return slices.Contains(c.Procs, h.proc) && h.on.listened >= 0 && h.on.listened < n && port(h.on.local) == port(s.dest)
	})
	return first(is(listens, "nobody listens there"), is(!w.accepted(s.local, s.dest, n), "it is accepted"))
}

func full(w *world, c *play.Claim, n int) string {
	k, listen := w.entered(c.Step), w.calls[c.Other]
	if k == nil || listen == nil || listen.ret != c.Other || listen.on == nil {
		return "no such connect, or listen"
	}
	addr := w.steps[c.Step].Addr
	all := w.waiting(addr, c.Step)
	switch {
	case port(listen.on.local) != port(addr):
		return "it goes elsewhere"
	case listen.on.backlog != int64(c.Count) || int64(len(all)) != c.N || len(all) <= c.Count:
		return fmt.Sprintf("%d of %d wait there", len(all), listen.on.backlog+1)
	}
	return ""
}

func deadlock(w *world, c *play.Claim, n int) string {
	if len(c.Calls) < 2 || c.Calls[0] != c.Step {
		return "there are no two"
	}
	last := slices.Max(c.Calls) + 1
	// One of them may be killed from outside: that ends its connections, and the others' waiting.
	killed := slices.ContainsFunc(c.Calls, func(enter int) bool {
		k := w.entered(enter)
		return k != nil && k.ret < 0 && k.exit >= 0 && w.steps[k.exit].Result < 0
	})
	for i, enter := range c.Calls {
		k, next := w.entered(enter), w.entered(c.Calls[(i+1)%len(c.Calls)])
		switch {
		case k == nil || next == nil || enter >= n:
			return "no call entered there"
		case k.ret >= 0 && w.steps[k.ret].Errno != trace.EINTR && !(killed && gone(&w.steps[k.ret])):
			return fmt.Sprintf("the call of step %d returned", enter+1)
		case k.on == nil || k.on.other == nil:
			return "its peer is not known"
		case k.exit >= 0 && !slices.Equal(w.holders(k.on.other, last), []int{w.steps[next.enter].Proc}):
			return "somebody else can end it"
		}
	}
	return ""
}

// gone reports whether a call returned because its peer is no more.
func gone(out *trace.Event) bool {
	return out.Call.Receives() && out.Errno == 0 && out.Result == 0 || out.Errno == trace.ECONNRESET || out.Errno == trace.EPIPE
}

// overlaps reports whether two calls were under way at the same time.
func overlaps(a, b *call) bool {
	return (b.ret < 0 || a.enter < b.ret) && (a.ret < 0 || b.enter < a.ret)
}

func woke(w *world, c *play.Claim, n int) string {
	k := w.calls[c.Other]
	if k == nil || k.ret != c.Other {
		return "no call returned there"
	}
	e, out := &w.steps[c.Step], &w.steps[c.Other]
	cause := w.calls[c.Step]
	if cause != nil && cause != k && !overlaps(cause, k) && !(len(w.clocks) > 0 && (w.steps[k.enter].Time-w.steps[cause.ret].Time < slack)) {
		return "the two were not at the same time"
	}
	switch {
	case out.Call == trace.Futex && e.Kind == trace.Exit:
		return is(w.ownThread(e, k) && c.Step > k.enter && c.Step < k.ret, "no thread of its process ended then")
	case out.Call == trace.Futex:
		return is(w.ownThread(e, k) && e.Call == trace.Futex && e.Args[1] == 1 && e.Args[0] == out.Args[0], "that woke nobody, or others")
	case out.Errno == trace.EINTR:
		return is(w.ownThread(e, k) && e.Call == trace.Tgkill, "that is no signal")
	case e.Call == trace.Shutdown && w.ownThread(e, k):
		return is(e.FD == out.FD && e.Args[0] != 1 && out.Result == 0, "that ended nothing that it receives")
	case e.Call == trace.Write && w.ownThread(e, k):
		return is(out.Sets != nil && slices.Contains(out.Sets.Read, e.FD), "it does not wait for that fd")
	case out.Call.Told():
		return is(e.Kind == trace.Return && e.Proc == out.Proc && e.FD == out.FD && e.Errno == 0 && c.Step > k.enter, "that is no answer to it")
	case out.Call == trace.Waitpid:
		return is(e.Kind == trace.Exit && int64(w.header.Procs[e.Proc].PID) == out.Result, "another process ended")
	case out.Sleep == trace.Awake:
		return "it did not sleep"
	}
	if cause != nil && e.Call.Sends() && c.N != 0 {
		if wrong := w.brought(c, cause, k); wrong != "" {
			return wrong
		}
	}
	if !out.Call.Multiplexes() {
		return is(w.gave(c.Step, cause, k, k.fd, k.on), "it brought nothing to it")
	}
	if out.Sets == nil {
		return "nothing is ready"
	}
	for _, fds := range [][]int{out.Sets.Read, out.Sets.Write, out.Sets.Except, out.Sets.Error, out.Sets.HangUp, out.Sets.RdHup} {
		for _, fd := range fds {
			// epoll's list may have got the fd during the call.
			if h := w.held(out.Proc, fd, k.ret); h != nil && w.gave(c.Step, cause, k, fd, h.on) {
				return ""
			}
		}
	}
	return "it brought nothing to any of them"
}

// brought checks how many bytes a send is said to have brought to the call that it
// woke.
func (w *world) brought(c *play.Claim, cause, k *call) string {
	if w.steps[k.ret].Call.Multiplexes() {
		return is(cause.ret >= 0 && cause.ret < k.ret && w.steps[cause.ret].Result == c.N, "it brought another number of bytes")
	}
	if k.on != nil && k.on.letters() {
		return is(int64(w.steps[cause.enter].Size) == c.N, "it brought another number of bytes")
	}
	if cause.ret < 0 {
		return "" // how many it brought in all is not known
	}
	return w.carried(cause.ret, k.ret, c.N)
}

// gave reports whether step i, of the call cause or an exit, gave the call k what
// it got at fd, which stands for s.
func (w *world) gave(i int, cause *call, k *call, fd int, s *sock) bool {
	if s == nil {
		return false
	}
	e, out := &w.steps[i], &w.steps[k.ret]
	if s.listened >= 0 {
		if e.Call != trace.Connect || port(e.Addr) != port(s.local) {
			return false
		}
		if out.Call != trace.Accept {
			return true
		}
		return cause.on == nil || cause.on.local == "" || cause.on.local == out.Addr || cause.ret < 0
	}
	if s.letters() {
		if cause == nil || !e.Call.Sends() {
			return false
		}
		if out.Call.Receives() {
			return w.carries(cause, k) == ""
		}
		return cause.on != nil && cause.on.letters() && meets(w.dest(cause), s.local)
	}
	if s.other == nil {
		return false
	}
	began := w.began(i)
	if slices.Contains(w.ends(s.other), began) {
		return true
	}
	if cause == nil || cause.on != s.other {
		return false
	}
	if out.Call.Sends() || out.Call.Multiplexes() && out.Sets != nil && slices.Contains(out.Sets.Write, fd) && e.Call.Receives() {
		return e.Call.Receives()
	}
	if !e.Call.Sends() {
		return false
	}
	// Its bytes are those that the call got first, or that nobody had got before.
	got := moved(s.recvs, k.ret)
	for _, m := range s.other.sends {
		if m.call == cause {
			return m.off <= got && got < m.off+m.n
		}
	}
	return cause.ret < 0 // it never came back, and may have brought it
}

// carried checks that n bytes went from a send to a recv, by their places in the
// stream and by their content.
func (w *world) carried(send, recv int, n int64) string {
	s, r := w.calls[send], w.calls[recv]
	if s == nil || r == nil || s.ret != send || r.ret != recv || s.on == nil || s.on.other == nil || r.on != s.on.other {
		return "the two are not of one connection"
	}
	if !w.whole(s.on, max(send, recv)) {
		return "calls are missing that could have moved bytes of it"
	}
	var from, to move
	for _, m := range s.on.sends {
		if m.call == s {
			from = m
		}
	}
	for _, m := range r.on.recvs {
		if m.call == r {
			to = m
		}
	}
	off, end := max(from.off, to.off), min(from.off+from.n, to.off+to.n)
	if end-off != n {
		return fmt.Sprintf("%d bytes did", max(end-off, 0))
	}
	cut := func(data []byte, m move) []byte {
		lo := min(max(off-m.off, 0), int64(len(data)))
		hi := min(max(end-m.off, lo), int64(len(data)))
		return data[lo:hi]
	}
	a, b := cut(w.steps[s.enter].Data, from), cut(w.steps[r.ret].Data, to)
	m := min(len(a), len(b))
	return is(bytes.Equal(a[:m], b[:m]), "their content differs")
}

// many checks what many calls of a process moved of one's bytes.
func (w *world) many(c *play.Claim, n int, from bool) string {
	k := w.calls[c.Other]
	if k == nil || k.ret != c.Other || k.on == nil || k.on.other == nil || !w.whole(k.on, n) || len(c.Procs) != 1 {
		return "no call on a connection returned there"
	}
	own, others := k.on.recvs, k.on.other.sends
	if !from {
		own, others = k.on.sends, k.on.other.recvs
	}
	var sum int64
	count, step := 0, -1
	for _, m := range own {
		if m.call != k {
			continue
		}
		for _, o := range others {
			common := min(m.off+m.n, o.off+o.n) - max(m.off, o.off)
			if common > 0 && o.call.ret < n && w.steps[o.call.ret].Proc == c.Procs[0] {
				if step < 0 {
					step = o.call.ret
				}
				sum, count = sum+common, count+1
			}
		}
	}
	return is(sum == c.N && count == c.Count && step == c.Step, fmt.Sprintf("%d calls moved %d bytes", count, sum))
}
