package visit

import (
	"fmt"
	"strconv"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Letter is a datagram as it is at the position.
type Letter struct {
	Text string // its content, as far as it is kept
	Note string // its size, and what became of it
	Fate Fate
	Hit  bool // the call that is followed sent it, or got it
	Step int  // of its send: an index in Run.Steps
}

// Fate is what became of a datagram. All but Unsent is inferred.
type Fate uint8

const (
	OnItsWay Fate = iota // it was sent, and not received
	Received
	Shortened // it was received, and was longer than the room
	Missed    // a later one of the same socket was received, and it was not
	Unsent    // the send returned an error
	Refused   // nobody had the port
)

// Class is the look of a datagram.
func (l *Letter) Class() string {
	class := "dg " + [...]string{"way", "got", "cut", "miss", "un", "miss"}[l.Fate]
	if l.Hit {
		class += " hit"
	}
	return class
}

// mostLetters is how many datagrams of a post show: the newest.
const mostLetters = 200

// LettersOf returns the datagrams of a post at the position, and how many came before
// those.
func (f *Focus) LettersOf(post int) (list []Letter, before int) {
	run := f.Player.Run
	p := &run.Posts[post]
	var followed *play.Datagram
	if f.picked > 0 {
		followed = run.DatagramAt(run.Calls[f.picked-1].Enter)
	}
	if at, light := f.Lit(); light&lab.OnBytes != 0 && at.Post == post+1 {
		followed = run.DatagramAt(at.Step)
	}
	n := 0
	for n < len(p.List) && run.Datagrams[p.List[n]].Enter < f.Pos() {
		n++
	}
	before = max(0, n-mostLetters)
	for _, k := range p.List[before:n] {
		d := &run.Datagrams[k]
		l := Letter{Text: quoted(d.Bytes), Step: d.Enter, Hit: d == followed, Note: words.Count(d.Len, "byte")}
		if d.Send >= 0 {
			l.Step = d.Send
		}
		l.Fate, l.Note = f.fate(d, l.Note)
		list = append(list, l)
	}
	return list, before
}

// fate returns what had become of a datagram by the position, in words behind its size.
func (f *Focus) fate(d *play.Datagram, size string) (Fate, string) {
	run, pos := f.Player.Run, f.Pos()
	switch {
	case d.Failed && d.Send < pos:
		return Unsent, size + ", not sent: " + run.Gist(d.Send).Errno.String()
	case d.Recv >= 0 && d.Recv < pos && d.Alike:
		return Received, size + ", received, it or one like it"
	case d.Recv >= 0 && d.Recv < pos:
		if got := run.Step(d.Recv).Got(); got < d.Len {
			return Shortened, fmt.Sprintf("%d of %s received", got, size)
		}
		return Received, size + ", received"
	case d.Refused >= 0 && d.Refused < pos:
		return Refused, size + ", refused: nobody has that port"
	case d.Passed >= 0 && d.Passed < pos:
		return Missed, size + ", not received; a later one was"
	}
	return OnItsWay, size + ", not received yet"
}

// quoted is what a datagram says, short enough for its box.
func quoted(content []byte) string {
	const most = 24
	text := strconv.QuoteToASCII(string(content[:min(len(content), most)]))
	if len(content) > most {
		text += "…"
	}
	return text
}

// PostName names a post: "client 1 fd 3 to 127.0.0.1:9999".
func (f *Focus) PostName(post int) string {
	p := &f.Player.Run.Posts[post]
	return fmt.Sprintf("%s to %s", f.endName(play.End{Proc: p.Proc, FD: p.FD}, "?"), p.Dest)
}

// DropsOf says how many datagrams the kernel had dropped at the address of a post, as it
// was read last before the position; "" for none.
func (f *Focus) DropsOf(post int) string {
	dest, state := f.Player.Run.Posts[post].Dest, f.State()
	drops := 0
	for i := range state.Procs {
		for k := range state.Procs[i].FDs {
			if fd := &state.Procs[i].FDs[k]; fd.Datagrams() && fd.Local == dest {
				drops = max(drops, fd.Drops)
			}
		}
	}
	for i := range state.Sockets {
		if s := &state.Sockets[i]; s.Kind == trace.UDP && s.Local == dest {
			drops = max(drops, s.Drops)
		}
	}
	if drops == 0 {
		return ""
	}
	return fmt.Sprintf("the kernel has dropped %s there, sampled", words.Count(int64(drops), "datagram"))
}
