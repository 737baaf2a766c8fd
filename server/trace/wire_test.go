package trace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
)

var fullEvent = Event{
	Kind: Return, Time: 1_588_000, Proc: 2, Thread: 1, Call: Select, FD: -1, File: 1, Line: 18,
	Args: []int64{1, -2}, Size: 1024, Timeout: Forever, Addr: "127.0.0.1:10001", Data: []byte("This is\x00"),
	Sets: &Sets{Read: []int{3, 4}, Write: []int{5}, RdHup: []int{4}}, Result: -1, Errno: EAGAIN, Sleep: Slept, CPU: 77,
	Queues:  []Queue{{FD: 4, Time: 1_585_000, Recv: 15, State: Established, Local: "a", Peer: "b", Only: RecvQ}},
	Sockets: []Sock{{Local: "127.0.0.1:80", State: Listening, Send: 5}}, Note: "x", Counters: []Counter{{Name: "ListenDrops", N: 2}},
}

func TestMessagesSurviveTheWire(t *testing.T) {
	for _, m := range []Message{
		{Hello: &Hello{Version: Version, Kernel: "Linux 6.18", Isolation: Namespace, Standing: []Proc{{Name: "mux", Program: "select", Addr: "127.0.0.1:10001"}}, Most: 10000, Cannot: map[string]string{"kqueue": "none here"}}},
		{Now: &Now{Events: []Event{fullEvent}, Moved: []Queue{{FD: 4, Recv: 5, Send: 6}}, Missed: 3}},
		{Look: &Look{Procs: []Proc{{Name: "server", Tag: "srv", Role: RoleServer, Program: "select", File: 1, Tracer: StraceTracer}}, Sources: []Source{{"select.go", "package selects\n", "echo.go", "package echo\n"}}}},
		{Queued: &Queued{Place: 2}},
		{Header: &Header{Version: Version, Lab: "select", Knobs: map[string]string{"clients": "4"}, Began: 1, Kernel: "k", Isolation: Shared, TraceCost: 600, NoWire: "none"}},
		{Events: []Event{fullEvent, {Kind: Enter, FD: 3, Call: Recv}}},
		{End: &End{Time: math.MaxInt64, Reason: EndLimit, Message: "200,000 calls", Dropped: 3}},
		{Error: &Error{"no"}},
		{Point: &Point{Mechanism: "poll", Idle: 10000, Repeat: 2, Messages: 200, RoundTrip: 1, CPU: 2, Asks: 3, Ask: 4, Done: 5, Of: 6}},
		{Child: &Proc{Name: "child 1", Tag: "ch1", Role: RoleServer, Program: "processes", Addr: "127.0.0.1:9999", File: 1, Parent: 1, PID: 77}},
	} {
		var wire bytes.Buffer
		if err := WriteFrame(&wire, &m); err != nil {
			t.Fatal(err)
		}
		var got Message
		if err := ReadFrame(bytes.NewReader(wire.Bytes()), MaxFrame, &got); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("sent %+v\n got %+v, %v", m, got, err)
		}
		// The same bytes in pieces, as a stream brings them.
		var pieces []Message
		var rest []byte
		var err error
		for _, b := range wire.Bytes() {
			rest, err = Frames(append(rest, b), func(m *Message) { pieces = append(pieces, *m) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(rest) != 0 || len(pieces) != 1 || !reflect.DeepEqual(pieces[0], m) {
			t.Errorf("in pieces: %+v, %d bytes left", pieces, len(rest))
		}
	}
}

func TestBadFramesAreRefused(t *testing.T) {
	frame := func(body string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + body
	}
	deep := strings.Repeat("\x81", 100) + "\x01"
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":          {"", io.EOF},
		"half a length":    {"\x00\x00", io.ErrUnexpectedEOF},
		"length only":      {"\x00\x00\x00\x05", io.ErrUnexpectedEOF},
		"truncated":        {"\x00\x00\x00\x05\xa1", io.ErrUnexpectedEOF},
		"empty":            {"\x00\x00\x00\x00", ErrFrame},
		"oversized":        {"\xff\xff\xff\xff", ErrFrame},
		"over the limit":   {frame(strings.Repeat("x", MaxRequest+1)), ErrFrame},
		"text":             {frame("GET / HTTP/1.0\r\n\r\n"), ErrFrame},
		"wrong shape":      {frame("\x83\x01\x02\x03"), ErrFrame},
		"nested deeply":    {frame("\xa1\x01" + deep), ErrFrame},
		"duplicate keys":   {frame("\xa2\x01\x61a\x01\x61b"), ErrFrame},
		"something behind": {frame("\xa1\x01\x61a\x00"), ErrFrame},
		"a huge array":     {frame("\xa1\x04\x9a\xff\xff\xff\xff"), ErrFrame},
	} {
		var r Request
		if err := ReadFrame(strings.NewReader(c.in), MaxRequest, &r); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestFrameIsALengthInNetworkOrderAndCBOR(t *testing.T) {
	b, err := AppendFrame(nil, &Message{Queued: &Queued{Place: 2}})
	if want := "\x00\x00\x00\x05\xa1\x03\xa1\x01\x02"; err != nil || string(b) != want {
		t.Fatalf("%x, %v; want %x", b, err, want)
	}
}

func TestTooLongAMessageIsNotSent(t *testing.T) {
	err := WriteFrame(io.Discard, &Message{Error: &Error{strings.Repeat("x", MaxFrame)}})
	if !errors.Is(err, ErrFrame) {
		t.Fatal(err)
	}
}

func FuzzFrames(f *testing.F) {
	for _, m := range []*Message{{Events: []Event{fullEvent}}, {Header: &Header{Procs: []Proc{{}}}}, {End: &End{}},
		{Child: &Proc{Name: "child 1", Parent: 1, PID: 7}}, {Events: forkedEvents}, {Point: &Point{Mechanism: "select", Why: "no"}}} {
		b, _ := AppendFrame(nil, m)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s State
		rest, err := Frames(b, func(m *Message) {
			for i := range m.Events {
				s.Apply(&m.Events[i])
			}
			s.Clone()
		})
		if err != nil && !errors.Is(err, ErrFrame) {
			t.Fatalf("an error that is no ErrFrame: %v", err)
		}
		if len(rest) > len(b) {
			t.Fatal("more left than there was")
		}
	})
}

// A request that was read is written alike by package cbor and by hand.
func FuzzRequest(f *testing.F) {
	for _, r := range []*Request{
		{Op: OpRun, Lab: "select", Knobs: map[string]string{"clients": "4", "timeout": "500ms", "zz": "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "x"}},
		{Op: OpAct, Act: &Act{Call: Send, Data: bytes.Repeat([]byte("x"), 300)}},
		{Op: OpAct, Act: &Act{Call: Recv, Size: 65536, How: -25}},
		{Op: OpAct, Act: &Act{Call: EpollCtl, Side: 3, FD: 70000, Args: []int64{1, -3, 1 << 40}, Addr: "@x", Timeout: Forever}},
		{Op: OpAct, Act: &Act{Call: Select, Sets: &Sets{Read: []int{3, 300}, RdHup: []int{-1}, Null: 4}, Timeout: 1 << 40}},
		{Op: OpAct, Act: &Act{Call: Poll, Sets: new(Sets)}},
		{Op: strings.Repeat("o", 70000), Act: &Act{Size: math.MaxInt}},
		{},
	} {
		b, err := AppendFrame(nil, r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Request
		if err := ReadFrame(bytes.NewReader(b), MaxFrame, &r); err != nil {
			return
		}
		want, err := AppendFrame([]byte("before"), &r)
		if err != nil {
			t.Fatal(err)
		}
		got := AppendRequest([]byte("before"), &r)
		if !bytes.Equal(got, want) {
			t.Fatalf("%+v\n  is %x\nwant %x", r, got, want)
		}
	})
}
