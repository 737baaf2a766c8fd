package bridge

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
)

// A strict connection looks at the heads of the frames that a browser sends, for
// what RFC 6455 demands and package websocket lets through: lengths in their
// shortest form and below 2^63 (section 5.2), and a close frame that is either
// empty or has a whole code (5.5.1). Payloads are only counted.
type strict struct {
	net.Conn
	head   [10]byte // as much of a frame's head as has come, without the mask's key
	have   int
	skip   uint64 // bytes that are left of the frame, the mask's key among them
	failed error
}

// malformed is what is wrong with a frame.
type malformed string

func (m malformed) Error() string { return string(m) }

// Read returns what came before a malformed frame, and then what is wrong with it.
func (s *strict) Read(p []byte) (int, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	n, err := s.Conn.Read(p)
	if good := s.look(p[:n]); s.failed != nil {
		if good == 0 {
			return 0, s.failed
		}
		return good, nil
	}
	return n, err
}

// look goes through the next bytes. It returns how many of them belong to
// frames that are in order.
func (s *strict) look(p []byte) (good int) {
	for at := 0; at < len(p); {
		if s.skip > 0 {
			n := min(s.skip, uint64(len(p)-at))
			s.skip -= n
			at += int(n)
			continue
		}
		if s.have == 0 {
			good = at
		}
		s.head[s.have] = p[at]
		s.have++
		at++
		if s.have >= 2 && s.have == s.headLen() {
			if s.failed = s.judge(); s.failed != nil {
				return good
			}
			s.have = 0
		}
	}
	return len(p)
}

const (
	masked    = 0x80
	length    = 0x7f
	opClose   = 0x8
	opcode    = 0x0f
	length16  = 126
	length64  = 127
	maskBytes = 4
)

// headLen is how long the head is whose first two bytes have come.
func (s *strict) headLen() int {
	switch s.head[1] & length {
	case length16:
		return 4
	case length64:
		return 10
	}
	return 2
}

// judge looks at a whole head, and notes how much follows.
func (s *strict) judge() error {
	n := uint64(s.head[1] & length)
	switch n {
	case length16:
		if n = uint64(binary.BigEndian.Uint16(s.head[2:])); n < length16 {
			return malformed("a length below 126 in two bytes")
		}
	case length64:
		n = binary.BigEndian.Uint64(s.head[2:])
		switch {
		case n > 1<<63-1:
			return malformed("a length of 2^63 or more")
		case n < 1<<16:
			return malformed("a length below 65536 in eight bytes")
		}
	}
	if s.head[0]&opcode == opClose && n == 1 {
		return malformed("a close frame with half a code")
	}
	s.skip = n
	if s.head[1]&masked != 0 {
		s.skip += maskBytes
	}
	return nil
}

// strictly has the connection that w is made from be a strict one.
type strictly struct{ http.ResponseWriter }

// Hijack is what the upgrade calls.
func (w strictly) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	return &strict{Conn: conn}, buffers, err
}
