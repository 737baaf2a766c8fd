package play

import (
	"fmt"
	"slices"
	"strings"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/words"
)

// Asking is what a Question asks about a call.
type Asking uint8

const (
	AskResult Asking = iota // what it returns: one of Offers
	AskSleep                // the same of a call that sleeps first: one of Offers
	AskReady                // which fds are ready: lit Members, or one of Offers
	AskWhen                 // when something comes about: one of Offers
)

// Question is asked before the step that answers it is shown. What is right was read
// from the trace.
type Question struct {
	Topic   lab.Topic
	Asking  Asking
	Lane    int      // index in Run.Lanes of the lane that it is about
	Enter   int      // index in Steps of the call's Enter
	Answer  int      // index in Steps of what answers it, mostly the call's Return
	At      int      // the position at which it is asked; At <= Answer
	Text    string   // "What does recv(4) return?"
	Offers  []Offer  // answers to choose from
	Members []Member // of AskReady: what may be lit, in the order of the lists
	Right   Guess
	Belief  string // of AskReady: why other members are wrong

	does bool // it asks what a call does, so that an answer is a sentence
}

// Offer is one answer to choose.
type Offer struct {
	Text string
	// Belief says why a wrong answer is wrong. Of the right one it is "".
	Belief string
}

// Member is one fd in one of the lists that a multiplexer is asked about.
type Member struct {
	List List
	FD   int
}

// List is one of the three lists of select(2).
type List uint8

// The lists, in the order of the call's arguments.
const (
	Readable List = iota
	Writable
	Exceptional
)

// String returns the word for what the members of the list may be.
func (l List) String() string { return [...]string{"readable", "writable", "exceptional"}[l%3] }

// Guess is an answer to a Question: an offer, or the members that are lit.
type Guess struct {
	Offer int    // index in Offers; -1 for none
	Lit   []bool // by Members; nil while an offer is chosen
}

// Equal reports whether two guesses are the same answer.
func (g Guess) Equal(h Guess) bool { return g.Offer == h.Offer && slices.Equal(g.Lit, h.Lit) }

// right sets the right answer, which must be the first offer.
func (q *Question) right(format string, a ...any) {
	q.Offers = append(q.Offers, Offer{Text: q.answer(format, a...)})
}

// wrong adds a wrong answer, unless there is one of the same text.
func (q *Question) wrong(belief, format string, a ...any) {
	text := q.answer(format, a...)
	if !slices.ContainsFunc(q.Offers, func(o Offer) bool { return o.Text == text }) {
		q.Offers = append(q.Offers, Offer{text, belief})
	}
}

// answer writes an offer as the question needs it: where that asks what a call does,
// as a sentence.
func (q *Question) answer(format string, a ...any) string {
	text := fmt.Sprintf(format, a...)
	if q.does && !strings.HasPrefix(text, "It ") {
		text = "It returns " + strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

// mixed moves the right offer, which is the first, to a place that differs from call
// to call, and notes where.
func (q *Question) mixed() *Question {
	n := len(q.Offers)
	at := q.Enter / 2 % n
	right := q.Offers[0]
	copy(q.Offers, q.Offers[1:at+1])
	q.Offers[at] = right
	q.Right = Guess{Offer: at}
	return q
}

// What is so, against beliefs that many people hold.
const (
	roomIsNoPromise   = "The size is the room for bytes. recv returns what there is, and waits only while there is nothing."
	zeroIsTheEnd      = "0 from recv means that the peer has said all. An empty buffer is something else: it makes recv sleep, or return EAGAIN."
	zeroIsNoError     = "0 is no error. It is the end of the stream: the peer has closed, or shut down its side."
	againIsNotYet     = "EAGAIN says that the call would have to sleep, and that its socket is non-blocking."
	neverSleeps       = "The socket is non-blocking: its calls return at once, whatever there is."
	noBoundaries      = "One send is not one recv. TCP carries a stream of bytes, and keeps no boundaries."
	sendCopies        = "send returns when the kernel has copied the bytes. It knows nothing of the peer's recv."
	sendTakesPart     = "send takes what fits the kernel's buffer, and says how much. The rest is the program's to send again."
	listenerMakes     = "The listener stays what it is. accept makes a new socket, under the lowest free number."
	kernelConnects    = "The kernel shakes hands by itself. A connection is made before accept, and waits in the backlog."
	countsMembers     = "Its number says how many members are ready. It reads no bytes; which members they are stands in the lists."
	timeoutIsNoError  = "A timeout is no error: nothing is ready, so the number of ready members is 0."
	halfCloseOneWay   = "FIN ends one direction: that side sends no more. Whether it still receives, nothing has told yet."
	nobodyCallsBack   = "Nobody calls back. The program has to ask again, and each time it is told EAGAIN."
	nothingSlowsIt    = "Nothing slows it down: a call that does not sleep is back in a moment, and the program makes the next."
	edgeToldOnce      = "Edge-triggered, it is told once of what arrives, and never of what is still there."
	levelToldAgain    = "Level-triggered, it is told each time, for as long as bytes are there."
	linesAreTheirs    = "The kernel knows of no lines. The program looks for the newline, and holds what is no whole line yet."
	errorIsToldByCall = "What went wrong is told by the next call on the socket: it returns -1, and errno."
)

// asks returns a question about c that is to be asked at the position.
func asks(c *Call, a Asking, s lab.Topic, at int) *Question {
	return &Question{Asking: a, Lane: c.Lane, Enter: c.Enter, Answer: c.Return, At: at, Topic: s}
}

// sleeps asks, of a call that slept, what it does, just after it entered. The text is
// the same as for a call that did not sleep, so that it gives nothing away.
func sleeps(r *Run, c *Call, s lab.Topic) *Question {
	in := r.Step(c.Enter)
	q := asks(c, AskSleep, s, c.Enter+1)
	q.happens(r, in)
	switch {
	case in.Call == trace.Accept:
		q.right("It sleeps, until a client connects")
		q.wrong(againIsNotYet, "It returns -1 EAGAIN: nobody is there")
		q.wrong("There is no connection to make a socket of: nobody waited.", "It returns a socket, for the next client")
	case in.Call.Sends():
		q.right("It sleeps, until there is room")
		q.wrong(sendTakesPart+" A blocking send waits for room.", "It returns at once: send never waits")
	default:
		q.right("It sleeps, until bytes arrive")
		q.wrong("There was nothing in its Recv-Q.", "It returns what has arrived, at once")
		q.wrong(zeroIsTheEnd, "It returns 0 at once: there is nothing")
		q.wrong(againIsNotYet, "It returns -1 EAGAIN at once")
	}
	return q.mixed()
}

// happens writes the question what the call does, or, where it has slept and is about
// to return, what it returns.
func (q *Question) happens(r *Run, in *trace.Event) {
	text := fmt.Sprintf("%s of %s ", brief(in), r.who(in.Proc))
	switch {
	case in.Call.Receives():
		text += fmt.Sprintf("has room for %s.", words.Count(int64(in.Size), "byte"))
	case in.Call.Sends():
		text += fmt.Sprintf("offers %s.", words.Count(int64(in.Size), "byte"))
	default:
		text += "has entered the kernel."
	}
	if q.does = q.At == q.Enter+1; q.does {
		q.Text = text + " What does it do?"
	} else {
		q.Text = text + " It has slept. What does it return?"
	}
}

// received asks what a recv returns. first and whole are the bytes of the first and
// of the last send that its bytes came from; 0 where that is not known.
func received(r *Run, c *Call, s lab.Topic, nonBlocking bool, first, whole int64) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	slept := out.Sleep != trace.Awake
	q := asks(c, AskResult, s, moment(c, out))
	q.happens(r, in)
	switch {
	case out.Errno != 0:
		q.right("%s", failure(out))
		q.wrong(zeroIsTheEnd, "0: there is nothing")
	case out.Result == 0:
		q.right("0: the end of the stream")
		q.wrong(zeroIsNoError, "-1, with an error")
	default:
		q.right("%s", words.Count(out.Result, "byte"))
		if first > 0 && first != out.Result {
			q.wrong(noBoundaries, "%s", words.Count(first, "byte"))
		}
		if whole > 0 && whole != out.Result {
			q.wrong(noBoundaries, "%s", words.Count(whole, "byte"))
		}
		if int64(in.Size) > out.Result {
			q.wrong(roomIsNoPromise, "%s", words.Count(int64(in.Size), "byte"))
		}
		q.wrong(zeroIsTheEnd, "0")
	}
	switch {
	case slept:
	case nonBlocking:
		q.wrong(neverSleeps, "It sleeps, until bytes arrive")
	case out.Result > 0 && int64(in.Size) > out.Result:
		q.wrong(roomIsNoPromise, "It sleeps, until there are %s", words.Count(int64(in.Size), "byte"))
	case out.Errno == 0 && out.Result == 0:
		q.wrong("There is nothing to wait for: the peer has said all.", "It sleeps, until bytes arrive")
	}
	return q.mixed()
}

// answered asks what a recv returns that gets bytes after its own side has shut down
// what it sends.
func answered(r *Run, c *Call, s lab.Topic) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, s, moment(c, out))
	q.Text = fmt.Sprintf("%s has shut down what it sends. What does its %s return?", capital(r.who(in.Proc)), brief(in))
	q.right("%s", words.Count(out.Result, "byte"))
	q.wrong(halfCloseOneWay, "0: it has ended the connection")
	q.wrong("The socket is connected still. Only a send would fail, with EPIPE.", "-1 ENOTCONN: it is connected no more")
	q.wrong("EPIPE is what a send returns after the shutdown. Receiving goes on.", "-1 EPIPE: it is shut down")
	return q.mixed()
}

// tells asks what a close, which resets the connection, makes the peer's recv return.
// c is that recv.
func tells(r *Run, c, closing *Call) *Question {
	e := r.Step(closing.Enter)
	q := &Question{Topic: lab.CloseTells, Asking: AskWhen, Lane: closing.Lane, Enter: closing.Enter, Answer: c.Return, At: closing.Enter + 1}
	q.Text = fmt.Sprintf("%s closes fd %d.", capital(r.who(e.Proc)), e.FD)
	belief := "SO_LINGER with 0 seconds makes it a reset: RST brings an error, and no end."
	if held := queue(e, e.FD); held != nil && held.Recv > 0 {
		q.Text = fmt.Sprintf("%s closes fd %d, with %s unread in its Recv-Q.", capital(r.who(e.Proc)), e.FD, words.Count(int64(held.Recv), "byte"))
		belief = "Unread bytes make it a reset, so that the peer learns that they were lost."
	}
	q.Text += fmt.Sprintf(" What does recv(%d) of %s then return?", r.Gist(c.Enter).FD, r.who(r.Gist(c.Enter).Proc))
	q.right("%s", failure(r.Step(c.Return)))
	q.wrong(belief, "0: the end of the stream")
	q.wrong("No: the RST ends the connection at once, for both sides.", "Nothing yet: it sleeps on")
	return q.mixed()
}

// failure writes a failed call's result with what it means.
func failure(out *trace.Event) string {
	if out.Errno.NotYet() {
		return result(out) + ": not yet"
	}
	if text := out.Errno.Text(); text != "" {
		return result(out) + ": " + text
	}
	return result(out)
}

// sent asks what a send returns.
func sent(r *Run, c *Call, s lab.Topic, nonBlocking bool) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, s, moment(c, out))
	q.happens(r, in)
	switch {
	case out.Errno != 0:
		q.right("%s", failure(out))
		if !out.Errno.NotYet() {
			q.wrong(errorIsToldByCall, "%s: it took all", words.Thousands(int64(in.Size)))
		} else {
			q.wrong("Nothing fitted, and 0 would not say whether to try again.", "0: it took nothing")
		}
	default:
		if out.Result < int64(in.Size) {
			q.right("%s: it took a part", words.Thousands(out.Result))
			q.wrong(sendTakesPart, "%s: it takes all, or fails", words.Thousands(int64(in.Size)))
			q.wrong("EAGAIN says that not one byte fitted.", "-1 EAGAIN")
		} else {
			q.right("%s: it took all", words.Thousands(out.Result))
			if s == lab.SendHalfClosed {
				q.wrong(halfCloseOneWay, "-1 EPIPE: the connection is closing")
			}
		}
		q.wrong("The bytes are in the kernel's buffer: that is what the result counts.", "0: nothing has arrived yet")
	}
	if out.Sleep == trace.Awake {
		if nonBlocking {
			q.wrong(neverSleeps, "It sleeps, until there is room")
		} else {
			q.wrong(sendCopies, "It sleeps, until the peer has read them")
		}
	}
	return q.mixed()
}

// killed asks what a send does that a signal follows, which ends the process at step
// exit.
func killed(r *Run, c *Call, exit int) *Question {
	q := asks(c, AskSleep, lab.SendSignal, c.Enter+1)
	q.Answer = exit
	q.happens(r, r.Step(c.Enter))
	q.right("It never returns: %s ends the process", trace.SignalName(-r.Step(exit).Result))
	q.wrong("So it would in a program that has seen to the signal. The default of SIGPIPE ends the process before send returns.", "It returns -1 EPIPE")
	q.wrong("The RST has ended the connection: the kernel takes no more bytes for it.", "It returns %d, as the send before", r.Step(c.Enter).Size)
	q.wrong("No peer is left that could make room.", "It sleeps, until there is room")
	return q.mixed()
}

// accepted asks what an accept returns.
func accepted(r *Run, c *Call, s lab.Topic) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, s, moment(c, out))
	q.happens(r, in)
	if out.Errno != 0 {
		q.right("%s", failure(out))
		q.wrong("0 would be an fd: standard input.", "0")
		if out.Errno == trace.EMFILE {
			q.wrong("accept waits for clients, and not for room in its process's table of fds.", "Nothing yet: it sleeps until an fd is free")
			q.wrong("The connection is there, and its process may have no fd more for it.", "%d: a new socket", in.FD+3)
		}
	} else {
		q.right("%d: a new socket", out.Result)
		q.wrong(listenerMakes, "%d: the listener, connected now", in.FD)
		q.wrong("accept returns an fd. The address comes out beside it.", "The client's address")
	}
	switch {
	case out.Sleep != trace.Awake || out.Errno == trace.EMFILE:
	case out.Errno.NotYet():
		q.wrong(neverSleeps, "It sleeps, until a client connects")
	default:
		q.wrong("accept takes a connection out of the backlog. Whether the client has sent anything does not matter.", "It sleeps, until the client sends")
	}
	return q.mixed()
}

// connected asks what a connect returns while nobody has accepted it, or one that
// fails.
func connected(r *Run, c *Call, s lab.Topic) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, s, c.Return)
	q.Text = fmt.Sprintf("Nobody is in accept. What does %s of %s return?", brief(in), r.who(in.Proc))
	if out.Errno != 0 {
		q.Text = fmt.Sprintf("What does %s of %s return?", brief(in), r.who(in.Proc))
		q.right("%s", failure(out))
		belief := "The kernel at the other side answers for the port. The program there is not asked."
		if out.Errno.NotYet() {
			belief = "Its socket must not sleep: the kernels shake hands while the program goes on."
			q.wrong(neverSleeps, "Nothing yet: it sleeps until it is connected")
		}
		q.wrong(belief, "0: it is connected")
		return q.mixed()
	}
	q.right("0: it is connected")
	q.wrong(kernelConnects, "Nothing yet: it sleeps until the server accepts")
	q.wrong(kernelConnects, "-1 ECONNREFUSED: nobody accepts")
	return q.mixed()
}

// dropped asks what a connect does that found the accept queue full, just after it entered.
func dropped(r *Run, c *Call, s lab.Topic) *Question {
	in := r.Step(c.Enter)
	q := asks(c, AskSleep, s, c.Enter+1)
	q.does = true
	q.Text = fmt.Sprintf("%s of %s has entered the kernel. The clients before it fill the accept queue. What does it do?", brief(in), r.who(in.Proc))
	q.right("It sleeps, until its SYN is sent again and finds room")
	q.wrong("accept makes room, and tells no client. Only the next SYN finds the room: after 1 s, then after 2 s more.", "It sleeps, until the server calls accept")
	q.wrong("There is no room in the accept queue: the kernel drops the SYN of one more.", "It returns 0: the kernel shakes hands by itself")
	q.wrong("Refused is who knocks where nobody listens. A full queue drops the SYN, and says nothing.", "It returns -1 ECONNREFUSED: the queue is full")
	return q.mixed()
}

// moment returns where a call's result is asked for: right after its Enter where it
// did not sleep, else just before its Return.
func moment(c *Call, out *trace.Event) int {
	if out.Sleep == trace.Awake {
		return c.Enter + 1
	}
	return c.Return
}

// ready asks which fds a multiplexer finds ready.
func ready(r *Run, c *Call, s lab.Topic) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskReady, s, moment(c, out))
	q.Text = fmt.Sprintf("Which fds does %v of %s find ready?", in.Call, r.who(in.Proc))
	came := lists(out.Sets)
	q.Right.Offer = -1
	if s == lab.WaitSleeps {
		q.At = c.Enter + 1
	}
	for l, asked := range lists(in.Sets) {
		for _, fd := range asked[:min(len(asked), maxMembers)] {
			q.Members = append(q.Members, Member{List(l), fd})
			q.Right.Lit = append(q.Right.Lit, slices.Contains(came[l], fd))
		}
	}
	q.Belief = "An fd is ready when a call on it would not sleep: there are bytes, the end of them, a connection, or room."
	if s == lab.WaitSleeps {
		q.Belief = "Nothing has happened at any of them that a call could return: no connection has come, no bytes, and no stream has ended."
		q.right("None yet: it sleeps")
		q.Right = Guess{Offer: 0}
	} else if out.Sleep == trace.Awake {
		q.wrong("It sleeps only while none of its members is ready.", "None yet: it sleeps")
	} else if in.Timeout == trace.Forever {
		q.wrong("It returns 0 when its time is up, and it has no timeout.", "None: it returns 0")
	} else {
		q.wrong("One of them became ready before the time was up.", "None: its time is up")
	}
	return q
}

// maxMembers is the most fds of a list that a question offers: as many as fit the
// page.
const maxMembers = 16

func lists(s *trace.Sets) [3][]int {
	if s == nil {
		return [3][]int{}
	}
	return [3][]int{s.Read, s.Write, s.Except}
}

// counted asks for the number that a multiplexer returns. sat is how many bytes the
// ready fds had, and fd is one of them.
func counted(r *Run, c *Call, s lab.Topic, sat int64, fd int) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := asks(c, AskResult, s, moment(c, out))
	q.Text = fmt.Sprintf("What number does %v of %s return?", in.Call, r.who(in.Proc))
	q.right("%d", out.Result)
	if sat > 0 {
		q.wrong(countsMembers, "%d", sat)
	}
	q.wrong(countsMembers, "%d", fd)
	q.wrong(timeoutIsNoError+" Here something was.", "0")
	return q.mixed()
}

// ranOut asks what a multiplexer returns when its time is up.
func ranOut(r *Run, c *Call, s lab.Topic) *Question {
	in := r.Step(c.Enter)
	q := asks(c, AskResult, s, moment(c, r.Step(c.Return)))
	q.Text = fmt.Sprintf("%v of %s waits %s at most. What does it return?", in.Call, r.who(in.Proc), words.Span(in.Timeout))
	q.right("0: its time is up")
	q.wrong(timeoutIsNoError, "-1, with an error")
	q.wrong("Nobody connected, sent or closed in that time.", "1: one fd is ready")
	return q.mixed()
}

// printed asks what a program prints after it has received a number. values are what
// the bytes mean in either order.
func printed(r *Run, c *Call, s lab.Topic, text string, values []uint64) *Question {
	in := r.Step(c.Enter)
	q := asks(c, AskResult, s, c.Enter)
	q.Answer = c.Enter
	q.Text = fmt.Sprintf("What does %s print?", r.who(in.Proc))
	q.right("%s", text)
	for _, v := range values {
		q.wrong("These bytes mean that number in the other byte order. The program read them in the one it was told.", "%d", v)
	}
	q.wrong("All bytes arrived, and were read as a number.", "0")
	return q.mixed()
}

// counts asks how many visits a program prints that has counted those of all clients.
func counts(r *Run, c *Call, n int) *Question {
	q := asks(c, AskResult, lab.PrintsVisits, c.Enter)
	q.Answer = c.Enter
	clients := 0
	for i := range r.Header.Procs {
		if r.Header.Procs[i].Role == trace.RoleClient {
			clients++
		}
	}
	q.Text = fmt.Sprintf("%s came, and each was counted. How many visits does %s print?", words.Count(int64(clients), "client"), r.who(r.Gist(c.Enter).Proc))
	q.right("%d", n)
	q.wrong("To add one is to read, to add and to write. Another one has read the same in between, and written the same; or it counted in memory of its own.", "%d", clients)
	q.wrong("Somebody has written before this was read.", "0")
	q.wrong("How many get lost is a matter of when each of them reads and writes, and of the lock.", "%d", max(1, clients-1))
	return q.mixed()
}

// queued asks of a client that has just connected when it is accepted. others are the
// clients before it; right is the one whose end let the server accept.
func queued(r *Run, c *Call, s lab.Topic, asked int, others []int, right int) *Question {
	conn := r.Step(asked)
	q := asks(c, AskWhen, s, asked+1)
	q.Text = fmt.Sprintf("%s is connected. When is it accepted?", capital(r.who(conn.Proc)))
	q.right("When %s is done", r.who(right))
	for _, o := range others {
		if o != right {
			q.wrong("The server serves one after another, in the order in which they connected.", "When %s is done", r.who(o))
		}
	}
	q.wrong("Connected is not accepted. The server is in another call, for another client.", "At once: it is connected")
	return q.mixed()
}

// asked asks, at the first "not yet" of a non-blocking recv, how often that comes
// before the bytes do. c gets them.
func asked(r *Run, c *Call, s lab.Topic, a series) *Question {
	first := r.CallAt(a.first)
	in := r.Step(first.Enter)
	q := &Question{Asking: AskWhen, Lane: c.Lane, Enter: first.Enter, Answer: c.Return, At: a.first + 1, Topic: s}
	q.Text = fmt.Sprintf("%s of %s was told EAGAIN. How often in this trace, before its bytes come?", brief(in), r.who(in.Proc))
	q.right("%s", times(a.n))
	q.wrong(nobodyCallsBack, "Once: then it is told that they are there")
	q.wrong(neverSleeps, "Once: its next call waits for them")
	q.wrong(nothingSlowsIt, "%s", times(max(2, a.n/20)))
	return q.mixed()
}

// recvs asks, at the first recv of a stream, how many get its bytes. c saw their end.
func recvs(r *Run, c, first *Call, s lab.Topic, f *Flow, sender int) *Question {
	sends, n, size := len(f.Sends), len(f.Recvs), int64(r.Step(first.Enter).Size)
	q := &Question{Asking: AskWhen, Lane: c.Lane, Enter: first.Enter, Answer: c.Return, At: first.Enter + 1, Topic: s}
	q.Text = fmt.Sprintf("%s sends %s times, %s in all. A recv of %s has room for %s. How many recvs get them?", capital(r.who(sender)), words.Thousands(int64(sends)),
		words.Count(f.Sends[sends-1].Off+f.Sends[sends-1].Len-f.Base, "byte"), r.who(r.Gist(c.Enter).Proc), words.Count(size, "byte"))
	q.right("%s", words.Thousands(int64(n)))
	for _, other := range []int{sends, 1, sends + 1, 2} {
		if other != n {
			q.wrong(noBoundaries+" A recv takes what is there, up to its room.", "%s", words.Thousands(int64(other)))
		}
	}
	return q.mixed()
}

// half asks what a program does next that has received bytes, in c, without a newline.
// It made the call next.
func half(r *Run, c, next *Call, s lab.Topic) *Question {
	in, out := r.Step(c.Enter), r.Step(c.Return)
	q := &Question{Topic: s, Asking: AskWhen, Lane: c.Lane, Enter: c.Enter, Answer: next.Enter, At: c.Return + 1}
	q.Text = fmt.Sprintf("%s of %s returned %q, without a newline. What does the program do?", brief(in), r.who(in.Proc), out.Data)
	const again, answers = "It calls recv again, for the rest of the line", "It answers what it has got"
	if r.Gist(next.Enter).Call.Receives() {
		q.right(again)
		q.wrong(noBoundaries+" So the program looks for the newline.", answers)
	} else {
		q.right(answers)
		q.wrong("This program takes what one recv returns for an entry. It never looks for a newline.", again)
	}
	q.wrong(linesAreTheirs, "Nothing: recv returns again, with the whole line")
	return q.mixed()
}

// stuck asks, just after it entered, whether the call c of a deadlock returns. At the
// step exit the last process had ended.
func stuck(r *Run, c *Call, s lab.Topic, exit int) *Question {
	in := r.Step(c.Enter)
	q := &Question{Asking: AskWhen, Lane: c.Lane, Enter: c.Enter, Answer: exit, At: c.Enter + 1, Topic: s}
	q.happens(r, in)
	q.Text, q.does = strings.TrimSuffix(q.Text, " What does it do?")+" Does it return?", false
	if in.Call.Sends() {
		q.right("No: it waits for room, and nobody makes any")
		q.wrong("The kernel has room for some of them. A blocking send waits until it has taken all.", "Yes, with all of them: the kernel takes what it is given")
		q.wrong("A blocking send returns when all are taken. Only a non-blocking one returns with a part.", "Yes, with as many as there was room for")
		q.wrong("The peer would have to receive. It is in a call of its own.", "Yes, as soon as the peer receives")
	} else {
		q.right("No: it waits for bytes, and nobody sends any")
		q.wrong("No send has given them to a kernel: they lie in a buffer of the program's own, if anywhere.", "Yes, with what the peer has written")
		q.wrong(zeroIsTheEnd, "Yes, with 0: there is nothing")
		q.wrong("It has no time limit: none was set.", "Yes, with an error after a while")
	}
	return q.mixed()
}

func times(n int) string {
	if n == 1 {
		return "Once"
	}
	return words.Thousands(int64(n)) + " times"
}

// told asks whether an epoll_wait reports bytes that were left unread when it
// entered.
func told(r *Run, c *Call, s lab.Topic, left *trace.Queue, edge bool) *Question {
	q := asks(c, AskWhen, s, c.Enter+1)
	q.Text = fmt.Sprintf("%s has left %s in the Recv-Q of fd %d. Does epoll_wait return for them again?",
		capital(r.who(r.Gist(c.Enter).Proc)), words.Count(int64(left.Recv), "byte"), left.FD)
	if edge {
		q.right("No: it sleeps until something new comes")
		q.wrong(edgeToldOnce, "Yes, at once: they are unread")
		q.wrong(edgeToldOnce+" A timeout returns 0, and names nobody.", "Yes, when its time is up")
	} else {
		q.right("Yes, at once: they are unread")
		q.wrong(levelToldAgain, "No: it has told of them")
		q.wrong(levelToldAgain+" It doesn't wait for its time to be up.", "Yes, when its time is up")
	}
	return q.mixed()
}

// toldOfClient asks whether a wait returns for a listener whose accept has just failed for
// want of an fd.
func toldOfClient(r *Run, c *Call, fd int) *Question {
	q := asks(c, AskWhen, lab.FullAgain, c.Enter+1)
	in := r.Step(c.Enter)
	q.Text = fmt.Sprintf("accept(%d) of %s has failed: no fd is left. The client waits in the backlog. Does %v return for it again?", fd, r.who(in.Proc), in.Call)
	q.right("Yes, at once: a client waits")
	q.wrong("It reports what is so, each time it is asked: somebody waits in the backlog.", "No: it has told of that client")
	q.wrong("It knows nothing of how many fds the process may have. It looks at the backlog.", "Not before an fd is free")
	return q.mixed()
}

// receives asks who receives a client's first bytes, while they are on their way. The
// wrong answers are the thread of accept, and that of the call at step other unless
// it is -1.
func receives(r *Run, c, send, accept *Call, other int) *Question {
	q := &Question{Topic: lab.WhoReceives, Asking: AskWhen, Lane: send.Lane, Enter: send.Enter, Answer: c.Return, At: send.Enter + 1}
	q.Text = fmt.Sprintf("The first bytes of %s are on their way. Who receives them?", r.who(r.Gist(send.Enter).Proc))
	q.right("%s", capital(r.thread(c.Enter)))
	if child := r.Gist(c.Enter).Proc; child != r.Gist(accept.Enter).Proc {
		q.wrong("The process that accepted the connection has left it to a child, and closes its own copy of the fd.", "%s itself", capital(r.thread(accept.Enter)))
	} else {
		q.wrong("That thread is back in accept. It has started another one for this client.", "%s, by the thread that accepted it", capital(r.thread(accept.Enter)))
	}
	if other >= 0 {
		q.wrong("It sleeps in recv on an fd of its own. Other clients' bytes do not wake it.", "%s, which sleeps in recv already", capital(r.thread(other)))
	}
	return q.mixed()
}

// wakes asks whether what another thread does wakes the call c, in which its thread
// sleeps.
func wakes(r *Run, c, act *Call) *Question {
	q := &Question{Topic: lab.WakesIt, Asking: AskWhen, Lane: act.Lane, Enter: act.Enter, Answer: c.Return, At: act.Enter + 1}
	in, e := r.Step(c.Enter), r.Step(act.Enter)
	q.Text = fmt.Sprintf("%s sleeps in %s. Another thread ", capital(r.thread(c.Enter)), brief(in))
	const badFD = "Yes: it returns -1 EBADF"
	switch e.Call {
	case trace.Close:
		q.Text += fmt.Sprintf("closes fd %d.", e.FD)
		q.right("No: it sleeps on")
		q.wrong("close takes the number out of the table. The call that sleeps holds the socket itself, so it isn't even closed.", "Yes: it returns 0")
		q.wrong("The call has looked up its fd as it entered, and doesn't look again.", badFD)
	case trace.Shutdown:
		q.Text += fmt.Sprintf("shuts down both directions of fd %d.", e.FD)
		q.right("Yes: it returns 0")
		q.wrong("shutdown acts on the connection, and so on whoever waits there.", "No: it sleeps on")
		q.wrong("The fd stays open. Nothing more will come from it: that is 0.", badFD)
	case trace.Tgkill:
		q.Text += fmt.Sprintf("sends it %s, whose handler does nothing.", trace.SignalName(e.Args[2]))
		q.right("Yes: it returns -1 EINTR")
		q.wrong("A handler runs in the thread, which has to leave the kernel for it. Without SA_RESTART the call is over then.", "No: the handler runs beside it")
		q.wrong("Nothing has ended: EINTR says that the call was interrupted.", "Yes: it returns 0")
	default:
		q.Text += fmt.Sprintf("writes to fd %d, an eventfd.", e.FD)
		q.right("Yes: fd %d is readable", e.FD)
		q.wrong("It waits for both: one that is ready is enough.", "No: the connection has nothing yet")
	}
	q.Text += " Does that wake it?"
	return q.mixed()
}

// closes asks whether the close of an fd ends a connection that another process
// has a copy of.
func closes(r *Run, c *Call, copied, client int) *Question {
	q := asks(c, AskWhen, lab.WhoCloses, c.Enter+1)
	e := r.Step(c.Enter)
	q.Text = fmt.Sprintf("%s closes fd %d, the connection of %s. Does that end it?", capital(r.who(e.Proc)), e.FD, r.who(client))
	q.right("No: %s has it open, too", r.who(copied))
	q.wrong("close gives back one fd. The connection lives as long as any process has an fd of it.", "Yes: close ends a connection")
	q.wrong("fork copies the fd table. What one process closes stays open in the other.", "Yes, and in %s the fd is closed, too", r.who(copied))
	return q.mixed()
}

// shaken asks what it means that the fd of c was found writable after its connect had
// returned EINPROGRESS. failed is its SO_ERROR.
func shaken(r *Run, c *Call, found int, failed int64) *Question {
	q := asks(c, AskWhen, lab.ShakenHands, found+1)
	e := r.Step(found)
	q.Text = fmt.Sprintf("The connect of fd %d returned EINPROGRESS. Now %s of %s finds it writable. What does that mean?", r.Gist(c.Enter).FD, brief(e), r.who(e.Proc))
	if failed == 0 {
		q.right("The handshake is over: it is connected")
		q.wrong("It may mean that. SO_ERROR tells: here it is 0.", "The handshake is over: it failed")
	} else {
		q.right("The handshake is over: it failed")
		q.wrong("It may mean that. SO_ERROR tells, and it is not 0.", "The handshake is over: it is connected")
	}
	q.wrong(kernelConnects, "The server has accepted it")
	q.wrong("Nothing was sent yet. Writable speaks of room in this side's Send-Q, not of the peer's recv.", "The server has taken its bytes")
	return q.mixed()
}
