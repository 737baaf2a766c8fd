package visit

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockscope/server/trace"
	"sockscope/web/play"
	"sockscope/web/words"
)

// Said is a turn of a conversation: what one send sent, or that a side says no more.
type Said struct {
	Way  int // 0 is the client's, 1 the server's
	Who  string
	Step int    // of the call that said it
	Text string // as it reads, cut where it is long
	Fate string // how it was received, which is inferred
	End  bool   // the side says no more; Text says why
	Wait bool   // some of it has not been received
	Hit  bool   // the call that is followed moved some of it
}

// By says who said it, and how it was received.
func (s *Said) By() string {
	switch {
	case s.End:
		return s.Who + " " + s.Text
	case s.Fate == "":
		return s.Who
	}
	return s.Who + " · " + s.Fate
}

// mostSaid is how many turns of a conversation show: its last.
const mostSaid = 200

// Talk returns what the two sides of a flow's connection have said up to the position.
func (f *Focus) Talk(fl Flow) []Said {
	var all []Said
	conn := &f.Player.Run.Conns[fl.Conn]
	for way, side := range [2]play.End{conn.Client.User(f.Pos()), conn.Server.User(f.Pos())} {
		who := "the client"
		if side.Proc >= 0 && side.Proc < len(f.Procs()) {
			who = f.Procs()[side.Proc].Name
		}
		fl.Way = way
		st, flow, hit := f.StreamOf(fl), f.flowOf(fl), f.Followed(fl)
		for i := max(0, len(st.Sends)-mostSaid); i < len(st.Sends); i++ {
			m := &st.Sends[i]
			s := Said{Way: way, Who: who, Step: m.Step, Text: Spoken(flow.Bytes(m), m.Len), Hit: common(m, &hit) > 0}
			if !st.Alone {
				s.Fate = fate(m, flow.Bytes(m), flow.Recvs, f.Pos())
				s.Wait = m.Off+m.Len > st.Read
			}
			all = append(all, s)
		}
	}
	for way, side := range [2]*play.End{&conn.Client, &conn.Server} {
		step := side.Ended(f.Pos())
		if step < 0 || side.Proc >= len(f.Procs()) {
			continue
		}
		s := Said{Way: way, Who: f.Procs()[side.Proc].Name, Step: step, End: true, Text: "has hung up: close"}
		agent := f.Procs()[side.Proc].Role == trace.RoleAgent
		switch {
		case step == side.Shut && agent:
			s.Text = "say no more: shutdown"
		case step == side.Shut:
			s.Text = "says no more: shutdown"
		case agent:
			s.Text = "have hung up: close"
		}
		all = append(all, s)
	}
	// An answer may have been sent before the send that it answers has returned.
	began := func(s Said) int {
		if c := f.Player.Run.CallAt(s.Step); c != nil {
			return c.Enter
		}
		return s.Step
	}
	slices.SortStableFunc(all, func(a, b Said) int { return began(a) - began(b) })
	return all[max(0, len(all)-mostSaid):]
}

// common returns how many bytes two moves of one flow have in common.
func common(a, b *play.Move) int64 {
	return max(0, min(a.Off+a.Len, b.Off+b.Len)-max(a.Off, b.Off))
}

// fate says which recvs before step pos got the bytes of a send, of which so much was kept.
func fate(sent *play.Move, kept []byte, recvs []play.Move, pos int) string {
	const most = 4 // pieces that are named
	var pieces []string
	n, got, more := 0, int64(0), false
	first := sort.Search(len(recvs), func(i int) bool { return recvs[i].Off+recvs[i].Len > sent.Off })
	for i := first; i < len(recvs) && recvs[i].Off < sent.Off+sent.Len; i++ {
		r := &recvs[i]
		part := common(sent, r)
		if r.Step >= pos || part == 0 {
			continue
		}
		n++
		more = more || r.Len > part
		if from := got; from < int64(len(kept)) && n <= most {
			pieces = append(pieces, Spoken(kept[from:min(from+part, int64(len(kept)))], part))
		}
		got += part
	}
	text := ""
	switch {
	case n == 0:
		return "not received yet"
	case n == 1 && more:
		text = "in one recv, with bytes of other sends"
	case n == 1:
		text = "in one recv"
	default:
		text = fmt.Sprintf("in %d recvs", n)
		if len(pieces) == n {
			text += ": " + strings.Join(pieces, " | ")
		}
	}
	if left := sent.Len - got; left > 0 {
		text += ", " + words.Count(left, "byte") + " not yet"
	}
	return text
}

// Spoken writes bytes as a person reads them: a newline is an arrow, and what is no text
// is its number. size is how many there are; of a long run it writes the beginning.
func Spoken(data []byte, size int64) string {
	const most = 160
	cut := data
	if len(cut) > most {
		for cut = cut[:most]; len(cut) > most-utf8.UTFMax && !utf8.Valid(cut); {
			cut = cut[:len(cut)-1] // not within a character
		}
	}
	var b strings.Builder
	for len(cut) > 0 {
		r, n := utf8.DecodeRune(cut)
		switch {
		case r == '\n':
			b.WriteString("↵")
		case r == utf8.RuneError && n == 1 || !unicode.IsPrint(r):
			for _, c := range cut[:n] {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteRune(r)
		}
		cut = cut[n:]
	}
	if size > most {
		fmt.Fprintf(&b, " … %s", words.Count(size, "byte"))
	}
	return b.String()
}
