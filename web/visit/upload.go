package visit

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/words"
)

// MostUpload is how many bytes a file may have that the learner sends in a run: its
// trace has room for their calls.
const MostUpload = 1 << 20

// Sending is a file of the learner's, and how far their client is with it. The client
// makes the calls that it takes one after another, each when the one before has
// returned.
type Sending struct {
	Name  string // "" without a file
	Sum   string // its SHA-256
	Fault string // why it can't be sent, or was not; a sentence

	data  []byte
	stage stage
	left  []byte // of data, not sent yet
	await int    // calls of the client that have to have returned
}

// stage is what a Sending does next.
type stage uint8

const (
	idle stage = iota
	makeSocket
	connect
	sendHeader
	awaitAnswer
	sendPieces
	sayNoMore
	hearReport
	closeSocket
)

// On reports whether the file is on its way.
func (s *Sending) On() bool { return s.stage != idle }

// Size returns how many bytes the file has.
func (s *Sending) Size() int { return len(s.data) }

// Choose takes the file that the learner has chosen, of at most MostUpload bytes.
func (r *Run) Choose(name string, data []byte) {
	if r.Sending.On() {
		return
	}
	r.Desk.Rev++
	r.Sending = Sending{Name: name, data: data, Sum: fmt.Sprintf("%x", sha256.Sum256(data))}
}

// TooLarge says that a file can't be sent.
func (r *Run) TooLarge(name string, size int) {
	r.Desk.Rev++
	r.Sending = Sending{Fault: fmt.Sprintf("%s has %s. A run's trace has room for %s: server run upload takes more.", name, words.Count(int64(size), "byte"), words.Thousands(MostUpload))}
}

// Upload has the learner's client send the file, in a run that is begun if there is
// none.
func (r *Run) Upload() {
	s := &r.Sending
	if s.Name == "" || s.On() {
		return
	}
	if r.Phase != Live {
		r.Start()
		if !r.Busy() {
			return // there is no server in reach
		}
	}
	s.Fault, s.left, s.stage, s.await = "", s.data, makeSocket, 0
	r.Desk.Rev++
	r.send()
}

// send makes the next call of an upload, if the one before has returned.
func (r *Run) send() {
	s := &r.Sending
	switch {
	case !s.On():
		return
	case !r.Busy():
		s.stage = idle
		return
	case r.Phase != Live || s.stage == makeSocket && !r.Hands().Socket && !r.Hands().IO:
		return // its process has not begun
	}
	run := r.Player.Run
	returned, last := 0, (*trace.Event)(nil)
	for i := range run.Lanes {
		if l := &run.Lanes[i]; l.Role == trace.RoleAgent {
			for _, c := range l.Calls {
				if at := run.Calls[c].Return; at >= 0 && run.Gist(at).Errno != trace.EINTR {
					returned, last = returned+1, run.Step(at)
				}
			}
		}
	}
	if returned < s.await {
		return
	}
	if s.stage > connect && last.Errno != 0 && s.stage != closeSocket {
		s.Fault = fmt.Sprintf("%v returned %v.", last.Call, last.Errno)
		s.stage = closeSocket
	}
	const piece, batch = 1024, 32 << 10
	act, calls := trace.Act{}, 1
	switch s.stage {
	case makeSocket:
		if r.Hands().IO {
			s.Fault, s.stage = "Close your socket first: the upload makes one of its own.", idle
			return
		}
		act, s.stage = trace.Act{Call: trace.Socket}, connect
	case connect:
		act, s.stage = trace.Act{Call: trace.Connect}, sendHeader
	case sendHeader:
		header := fmt.Appendf(nil, "post|%s|%d", s.Name, len(s.data))
		if r.Values["end"] == "newline" {
			header = append(header, '\n')
		}
		act, s.stage = trace.Act{Call: trace.Send, Data: header}, awaitAnswer
		if r.Values["ack"] == "skip" {
			s.stage = sendPieces
		}
	case awaitAnswer:
		act, s.stage = trace.Act{Call: trace.Recv, Size: 1024}, sendPieces
	case sendPieces:
		if last.Call == trace.Recv && !bytes.HasPrefix(last.Data, []byte("ok")) {
			s.left = nil // it doesn't want it
		}
		data := s.left[:min(batch, len(s.left))]
		if s.left = s.left[len(data):]; len(data) > 0 {
			act, calls = trace.Act{Call: trace.Send, Data: data, Size: piece}, (len(data)+piece-1)/piece
			break
		}
		fallthrough
	case sayNoMore:
		act, s.stage = trace.Act{Call: trace.Shutdown, How: 1}, hearReport
	case hearReport:
		if last.Call == trace.Recv && last.Result == 0 {
			act, s.stage = trace.Act{Call: trace.Close}, idle
			break
		}
		act = trace.Act{Call: trace.Recv, Size: 1024}
	case closeSocket:
		act, s.stage = trace.Act{Call: trace.Close}, idle
	}
	s.await = returned + calls
	r.Act(act)
	if r.Values["ack"] == "skip" && (act.Call == trace.Connect || s.stage == sendPieces && len(s.left) == len(s.data)) {
		s.await = 0 // what follows is to come at once, and not when this has been seen to return
		r.send()
	}
}

// Transfer is an upload as the trace has it at the position.
type Transfer struct {
	Name       string
	Size       int64
	Sent, Got  int64  // bytes behind the header, in sends and in recvs
	Took       int64  // ns, from the first send of them to the last recv
	Said       string // the last line that the server has said
	Ours       string // the SHA-256 as the client has it, "" where it isn't known
	Theirs     string // as the server says it
	Refused    bool   // the server said "error"
	OfLearners bool   // the client is the learner's
}

// Transfer returns the newest upload of the run; ok is false where there is none.
func (r *Run) Transfer() (t Transfer, ok bool) {
	flows := r.Flows()
	if len(flows) < 2 {
		return t, false
	}
	fl := flows[len(flows)-2]
	run, pos := r.Player.Run, r.Pos()
	there, back := r.StreamOf(fl), r.StreamOf(Flow{Conn: fl.Conn, Way: 1})
	if len(there.Sends) == 0 {
		return t, false
	}
	head := string(there.flow.Bytes(&there.Sends[0]))
	parts := strings.Split(strings.TrimSpace(head), "|")
	if len(parts) != 3 || parts[0] != "post" {
		return t, false
	}
	size, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || size < 0 {
		return t, false
	}
	t = Transfer{Name: parts[1], Size: size}
	n := int64(len(head))
	t.Sent, t.Got = there.Sent-n, max(0, there.Read-n)
	if len(there.Sends) > 1 {
		flow := run.Conns[fl.Conn].Flows[0]
		if c := run.CallAt(there.Sends[1].Step); c != nil && t.Got > 0 {
			for i := range flow.Recvs {
				if m := &flow.Recvs[i]; m.Step < pos {
					t.Took = run.Gist(m.Step).Time - run.Gist(c.Enter).Time
				}
			}
		}
	}
	if n := len(back.Sends); n > 0 {
		t.Said = strings.TrimSpace(string(back.flow.Bytes(&back.Sends[n-1])))
	}
	t.Refused = strings.HasPrefix(t.Said, "error")
	_, t.Theirs, _ = strings.Cut(t.Said, "sha256 ")
	client := run.Conns[fl.Conn].Client.Proc
	if t.OfLearners = client >= 0 && client < len(r.Procs()) && r.Procs()[client].Role == trace.RoleAgent; t.OfLearners {
		if r.Sending.Name == t.Name && int64(r.Sending.Size()) == t.Size {
			t.Ours = r.Sending.Sum
		}
		return t, true
	}
	for _, out := range r.Printed() {
		if _, sum, found := strings.Cut(out.Text, "has sha256 "); found {
			t.Ours, _, _ = strings.Cut(sum, "\n")
		}
	}
	return t, true
}

// Rate says how fast the bytes went, "" where that can't be said.
func (t *Transfer) Rate() string {
	if t.Took <= 0 || t.Got == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f MB/s", float64(t.Got)/float64(t.Took)*1e3)
}
