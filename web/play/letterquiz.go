package play

import (
	"fmt"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/words"
)

// What is so of datagrams, against beliefs that many people hold.
const (
	nobodyTold      = "What finds no room in the receive buffer is dropped. The sender isn't told, and nobody sends it again."
	bufferKeeps     = "From bind on, the kernel keeps datagrams for the socket, whether anybody is in a recv or not."
	neverJoined     = "That is how a stream is read. Datagrams are never joined: each call gets one."
	cutForGood      = "That is how a stream is read. Of a datagram that is cut, the rest is dropped."
	shortIsNoError  = "A buffer that is too short is no error of recvfrom. EMSGSIZE is for what is too long to send."
	nobodyIsAsked   = "No packet leaves for a connect of UDP. The kernel notes whom the socket sends to, and hears."
	connectHasSense = "It is allowed: send needs no address then, only that peer is heard, and errors come back."
	errorsComeBack  = "The kernel there answers that nobody has the port (ICMP), and a connected socket is told by its next call."
)

// letters asks about a call of a datagram socket that has returned, if it matters. It
// reports whether the call was of one.
func (c *chooser) letters(call *Call) bool {
	r := c.run
	if r.letterAt(call.Enter) == nil {
		return false
	}
	in, out := c.enter(call), c.returned(call)
	switch {
	case in.Call == trace.Connect && out.Errno == 0 && c.wants(lab.ConnectNotes):
		c.ask(notes(r, call))
	case in.Call == trace.Close && c.wants(lab.DatagramsArrive):
		c.arrive(call)
	case !in.Call.Receives():
	case out.Errno == trace.ECONNREFUSED && c.wants(lab.RecvFails):
		c.ask(refused(r, call))
	case out.Errno != 0:
	case out.Result > int64(max(in.Size, out.Size)) && c.wants(lab.RecvCut):
		c.ask(cut(r, call))
	case c.wants(lab.RecvDatagram) && out.Result < int64(in.Size) && out.Sleep != trace.Slept:
		c.one(call)
	}
	return true
}

// one asks how much a recv gets while several datagrams wait that it has room for.
func (c *chooser) one(call *Call) {
	r, in, out := c.run, c.run.Step(call.Enter), c.run.Step(call.Return)
	both, n := int64(0), 0
	for _, d := range r.toward(in.Proc, r.letterAt(call.Enter), call.Enter) {
		if d.Passed < 0 && both+d.Len <= int64(in.Size) {
			both += d.Len
			n++
		}
	}
	if n < 2 || both <= out.Result {
		return
	}
	q := asks(call, AskResult, lab.RecvDatagram, call.Enter+1)
	q.Text = fmt.Sprintf("%s of %s has room for %s, and several datagrams wait. What does it return?", brief(in), r.who(in.Proc), words.Count(int64(in.Size), "byte"))
	q.right("%s: one datagram", words.Count(out.Result, "byte"))
	q.wrong(neverJoined, "%s: as many as there is room for", words.Count(both, "byte"))
	q.wrong(neverJoined, "%s: the room is filled", words.Count(int64(in.Size), "byte"))
	c.ask(q.mixed())
}

// cut asks what becomes of the bytes of a datagram that have no room.
func cut(r *Run, c *Call) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskWhen, lab.RecvCut, c.Enter+1)
	q.Text = fmt.Sprintf("A datagram of %s comes to %s of %s, which has room for %d. What will become of the rest?",
		words.Count(out.Result, "byte"), brief(in), r.who(in.Proc), in.Size)
	q.right("They are gone")
	q.wrong(cutForGood, "The next %v returns them", in.Call)
	q.wrong(shortIsNoError, "None come: it returns -1 EMSGSIZE")
	return q.mixed()
}

// notes asks what a connect of a datagram socket does.
func notes(r *Run, c *Call) *Question {
	in := r.Step(c.Enter)
	q := asks(c, AskWhen, lab.ConnectNotes, c.Enter+1)
	q.Text = fmt.Sprintf("fd %d of %s is a UDP socket. What does its connect do?", in.FD, r.who(in.Proc))
	q.right("It notes the address, and returns 0")
	q.wrong(nobodyIsAsked, "It shakes hands with whoever has that address")
	q.wrong(nobodyIsAsked, "It returns -1 ECONNREFUSED: nobody listens")
	q.wrong(connectHasSense, "It fails: UDP has no connections")
	return q.mixed()
}

// refused asks what a call returns after a datagram has come to a port that nobody has.
func refused(r *Run, c *Call) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, lab.RecvFails, moment(c, out))
	q.Text = fmt.Sprintf("Nobody has the port that %s has just sent to. What does %s return?", r.who(in.Proc), brief(in))
	q.right("%s", failure(out))
	q.wrong(errorsComeBack, "Nothing yet: it sleeps, as nobody answers")
	q.wrong("0 would be a datagram without bytes. There is no end of file.", "0: nobody is there")
	return q.mixed()
}

// arrive asks, at the close of a datagram socket, how many of a client's datagrams it
// got. They are those that the client sent before the first of them was received.
func (c *chooser) arrive(call *Call) {
	r, in := c.run, c.run.Step(call.Enter)
	f := r.letterAt(call.Enter)
	first, sent, got := -1, 0, 0
	for k := range r.Datagrams {
		d := &r.Datagrams[k]
		if d.Failed || d.Send < 0 || d.Send > call.Enter || d.Proc == in.Proc || !r.together(d.Proc, in.Proc) || !reaches(d.Dest, f.Local) {
			continue
		}
		if d.Recv >= 0 && first < 0 {
			first = r.CallAt(d.Recv).Enter
		}
		if first >= 0 && d.Enter > first {
			continue
		}
		sent++
		if d.Recv >= 0 && d.Recv < call.Enter {
			got++
		}
	}
	if sent < 3 || first < 0 {
		return
	}
	q := asks(call, AskWhen, lab.DatagramsArrive, first)
	q.Text = fmt.Sprintf("%s datagrams were sent to %s, which has not received any yet. How many will it get?", words.Thousands(int64(sent)), r.who(in.Proc))
	all := fmt.Sprintf("All %d", sent)
	if got < sent {
		q.right("%d: those that found room", got)
		q.wrong(nobodyTold, "%s", all)
		q.wrong("The buffer is a queue: what is in it stays, and what comes later finds no room.", "1: the last one")
	} else {
		q.right("%s", all)
		q.wrong("UDP may lose datagrams. Within a machine it does when a buffer is full, and this one was not.", "Some: UDP loses a few")
	}
	q.wrong(bufferKeeps, "None: it was in no recv when they came")
	c.ask(q.mixed())
}
