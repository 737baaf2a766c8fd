package play

import (
	"bytes"
	"slices"
	"strings"

	"sockscope/server/trace"
)

// Datagram is one message of a socket without connections (udp(7), unix(7)): whole, and
// for itself. That a recv got it is inferred, by addresses and content.
type Datagram struct {
	Proc, FD int    // who sends it
	Source   string // the address of that socket, "" while it isn't known
	Dest     string // where it goes
	Enter    int    // index in Steps of the Enter of its send
	Send     int    // of its Return; -1 while the send is in the kernel
	Failed   bool   // the send returned an error: there is no datagram
	Recv     int    // index in Steps of the Return of the recv that got it; -1 for none
	Passed   int    // of the first recv that got a later one of the same socket instead; -1 for none
	Refused  int    // of the call that returned the answer of the kernel at Dest, by ICMP: nobody has that port; -1 for none
	Len      int64
	Bytes    []byte // the content, as far as it was kept
	// Alike says that another one of the same content was on its way to the same
	// address: which of the two a recv got isn't known.
	Alike bool

	Post int // index in Posts

	file int // as trace.FDState.File, of the socket that sends it
}

// Post is the datagrams from one socket to one address.
type Post struct {
	Proc, FD int // who sends them
	Dest     string
	List     []int // indexes in Datagrams

	file int
}

// letter returns what is known of a datagram socket now, nil where fd is something
// else.
func (r *Run) letter(proc, fd int) *trace.FDState {
	if !r.letters {
		return nil
	}
	if f := r.fdNow(proc, fd); f != nil && f.Datagrams() {
		return f
	}
	return nil
}

// fdNow returns what is known of an fd now, nil for one that isn't open.
func (r *Run) fdNow(proc, fd int) *trace.FDState {
	if proc < 0 || proc >= len(r.head.Procs) {
		return nil
	}
	return r.head.Procs[proc].FD(fd)
}

// letterAt is letter of the fd of step i, as that was then.
func (r *Run) letterAt(i int) *trace.FDState {
	if !r.letters {
		return nil
	}
	e := r.Gist(i)
	if s := r.stateOf(i); e.Proc >= 0 && e.Proc < len(s.Procs) {
		if f := s.Procs[e.Proc].FD(e.FD); f != nil && f.Datagrams() {
			return f
		}
	}
	return nil
}

// post notes the datagram that a send at step i is about to make.
func (r *Run) post(i int) {
	e := r.Step(i)
	f := r.letter(e.Proc, e.FD)
	if f == nil || !e.Call.Sends() {
		return
	}
	d := Datagram{Proc: e.Proc, FD: e.FD, Source: f.Local, Dest: e.Addr, Enter: i, Send: -1, Recv: -1, Passed: -1, Refused: -1, Len: int64(e.Size), Bytes: e.Data, file: f.File}
	if d.Dest == "" {
		d.Dest = f.Peer
	}
	d.Post = slices.IndexFunc(r.Posts, func(p Post) bool { return p.file == d.file && p.Proc == d.Proc && p.Dest == d.Dest })
	if d.Post < 0 {
		d.Post = len(r.Posts)
		r.Posts = append(r.Posts, Post{Proc: d.Proc, FD: d.FD, Dest: d.Dest, file: d.file})
	}
	r.Posts[d.Post].List = append(r.Posts[d.Post].List, len(r.Datagrams))
	r.letterOf[i] = len(r.Datagrams)
	r.Datagrams = append(r.Datagrams, d)
}

// posted notes how the send came back that returned in step i.
func (r *Run) posted(i int) {
	call := r.CallAt(i)
	if call == nil {
		return
	}
	k, ok := r.letterOf[call.Enter]
	if !ok {
		return
	}
	d, e := &r.Datagrams[k], r.Step(i)
	d.Send, d.Failed = i, e.Errno != 0
	r.letterOf[i] = k
	if f := r.letter(e.Proc, e.FD); f != nil && d.Source == "" {
		d.Source = f.Local
	}
}

// refused notes that the call which returned in step i has the answer to the newest
// datagram that its socket sent before.
func (r *Run) refused(i int) {
	e := r.Step(i)
	f := r.letter(e.Proc, e.FD)
	if f == nil || e.Errno != trace.ECONNREFUSED || f.Domain == trace.Unix {
		return
	}
	for k := len(r.Datagrams) - 1; k >= 0; k-- {
		if d := &r.Datagrams[k]; d.file == f.File && d.Send >= 0 && d.Send < i && !d.Failed {
			d.Refused = i
			return
		}
	}
}

// mostWaiting is how many datagrams are looked through for the one that a recv got.
const mostWaiting = 1 << 10

// got finds the datagram that the recv got which returned in step i. One that was sent
// before it by the same socket, and did not come, has been passed.
func (r *Run) got(i int) {
	e := r.Step(i)
	f, call := r.letter(e.Proc, e.FD), r.CallAt(i)
	if f == nil || call == nil || e.Errno != 0 || e.Peeks() {
		return
	}
	from := e.Addr
	if !e.Call.Names() {
		from = f.Peer
	}
	room := int64(r.room(i))
	found := -1
	var passed []int
	for k := max(0, len(r.Datagrams)-mostWaiting); k < len(r.Datagrams); k++ {
		d := &r.Datagrams[k]
		if d.Failed || d.Recv >= 0 || d.Passed >= 0 || !r.together(d.Proc, e.Proc) || !reaches(d.Dest, f.Local) || !reaches(from, d.Source) {
			continue
		}
		switch n := min(len(d.Bytes), len(e.Data)); {
		case d.Len != e.Result && !(d.Len > room && e.Result == room), !bytes.Equal(d.Bytes[:n], e.Data[:n]):
			if found < 0 {
				passed = append(passed, k)
			}
		case found < 0:
			found = k
		case d.file == r.Datagrams[found].file:
			r.Datagrams[found].Alike, d.Alike = true, true
		}
	}
	if found < 0 {
		return
	}
	d := &r.Datagrams[found]
	d.Recv = i
	r.letterOf[i] = found
	for _, k := range passed {
		if o := &r.Datagrams[k]; o.file == d.file && o.Send >= 0 && o.Send < d.Enter {
			o.Passed = i
		}
	}
}

// reaches reports whether what is sent to an address comes to a socket that has one. A
// socket may have the address of all interfaces. An unknown address may be any.
func reaches(to, local string) bool {
	if to == "" || local == "" || to == local || to == unnamed || local == unnamed {
		return true
	}
	host, port := address(to)
	own, bound := address(local)
	if host == "" || own == "" || port != bound {
		return false
	}
	return host == own || own == "0.0.0.0" || own == "::" || host == "0.0.0.0" || host == "::"
}

// address takes an address apart; host is "" for one of a Unix socket. An address of IPv4
// that IPv6 carries is taken for that of IPv4.
func address(addr string) (host, port string) {
	colon := strings.LastIndexByte(addr, ':')
	if colon < 0 || strings.HasPrefix(addr, "@") || strings.Contains(addr, "/") {
		return "", addr
	}
	host = strings.Trim(addr[:colon], "[]")
	return strings.TrimPrefix(host, "::ffff:"), addr[colon+1:]
}

// DatagramAt returns the datagram that the call at step i sent or got, or nil. Step i is
// the call's Enter or Return.
func (r *Run) DatagramAt(i int) *Datagram {
	if k, ok := r.letterOf[i]; ok {
		return &r.Datagrams[k]
	}
	if c := r.CallAt(i); c != nil && c.Return >= 0 {
		if k, ok := r.letterOf[c.Return]; ok {
			return &r.Datagrams[k]
		}
	}
	return nil
}

// Waiting reports whether d was sent and not received after n steps: it is in a queue of
// the kernel's, or lost.
func (d *Datagram) Waiting(n int) bool {
	return !d.Failed && d.Send >= 0 && d.Send < n && (d.Recv < 0 || d.Recv >= n)
}

// toward returns those of the datagrams that were on their way to a socket of proc after
// n steps, in their order.
func (r *Run) toward(proc int, f *trace.FDState, n int) []*Datagram {
	var all []*Datagram
	for k := max(0, len(r.Datagrams)-mostWaiting); k < len(r.Datagrams); k++ {
		if d := &r.Datagrams[k]; d.Waiting(n) && r.together(d.Proc, proc) && reaches(d.Dest, f.Local) && (f.Peer == "" || reaches(f.Peer, d.Source)) {
			all = append(all, d)
		}
	}
	return all
}

// datagram finds what brought a datagram to an fd during the sleep: that which the recv
// got, or the first that was sent to where the fd is.
func (s sleep) datagram(f *trace.FDState) int {
	r := s.run
	came := func(d *Datagram) int {
		switch {
		case d.Failed || d.Send >= 0 && d.Send < s.enter:
			return -1
		case d.Send >= 0 && d.Send < s.ret:
			return d.Send
		}
		return d.Enter
	}
	if r.Gist(s.ret).Call.Receives() {
		if k, ok := r.letterOf[s.ret]; ok && !r.Datagrams[k].Alike && r.Datagrams[k].Proc != s.proc {
			return came(&r.Datagrams[k])
		}
		return -1
	}
	for k := range r.Datagrams {
		if d := &r.Datagrams[k]; d.Recv < 0 && d.Proc != s.proc && r.together(d.Proc, s.proc) && f.Local != "" && reaches(d.Dest, f.Local) && came(d) >= 0 {
			return came(d)
		}
	}
	return -1
}

// datagrams tells what is known of datagrams for the socket f, for the open call c.
func (w *why) datagrams(p *prospect, c *Call, f *trace.FDState) {
	r, in := w.run, w.run.Step(c.Enter)
	if r.gapped(w.n) {
		return
	}
	for _, d := range r.toward(in.Proc, f, w.n) {
		switch {
		case d.Alike:
			return // it may have been received
		case d.Passed < 0:
			p.add(Claim{Kind: OnItsWay, Step: d.Send, Other: c.Enter, FD: f.FD, N: d.Len, Addr: d.Dest})
			return
		}
	}
	if f.Peer != "" {
		p.add(Claim{Kind: Hears, Step: c.Enter, FD: f.FD, Addr: f.Peer})
	} else if f.Local != "" {
		p.add(Claim{Kind: Anybody, Step: c.Enter, FD: f.FD, Addr: f.Local})
	}
}

// delivered tells where the datagram of the call that returned in a step came from, or
// went to, or that it came back.
func (w *why) delivered(ret int) {
	r, e := w.run, w.run.Step(ret)
	if e.Errno == trace.ECONNREFUSED {
		w.unreachable(ret)
		return
	}
	d := r.DatagramAt(ret)
	if d == nil || e.Errno != 0 || r.gapped(w.n) {
		return
	}
	call := r.CallAt(ret)
	switch {
	case call == nil:
	case e.Call.Receives():
		const trunc = 0x20 // MSG_TRUNC
		if room := max(e.Size, r.Step(call.Enter).Size); e.Result > int64(room) && len(e.Args) > 0 && e.Args[0]&trunc != 0 {
			w.add(Claim{Kind: Cut, Step: ret, N: e.Result, Count: room})
		}
		told := slices.ContainsFunc(w.links, func(l Link) bool { return l.Kind == Woke && (l.Step == d.Send || l.Step == d.Enter) })
		if !d.Alike && !told {
			step := d.Send
			if step < 0 || step >= w.n {
				step = d.Enter
			}
			w.add(Claim{Kind: Delivered, Step: step, Other: ret, N: d.Len})
		}
	case d.Alike:
	case d.Recv >= 0 && d.Recv < w.n:
		w.add(Claim{Kind: Taken, Step: d.Recv, Other: ret, N: d.Len})
	case d.Passed >= 0 && d.Passed < w.n:
		w.add(Claim{Kind: Passed, Step: d.Passed, Other: ret})
	}
}

// unreachable tells which send an ICMP message answered that came out of the call which
// returned in a step.
func (w *why) unreachable(ret int) {
	r, call := w.run, w.run.CallAt(ret)
	f := w.fd(r.Gist(ret).Proc, r.Gist(ret).FD, ret)
	if call == nil || f == nil || !f.Datagrams() || f.Domain == trace.Unix || r.gapped(w.n) {
		return
	}
	if k := slices.IndexFunc(r.Datagrams, func(d Datagram) bool { return d.Refused == ret }); k >= 0 {
		w.add(Claim{Kind: Refused, Step: r.Datagrams[k].Send, Other: ret, Addr: r.Datagrams[k].Dest})
	}
}
