package visit

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// uploading is a run of the lab upload, whose agent and server a test plays.
type uploading struct {
	*Run
	asked  *[]trace.Request
	script *playtest.Script
	told   int // events that the page has
	taken  int // requests that were carried out
	said   string
	did    []string
}

func upload(t *testing.T, query, said string) *uploading {
	t.Helper()
	l, err := lab.Find("upload")
	if err != nil {
		t.Fatal(err)
	}
	r, asked := reachable()
	u := &uploading{Run: &Run{Desk: Desk{Relay: r}}, asked: asked, said: said}
	v, _ := ReadLink(l, query)
	u.Open(l, v)
	Hear(u, hello())
	u.script = playtest.New(1)
	u.script.Header.Lab = "upload"
	u.script.Header.Procs[1].Role = trace.RoleAgent
	return u
}

// begin lets the run begin that was asked for.
func (u *uploading) begin() {
	Hear(u, say(trace.Message{Header: u.script.Header}))
	u.script.Start(0)
	u.script.Listen()
	u.script.Start(1)
	u.taken = len(*u.asked)
	u.tell()
}

func (u *uploading) tell() {
	events := u.script.Events[u.told:]
	u.told = len(u.script.Events)
	Hear(u, say(trace.Message{Events: events}))
}

// play makes the calls that the page asks for, to the last.
func (u *uploading) play() string {
	recvs := 0
	for ; u.taken < len(*u.asked); u.taken++ {
		a := (*u.asked)[u.taken].Act
		if a == nil {
			continue
		}
		what := a.Call.String()
		switch a.Call {
		case trace.Socket:
			u.script.Do(1, trace.Socket, -1, 3)
		case trace.Send:
			what += fmt.Sprint(" ", len(a.Data), "/", a.Size)
			size := a.Size
			if size == 0 {
				size = len(a.Data)
				what = "send " + string(a.Data)
			}
			for rest := len(a.Data); rest > 0; rest -= size {
				u.script.Do(1, trace.Send, 3, int64(min(size, rest)))
			}
		case trace.Recv:
			out := trace.Event{Data: []byte(u.said)}
			if recvs++; recvs > 1 {
				out.Data = nil
			}
			out.Result = int64(len(out.Data))
			u.script.Enter(1, trace.Recv, 3, trace.Event{Size: 1024})
			u.script.Return(1, out)
		default:
			u.script.Do(1, a.Call, 3, 0)
		}
		u.did = append(u.did, what)
		u.tell()
	}
	return strings.Join(u.did, ", ")
}

// The client makes the calls that an upload takes, each when the one before has come
// back.
func TestUploadMakesItsCalls(t *testing.T) {
	file := make([]byte, 40<<10)
	for _, c := range []struct{ query, said, want string }{
		{"", "ok\n", "socket, connect, send post|a.bin|40960, recv, send 32768/1024, send 8192/1024, shutdown, recv, close"},
		{"", "error: a.bin exists already\n", "socket, connect, send post|a.bin|40960, recv, shutdown, recv, close"},
		{"ack=skip&end=newline", "ok\n", "socket, connect, send post|a.bin|40960\n, send 32768/1024, send 8192/1024, shutdown, recv, recv, close"},
	} {
		u := upload(t, c.query, c.said)
		u.Choose("a.bin", file)
		if u.Sending.Sum != fmt.Sprintf("%x", sha256.Sum256(file)) {
			t.Errorf("its sum is %s", u.Sending.Sum)
		}
		u.Upload()
		if last := (*u.asked)[len(*u.asked)-1]; last.Op != trace.OpRun || !u.Sending.On() {
			t.Fatalf("the run is asked for first, not %v", last.Op)
		}
		u.Choose("b.bin", nil) // not now
		u.begin()
		if got := u.play(); got != c.want {
			t.Errorf("%s: it calls\n%s, not\n%s", c.query, got, c.want)
		}
		if u.Sending.On() || u.Sending.Fault != "" {
			t.Errorf("at its end: %+v", u.Sending)
		}
	}
}

// Without waiting, nothing stands between connect and the file: a slow page would.
func TestAnUploadThatDoesNotWait(t *testing.T) {
	u := upload(t, "ack=skip", "ok\n")
	u.Choose("a", []byte("Hello"))
	u.Upload()
	u.begin()
	u.script.Do(1, trace.Socket, -1, 3)
	n := len(*u.asked)
	u.tell()
	var calls []trace.Call
	for _, r := range (*u.asked)[n:] {
		calls = append(calls, r.Act.Call)
	}
	if fmt.Sprint(calls) != "[connect send send]" {
		t.Errorf("after socket it asks for %v", calls)
	}
}

// An upload ends with the run, with a call that fails, and is not begun without a server
// or with a socket that is open.
func TestAnUploadThatEndsEarly(t *testing.T) {
	u := upload(t, "", "")
	u.Upload()
	if u.Sending.On() {
		t.Error("it is on without a file")
	}
	u.TooLarge("big", MostUpload+1)
	if !strings.Contains(u.Sending.Fault, "1,048,577 bytes") {
		t.Errorf("too large: %q", u.Sending.Fault)
	}
	u.Choose("a", []byte("x"))
	u.Upload()
	u.begin()
	u.script.Do(1, trace.Socket, -1, 3)
	u.tell()
	u.script.Enter(1, trace.Connect, 3, trace.Event{})
	u.script.Return(1, trace.Event{Errno: trace.ECONNREFUSED, Result: -1})
	u.tell()
	if u.Sending.On() || u.Sending.Fault != "connect returned ECONNREFUSED." {
		t.Errorf("refused: %+v", u.Sending)
	}
	u.Upload() // the socket's close is on its way
	if u.Sending.On() || !strings.Contains(u.Sending.Fault, "Close your socket") {
		t.Errorf("with a socket: %+v", u.Sending)
	}
	u.script.Do(1, trace.Close, 3, 0)
	u.tell()
	u.Upload()
	if !u.Sending.On() {
		t.Error("it is not on")
	}
	Hear(u, say(trace.Message{End: &trace.End{Reason: trace.EndStopped}}))
	if u.Sending.On() {
		t.Error("it goes on without a run")
	}
}

// What the recording's client has sent is told as it stands at each step.
func TestTransferOfARecording(t *testing.T) {
	r := recorded(t, "upload")
	r.Seek(0)
	if _, ok := r.Transfer(); ok {
		t.Error("before the header there is an upload")
	}
	r.Seek(r.Player.Len())
	x, ok := r.Transfer()
	if !ok || x.Name != "notes.txt" || x.Size != 3000 || x.Sent != 3000 || x.Got != 3000 || x.Refused || x.Rate() == "" {
		t.Errorf("at the end: %+v, %v", x, ok)
	}
	if len(x.Ours) != 64 || x.Ours != x.Theirs || !strings.HasPrefix(x.Said, "counted notes.txt") {
		t.Errorf("the sums are %q and %q of %q", x.Ours, x.Theirs, x.Said)
	}
	for n := range r.Player.Len() {
		r.Seek(n)
		if x, ok := r.Transfer(); ok && (x.Got > x.Sent || x.Sent > 3000 || x.Got < 0) {
			t.Fatalf("after %d steps: %+v", n, x)
		}
	}
}
