package bridge

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw is a WebSocket client that sends what it is told to, whatever RFC 6455
// says about it.
type raw struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

// handshake sends a request for the target echo with the headers, and returns
// the answer.
func handshake(t *testing.T, r *rig, request string, headers ...string) (*raw, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", r.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s\r\n\r\n", request, r.server.Listener.Addr(), strings.Join(headers, "\r\n"))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, &http.Request{Method: "GET"})
	if err != nil {
		t.Fatal(err)
	}
	return &raw{t, conn, in}, resp
}

var asAsked = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

// upgrade opens a session by hand.
func upgrade(t *testing.T, r *rig, subprotocol string) (*raw, *net.TCPConn) {
	t.Helper()
	headers := asAsked
	if subprotocol != "" {
		headers = append(headers[:len(headers):len(headers)], "Sec-WebSocket-Protocol: "+subprotocol)
	}
	c, resp := handshake(t, r, "GET /relay/echo HTTP/1.1", headers...)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp.Status)
	}
	program := <-r.accepted
	program.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { program.Close() })
	return c, program
}

// frame is one as it stands on the wire.
type frame struct {
	first   byte // FIN, RSV1-3, opcode
	payload []byte
}

const (
	rsv1    = 0x40
	opCont  = 0x0
	opText  = 0x1
	opBin   = 0x2
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xa

	opcode = 0x0f
	masked = 0x80
	length = 0x7f
)

// wire returns a frame as a client sends it, masked and with a length in its
// shortest form.
func (f frame) wire() []byte {
	n := len(f.payload)
	b := []byte{f.first}
	switch {
	case n < 126:
		b = append(b, masked|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	return append(b, mask(f.payload)...)
}

// mask returns a masking key and what it makes of the payload (section 5.3).
func mask(payload []byte) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := append([]byte(nil), key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

// next reads a frame of the relay's, which must itself keep to the RFC.
func (c *raw) next() (frame, error) {
	c.Helper()
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return frame{}, err
	}
	if head[1]&masked != 0 {
		c.Error("section 5.1: a server must not mask")
	}
	if head[0]&0x70 != 0 {
		c.Errorf("section 5.2: reserved bits are set in %#x", head[0])
	}
	n := uint64(head[1] & length)
	switch n {
	case 126:
		var b [2]byte
		io.ReadFull(c.in, b[:])
		if n = uint64(binary.BigEndian.Uint16(b[:])); n < 126 {
			c.Errorf("section 5.2: %d is in two bytes", n)
		}
	case 127:
		var b [8]byte
		io.ReadFull(c.in, b[:])
		if n = binary.BigEndian.Uint64(b[:]); n < 1<<16 {
			c.Errorf("section 5.2: %d is in eight bytes", n)
		}
	}
	if head[0]&0x8 != 0 && (n > 125 || head[0]&fin == 0) {
		c.Errorf("section 5.5: a control frame of %d bytes, first byte %#x", n, head[0])
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(c.in, payload)
	return frame{head[0], payload}, err
}

// rest reads to the close frame, then to end of file. It returns the code, -1
// for a close frame without one, 0 for none; and the pongs.
func (c *raw) rest() (code int, pongs []string) {
	c.Helper()
	for {
		f, err := c.next()
		if err != nil {
			if err != io.EOF {
				c.Errorf("section 7.1.1: the connection ends with %v, and not with a FIN", err)
			}
			return code, pongs
		}
		if code != 0 {
			c.Errorf("section 5.5.1: frame %#x after the close frame", f.first)
		}
		switch f.first & opcode {
		case opPong:
			pongs = append(pongs, string(f.payload))
		case opClose:
			code = -1
			if len(f.payload) > 0 {
				code = int(binary.BigEndian.Uint16(f.payload))
			}
			c.CloseWrite()
		}
	}
}

func (c *raw) CloseWrite() { c.Conn.(*net.TCPConn).CloseWrite() }

func code(n int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(n)), reason...)
}

// Each row is what a client sends after the handshake, and the reaction that the
// RFC demands: which bytes reach the program, which pongs and which close code
// the client. Where code is 0 the session goes on, and the test ends it.
func TestRFC6455Frames(t *testing.T) {
	const v1 = protocol
	type row struct {
		name, section string
		protocol      string
		send          []any // a frame, or bytes
		program       string
		pongs         []string
		code          int
	}
	bin := func(s string) frame { return frame{fin | opBin, []byte(s)} }
	long := func(n int) string { return string(noise(n)) }
	rows := []row{
		{"a whole message", "5.6", "", []any{bin("Hello")}, "Hello", nil, 0},
		{"an empty message", "5.6", "", []any{bin(""), bin("x")}, "x", nil, 0},
		{"a fragmented message", "5.4", "", []any{frame{opBin, []byte("Hel")}, frame{opCont, []byte("l")}, frame{fin | opCont, []byte("o")}}, "Hello", nil, 0},
		{"empty fragments", "5.4", "", []any{frame{opBin, nil}, frame{opCont, []byte("Hello")}, frame{opCont, nil}, frame{fin | opCont, nil}}, "Hello", nil, 0},
		{"a ping between fragments", "5.4", "", []any{frame{opBin, []byte("Hel")}, frame{fin | opPing, []byte("there?")}, frame{fin | opCont, []byte("lo")}}, "Hello", []string{"there?"}, 0},
		{"a pong between fragments", "5.5.3", "", []any{frame{opBin, []byte("Hel")}, frame{fin | opPong, []byte("here")}, frame{fin | opCont, []byte("lo")}}, "Hello", nil, 0},
		{"a close between fragments", "5.4", "", []any{frame{opBin, []byte("Hel")}, frame{fin | opClose, code(1000, "")}}, "", nil, 1000},
		{"a continuation of nothing", "5.4", "", []any{frame{fin | opCont, []byte("lo")}}, "", nil, 1002},
		{"a continuation after the last", "5.4", "", []any{bin("Hello"), frame{opCont, []byte("lo")}}, "Hello", nil, 1002},
		{"a message within a message", "5.4", "", []any{frame{opBin, []byte("Hel")}, bin("lo")}, "", nil, 1002},

		{"a ping", "5.5.2", "", []any{frame{fin | opPing, []byte("there?")}}, "", []string{"there?"}, 0},
		{"an empty ping", "5.5.2", "", []any{frame{fin | opPing, nil}}, "", []string{""}, 0},
		{"a ping of 125 bytes", "5.5", "", []any{frame{fin | opPing, noise(125)}}, "", []string{long(125)}, 0},
		{"a ping of 126 bytes", "5.5", "", []any{frame{fin | opPing, noise(126)}}, "", nil, 1002},
		{"a fragmented ping", "5.5", "", []any{frame{opPing, []byte("th")}, frame{fin | opCont, []byte("ere?")}}, "", nil, 1002},
		{"a pong that nobody asked for", "5.5.3", "", []any{frame{fin | opPong, []byte("here")}, bin("Hello")}, "Hello", nil, 0},
		{"a pong of 126 bytes", "5.5", "", []any{frame{fin | opPong, noise(126)}}, "", nil, 1002},

		{"no mask", "5.1", "", []any{[]byte{fin | opBin, 5, 'H', 'e', 'l', 'l', 'o'}}, "", nil, 1002},
		{"no mask on a close", "5.1", "", []any{[]byte{fin | opClose, 2, 3, 232}}, "", nil, 1002},
		{"a mask of zeros", "5.3", "", []any{[]byte{fin | opBin, masked | 5, 0, 0, 0, 0, 'H', 'e', 'l', 'l', 'o'}}, "Hello", nil, 0},

		// Lengths must be in their shortest form. The RFC doesn't say how to react to
		// others; what they mean is clear, so they are taken.
		{"125 in two bytes", "5.2", "", []any{append([]byte{fin | opBin, masked | 126, 0, 125}, mask(noise(125))...)}, long(125), nil, 0},
		{"125 in eight bytes", "5.2", "", []any{append([]byte{fin | opBin, masked | 127, 0, 0, 0, 0, 0, 0, 0, 125}, mask(noise(125))...)}, long(125), nil, 0},
		{"65535 in eight bytes", "5.2", "", []any{append([]byte{fin | opBin, masked | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, mask(noise(65535))...)}, long(65535), nil, 0},
		{"2^63 bytes", "5.2", "", []any{[]byte{fin | opBin, masked | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}}, "", nil, 1002},
		{"2^63-1 bytes", "10.4", "", []any{append([]byte{fin | opBin, masked | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mask(noise(MaxMessage+1))...)}, "", nil, 1009},
		{"a message too long", "10.4", "", []any{bin(long(MaxMessage + 1))}, "", nil, 1009},
		{"a message too long in fragments", "10.4", "", []any{frame{opBin, noise(MaxMessage)}, frame{fin | opCont, []byte("!")}}, "", nil, 1009},

		{"text that is UTF-8", "8.1", v1, []any{frame{fin | opText, []byte(`{"type":"shutdown_wr","note":"grüße 🙂"}`)}}, "", nil, 0},
		{"a character in two fragments", "8.1", v1, []any{frame{opText, []byte(`{"type":"shutdown_wr","note":"` + "\xc3")}, frame{fin | opCont, []byte("\xbc" + `"}`)}}, "", nil, 0},
		{"a character cut off", "8.1", v1, []any{frame{fin | opText, []byte(`{"type":"reset"}` + "\xc3")}}, "", nil, 1007},
		{"an overlong character", "8.1", v1, []any{frame{fin | opText, []byte("\xc0\xaf")}}, "", nil, 1007},
		{"a surrogate", "8.1", v1, []any{frame{fin | opText, []byte("\xed\xa0\x80")}}, "", nil, 1007},
		{"beyond Unicode", "8.1", v1, []any{frame{fin | opText, []byte("\xf4\x90\x80\x80")}}, "", nil, 1007},
		{"no UTF-8 in fragments", "8.1", v1, []any{frame{opText, []byte("a")}, frame{fin | opCont, []byte("\xff")}}, "", nil, 1007},
		{"text where there is none", "7.4.1", "", []any{frame{fin | opText, []byte("Hello")}}, "", nil, 1003},

		{"a close without a code", "5.5.1", "", []any{bin("Hello"), frame{fin | opClose, nil}}, "Hello", nil, 1000},
		{"a close with half a code", "5.5.1", "", []any{bin("Hello"), frame{fin | opClose, []byte{3}}}, "Hello", nil, 1002},
		{"a close with the longest reason", "5.5", "", []any{frame{fin | opClose, code(1000, strings.Repeat("r", 123))}}, "", nil, 1000},
		{"a close with a reason too long", "5.5", "", []any{frame{fin | opClose, code(1000, strings.Repeat("r", 124))}}, "", nil, 1002},
		{"a close with a reason not in UTF-8", "5.5.1", "", []any{frame{fin | opClose, code(1000, "\xff")}}, "", nil, 1002},
		{"a fragmented close", "5.5", "", []any{frame{opClose, code(1000, "")}}, "", nil, 1002},
		{"bytes after a close", "5.5.1", "", []any{bin("Hello"), frame{fin | opClose, code(1000, "")}, bin("and more")}, "Hello", nil, 1000},
		{"bytes after what is malformed", "7.1.7", "", []any{bin("Hello"), frame{fin | 0x3, nil}, bin("and more")}, "Hello", nil, 1002},
		{"two malformed frames", "7.1.7", "", []any{frame{fin | 0x3, nil}, frame{fin | 0x4, nil}}, "", nil, 1002},
	}
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536} {
		rows = append(rows, row{fmt.Sprintf("a message of %d bytes", n), "5.2", "", []any{bin(long(n))}, long(n), nil, 0})
	}
	for bit, name := range map[byte]string{0x40: "RSV1", 0x20: "RSV2", 0x10: "RSV3", 0x70: "all reserved bits"} {
		rows = append(rows,
			row{name, "5.2", "", []any{bin("before"), frame{fin | bit | opBin, []byte("Hello")}}, "before", nil, 1002},
			row{name + " on a ping", "5.2", "", []any{frame{fin | bit | opPing, nil}}, "", nil, 1002},
			row{name + " on a continuation", "5.2", "", []any{frame{opBin, nil}, frame{fin | bit | opCont, nil}}, "", nil, 1002})
	}
	for _, op := range []byte{0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		rows = append(rows, row{fmt.Sprintf("opcode %#x", op), "5.2", "", []any{frame{fin | op, []byte("Hello")}}, "", nil, 1002})
	}
	for _, n := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		rows = append(rows, row{fmt.Sprintf("close code %d", n), "7.4", "", []any{bin("Hello"), frame{fin | opClose, code(n, "because")}}, "Hello", nil, 1000})
	}
	for _, n := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		rows = append(rows, row{fmt.Sprintf("close code %d", n), "7.4", "", []any{bin("Hello"), frame{fin | opClose, code(n, "because")}}, "Hello", nil, 1002})
	}
	goodbye := frame{fin | opClose, code(1000, "")}.wire()
	r := newRig(t)
	for _, tt := range rows {
		t.Run(tt.section+" "+tt.name, func(t *testing.T) {
			c, program := upgrade(t, r, tt.protocol)
			var all []byte
			for _, s := range tt.send {
				switch s := s.(type) {
				case frame:
					all = append(all, s.wire()...)
				case []byte:
					all = append(all, s...)
				}
			}
			go func() {
				c.Write(all)
				if tt.code == 0 && len(tt.pongs) == 0 {
					c.Write(goodbye)
				}
			}()
			got := make(chan []byte, 1)
			go func() {
				p, _ := io.ReadAll(program)
				program.Close()
				got <- p
			}()
			var pongs []string
			for range tt.pongs { // after a close none is owed (section 5.5.2)
				if f, err := c.next(); err != nil || f.first != fin|opPong {
					t.Fatalf("%#x %v; want a pong", f.first, err)
				} else {
					pongs = append(pongs, string(f.payload))
				}
			}
			if len(pongs) > 0 {
				c.Write(goodbye)
			}
			code, more := c.rest()
			pongs = append(pongs, more...)
			want := tt.code
			if want == 0 {
				want = 1000
			}
			if code != want {
				t.Errorf("closed with %d, want %d", code, want)
			}
			if strings.Join(pongs, "|") != strings.Join(tt.pongs, "|") || len(pongs) != len(tt.pongs) {
				t.Errorf("pongs %q, want %q", pongs, tt.pongs)
			}
			if p := <-got; !bytes.Equal(p, []byte(tt.program)) {
				t.Errorf("the program got %.20q (%d bytes), want %.20q (%d)", p, len(p), tt.program, len(tt.program))
			}
		})
	}
}

// What the program sends arrives in frames whose lengths are in their shortest
// form, unmasked; next looks at that.
func TestRFC6455FramesOfTheRelay(t *testing.T) {
	r := newRig(t)
	for _, n := range []int{1, 125, 126, 127, 32768, 65535, 65536} {
		c, program := upgrade(t, r, "")
		go func() {
			program.Write(noise(n))
			program.Close()
		}()
		var got []byte
		for {
			f, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			if f.first == fin|opClose {
				break
			}
			if f.first != fin|opBin {
				t.Fatalf("frame %#x", f.first)
			}
			got = append(got, f.payload...)
		}
		same(t, "to the browser", got, noise(n))
		c.Close()
	}
}

func TestRFC6455Handshake(t *testing.T) {
	r := newRig(t)
	c, resp := handshake(t, r, "GET /relay/echo HTTP/1.1", append(asAsked, "Sec-WebSocket-Protocol: chat, sockscope.v1", "Sec-WebSocket-Extensions: permessage-deflate")...)
	c.Close()
	for name, want := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", // section 4.2.2
		"Sec-Websocket-Accept":     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", // of the RFC's own sample, section 1.3
		"Sec-Websocket-Protocol":   protocol,
		"Sec-Websocket-Extensions": "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
