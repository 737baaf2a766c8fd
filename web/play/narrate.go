package play

import (
	"fmt"
	"slices"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/words"
)

// Narration is the sentence of one step, and the claims that it makes.
type Narration struct {
	Text   string // without its full stop
	Claims []Claim
}

// mostTold is how many claims a narration makes besides that of its step.
const mostTold = 2

// Narrate tells in a sentence what step i is, as it is known when it has happened.
func (r *Run) Narrate(i int) Narration {
	e := r.Step(i)
	c := r.CallAt(i)
	w := &why{run: r, ends: r.endsNow(), n: i + 1, most: mostTold}
	switch {
	case e.Kind == trace.Note:
		return Narration{Text: capital(strings.TrimSuffix(e.Note, "."))}
	case e.Kind == trace.Gap:
		g := Gap{Calls: e.Result}
		return Narration{Text: g.Missing()}
	case e.Kind == trace.Start:
		return r.narration(Claim{Kind: Begun, Step: i}, "", nil)
	case e.Kind == trace.Exit:
		return r.narration(Claim{Kind: Over, Step: i}, "", nil)
	case c == nil:
		return Narration{}
	case e.Kind == trace.Enter:
		if e.Call == trace.Nanosleep {
			return r.narration(Claim{Kind: r.pause(i), Step: i, Other: -1, N: e.Timeout}, "", nil)
		}
		w.buffers(c)
		return r.narration(Claim{Kind: In, Step: i}, capital(r.thread(i))+" "+r.enters(i), slices.DeleteFunc(w.links, func(l Link) bool {
			return e.Call.Sends() && l.Queue.Send == 0
		}))
	}
	w.path = []waypoint{{call: c}}
	w.returned(c)
	main, rest := w.links[0].Claim, w.links[1:]
	if e.Call == trace.Connect && e.Errno == 0 {
		if l, ok := w.ends.at(e.Proc, e.FD, w.n); ok && !l.accepted {
			var p prospect
			w.backlogged(&p, c, e.FD)
			for _, claim := range p.claims {
				rest = append(rest, r.link(claim))
			}
		}
	}
	return r.narration(main, r.returns(c, &w.ends), slices.DeleteFunc(rest, func(l Link) bool {
		return l.Kind == Held || l.Kind == Forked || l.Kind == Loaded
	}))
}

// narration puts a sentence together: that of the step, which is the claim's own
// where text is "", and what the links behind it say of that.
func (r *Run) narration(main Claim, text string, links []Link) Narration {
	if text == "" {
		text = capital(r.link(main).Text)
	}
	n := Narration{Text: text, Claims: []Claim{main}}
	mark := ": "
	for _, l := range links[:min(len(links), mostTold)] {
		text := l.Text
		if l.Kind == From && l.N == r.Step(l.Other).Result {
			text = strings.Replace(text, words.Count(l.N, "byte"), plural(l.N, "it", "they"), 1)
		}
		n.Text += mark + text
		n.Claims = append(n.Claims, l.Claim)
		mark = "; "
	}
	return n
}

// exit tells of the exit of step i.
func (r *Run) exit(i int) string {
	switch status := r.Step(i).Result; {
	case status < 0:
		return trace.SignalName(-status) + " ends " + r.thread(i)
	case status > 0:
		return fmt.Sprintf("%s %s, with status %d", capital(r.thread(i)), r.verb(i, "ends", "end"), status)
	}
	return capital(r.thread(i)) + r.verb(i, " ends", " end")
}

// enters says what the thread of step i calls, from its verb on.
func (r *Run) enters(i int) string {
	e := r.Step(i)
	s := r.verb(i, "s", "") // of a verb
	arg := func(k int) int64 {
		if k < len(e.Args) {
			return e.Args[k]
		}
		return 0
	}
	switch e.Call {
	case trace.Socket:
		return "ask" + s + " for a socket"
	case trace.Bind:
		return fmt.Sprintf("give%s fd %d the address %s", s, e.FD, e.Addr)
	case trace.Listen:
		return fmt.Sprintf("make%s fd %d a listener, with a backlog of %d", s, e.FD, arg(0))
	case trace.Connect:
		if f := r.letterAt(i); f != nil {
			return fmt.Sprintf("ha%s fd %d note the address %s", r.verb(i, "s", "ve"), e.FD, e.Addr)
		}
		return fmt.Sprintf("connect%s fd %d to %s", s, e.FD, e.Addr)
	case trace.Sendto, trace.Sendmsg:
		if e.Addr != "" {
			return fmt.Sprintf("send%s %s to %s through fd %d", s, words.Count(int64(e.Size), "byte"), e.Addr, e.FD)
		}
		fallthrough
	case trace.Send, trace.Writev, trace.Sendfile:
		return fmt.Sprintf("send%s %s through fd %d", s, words.Count(int64(e.Size), "byte"), e.FD)
	case trace.Close:
		return fmt.Sprintf("close%s fd %d", s, e.FD)
	case trace.Shutdown:
		if arg(0) != 0 {
			return fmt.Sprintf("say%s that fd %d sends no more (shutdown)", s, e.FD)
		}
	case trace.Fork:
		return "fork" + s
	}
	return "call" + s + " " + r.brief(i)
}

// returns says what the call c came back with.
func (r *Run) returns(c *Call, at *ends) string {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	text := capital(r.call(c.Enter)) + " returns " + result(out)
	switch {
	case out.Errno != 0:
		if t := out.Errno.Text(); t != "" {
			text += " (" + t + ")"
		}
		return text
	case in.Call == trace.Nanosleep:
		return capital(r.thread(c.Enter)) + r.verb(c.Enter, " goes", " go") + " on: the pause is over"
	case in.Call == trace.Accept:
		text = fmt.Sprintf("%s returns fd %d", capital(r.call(c.Enter)), out.Result)
		if l, ok := at.at(out.Proc, int(out.Result), c.Return+1); ok && l.peer.Proc >= 0 {
			text += ", the connection of " + r.who(l.peer.Proc)
		}
		return text
	case in.Call == trace.Socket:
		return fmt.Sprintf("%s %s fd %d", capital(r.thread(c.Enter)), r.verb(c.Enter, "gets", "get"), out.Result)
	case in.Call == trace.Connect:
		if r.letterAt(c.Enter) != nil {
			return capital(r.call(c.Enter)) + " has noted the address: nobody is asked"
		}
		return fmt.Sprintf("%s %s connected", capital(r.thread(c.Enter)), r.verb(c.Enter, "is", "are"))
	case in.Call == trace.Fork:
		return fmt.Sprintf("%s made process %d", capital(r.call(c.Enter)), out.Result)
	case in.Call.Names() && out.Addr != "" && r.letterAt(c.Enter) != nil:
		return fmt.Sprintf("%s returns a datagram of %s from %s", capital(r.call(c.Enter)), words.Count(out.Result, "byte"), out.Addr)
	case in.Call.Receives() && r.letterAt(c.Enter) != nil:
		return fmt.Sprintf("%s returns a datagram of %s", capital(r.call(c.Enter)), words.Count(out.Result, "byte"))
	case in.Call.Receives() && out.Result > 0:
		return capital(r.call(c.Enter)) + " returns " + words.Count(out.Result, "byte")
	case in.Call.Sends() && out.Result < int64(in.Size):
		return fmt.Sprintf("%s takes %s of %s", capital(r.call(c.Enter)), words.Thousands(out.Result), words.Count(int64(in.Size), "byte"))
	case in.Call.Sends():
		return capital(r.call(c.Enter)) + " takes " + words.Count(out.Result, "byte")
	case in.Call.Multiplexes() && out.Result > 0:
		return fmt.Sprintf("%s finds %s ready%s", capital(r.call(c.Enter)), words.Count(out.Result, "fd"), members(out.Sets))
	}
	return text
}

// members names the fds that were found ready, those of the three lists.
func members(s *trace.Sets) string {
	var found []string
	for l, fds := range lists(s) {
		for _, fd := range fds[:min(len(fds), shownMembers)] {
			found = append(found, fmt.Sprintf("fd %d %v", fd, List(l)))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return ", " + strings.Join(found, ", ")
}
