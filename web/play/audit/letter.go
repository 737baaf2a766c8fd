package audit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// Types of socket(2).
const (
	stream   = 1
	datagram = 2
	raw      = 3
)

// letters reports whether s has no connections: what it sends are datagrams.
func (s *sock) letters() bool { return s.kind == datagram || s.kind == raw }

// dest returns where the datagram went that a send of step i made.
func (w *world) dest(k *call) string {
	if addr := w.steps[k.enter].Addr; addr != "" {
		return addr
	}
	to := ""
	for _, t := range k.on.tos {
		if t.step < k.enter {
			to = t.addr
		}
	}
	return to
}

// meets reports whether two addresses can be of one socket: the same port, and the same
// host unless one is that of all interfaces. An unknown one may be any.
func meets(a, b string) bool {
	if a == "" || b == "" || a == b || a == "@" || b == "@" {
		return true
	}
	if strings.HasPrefix(a, "@") || strings.HasPrefix(b, "@") || strings.Contains(a+b, "/") {
		return false
	}
	host := func(addr string) string {
		h := strings.Trim(addr[:max(strings.LastIndexByte(addr, ':'), 0)], "[]")
		return strings.TrimPrefix(h, "::ffff:")
	}
	any := func(h string) bool { return h == "0.0.0.0" || h == "::" }
	return port(a) == port(b) && (host(a) == host(b) || any(host(a)) || any(host(b)))
}

// carries returns what keeps the datagram of a send from being that which a recv got.
func (w *world) carries(send, recv *call) string {
	if send == nil || recv == nil || send.on == nil || recv.on == nil || !send.on.letters() || !recv.on.letters() {
		return "the two are not of datagram sockets"
	}
	in, out := &w.steps[send.enter], &w.steps[recv.ret]
	room := int64(max(w.steps[recv.enter].Size, out.Size))
	n := min(len(in.Data), len(out.Data))
	switch {
	case !in.Call.Sends() || !out.Call.Receives() || out.Peeks() || out.Errno != 0 || send.ret >= 0 && w.steps[send.ret].Errno != 0:
		return "no datagram went from one to the other"
	case send.enter >= recv.ret:
		return "it was sent later"
	case !meets(w.dest(send), recv.on.local):
		return fmt.Sprintf("it went to %s, and this is %s", w.dest(send), recv.on.local)
	case out.Call.Names() && !meets(out.Addr, send.on.local):
		return "it came from " + out.Addr
	case int64(in.Size) != out.Result && !(int64(in.Size) > room && out.Result == room):
		return fmt.Sprintf("%d bytes were sent", in.Size)
	case !bytes.Equal(in.Data[:n], out.Data[:n]):
		return "its content differs"
	}
	return ""
}

func onItsWay(w *world, c *play.Claim, n int) string {
	send, k := w.calls[c.Step], w.entered(c.Other)
	if send == nil || send.ret != c.Step || k == nil || send.on == nil || w.steps[c.Step].Errno != 0 {
		return "no send returned there"
	}
	h := w.held(w.steps[k.enter].Proc, c.FD, k.enter)
	if h == nil || !h.on.letters() || !meets(w.dest(send), h.on.local) || w.dest(send) != c.Addr {
		return "it goes elsewhere"
	}
	for _, recv := range w.calls {
		if recv.ret >= 0 && recv.ret < n && recv.on == h.on && w.carries(send, recv) == "" && !w.twin(send) {
			return fmt.Sprintf("step %d got it", recv.ret)
		}
	}
	return is(int64(w.steps[send.enter].Size) == c.N, "it has another size")
}

func anybody(w *world, c *play.Claim, n int) string {
	s, wrong := w.inlet(w.entered(c.Step), c.FD, n)
	if wrong != "" {
		return wrong
	}
	return first(is(s.letters() && s.local == c.Addr, "that is not its address"), w.none(c, s, n))
}

func hears(w *world, c *play.Claim, n int) string {
	s, wrong := w.inlet(w.entered(c.Step), c.FD, n)
	if wrong != "" {
		return wrong
	}
	k := w.entered(c.Step)
	wrong = is(s.letters() && slices.ContainsFunc(s.tos, func(t noted) bool { return t.addr == c.Addr && t.step < n }), "it is not connected there")
	if k.ret >= 0 && w.steps[k.ret].Call.Names() && w.steps[k.ret].Errno == 0 {
		wrong = first(wrong, is(meets(w.steps[k.ret].Addr, c.Addr), "it heard another"))
	}
	return first(wrong, w.none(c, s, n))
}

func delivered(w *world, c *play.Claim, n int) string {
	return first(w.carries(w.calls[c.Step], w.calls[c.Other]), is(c.Other < n, "it has not returned yet"),
		is(int64(w.steps[w.calls[c.Step].enter].Size) == c.N, "it has another size"))
}

func taken(w *world, c *play.Claim, n int) string {
	return first(w.carries(w.calls[c.Other], w.calls[c.Step]), is(c.Other < n, "it has not returned yet"))
}

func passed(w *world, c *play.Claim, n int) string {
	send, later := w.calls[c.Other], w.calls[c.Step]
	if send == nil || later == nil || send.on == nil || later.on == nil {
		return "no calls returned there"
	}
	for _, recv := range w.calls {
		if recv.ret >= 0 && recv.ret < n && w.carries(send, recv) == "" && !w.twin(send) {
			return fmt.Sprintf("step %d got it", recv.ret)
		}
	}
	for _, o := range w.calls { // the later one
		if o.on == send.on && o.enter > send.ret && w.steps[o.enter].Call.Sends() && w.carries(o, later) == "" {
			return ""
		}
	}
	return "nothing that was sent later came there"
}

func cut(w *world, c *play.Claim, n int) string {
	k := w.calls[c.Step]
	if k == nil || k.ret != c.Step || k.on == nil || !k.on.letters() {
		return "no call on a datagram socket returned there"
	}
	out := &w.steps[c.Step]
	return first(is(out.Result == c.N && int(c.N) > c.Count, "it had room for all"), is(max(w.steps[k.enter].Size, out.Size) == c.Count, "it had other room"),
		is(len(out.Data) <= c.Count, "more came"))
}

func dropped(w *world, c *play.Claim, n int) string {
	return first(held(w, c, n), is(c.Queue != nil && c.Queue.Drops > 0, "none was dropped"))
}

func refused(w *world, c *play.Claim, n int) string {
	send, k := w.calls[c.Step], w.calls[c.Other]
	if send == nil || k == nil || send.ret != c.Step || k.ret != c.Other || send.on == nil || send.on != k.on {
		return "the two are not of one socket"
	}
	out := &w.steps[c.Other]
	bound := slices.ContainsFunc(w.holds, func(h *hold) bool { // all the time from its send on
		return h.on != send.on && h.on.letters() && h.on.local != "" && meets(c.Addr, h.on.local) && h.on.named < send.enter && (h.to < 0 || h.to > c.Other)
	})
	return first(is(out.Errno == trace.ECONNREFUSED && w.steps[c.Step].Errno == 0 && c.Step < c.Other, "nothing was refused"),
		is(w.dest(send) == c.Addr, "it went elsewhere"), is(!bound, "somebody has that port"))
}

// twin reports whether another datagram of the same content was sent by the same
// socket.
func (w *world) twin(send *call) bool {
	in := &w.steps[send.enter]
	for _, o := range w.calls {
		if e := &w.steps[o.enter]; o != send && o.on == send.on && e.Call.Sends() && e.Size == in.Size && bytes.Equal(e.Data, in.Data) {
			return true
		}
	}
	return false
}

// none checks that no datagram had been sent before position n which the call of a claim
// got all the same.
func (w *world) none(c *play.Claim, s *sock, n int) string {
	k := w.entered(c.Step)
	if k.ret < 0 || !w.steps[k.ret].Call.Receives() || w.steps[k.ret].Errno != 0 {
		return ""
	}
	for _, send := range w.calls {
		if send.enter < k.ret && send.ret >= 0 && send.ret < n && send.on != nil && w.carries(send, k) == "" && !w.twin(send) {
			return fmt.Sprintf("step %d had sent it before", send.ret)
		}
	}
	return ""
}
