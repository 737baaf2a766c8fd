package bridge

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	sessionsFlag = flag.Int("sessions", 10_000, "how many random sessions are run")
	sessionFlag  = flag.Uint64("session", 0, "run only the random session with this seed, many times")
)

// How the browser and the program of a random session end.
const (
	shutsDown   = "shuts down" // sends shutdown_wr, and receives to the end
	awaitsEOF   = "awaits eof" // and sends shutdown_wr then
	closes      = "closes"     // sends a close frame
	resets      = "resets"     // sends reset
	hangsUp     = "hangs up"   // ends the TCP connection without a close frame
	breaksOff   = "breaks off" // the same by a RST
	finishes    = "finishes"   // sends a FIN, and receives to the end
	awaitsFIN   = "awaits FIN" // and closes then
	closesEarly = "closes"     // both directions, with bytes unread or not
	sendsRST    = "sends RST"
)

// play is what the two ends of a random session do.
type play struct {
	seed uint64
	b, p part
}

// part is what one end does: wait for some bytes, send some, end.
type part struct {
	sends  [][]byte
	before int  // bytes that it waits for, when half of its own are sent
	stalls bool // it receives nothing until it has sent all
	end    string
}

func (p part) bytes() []byte { return bytes.Join(p.sends, nil) }

func (p play) String() string {
	return fmt.Sprintf("the browser sends %d bytes in %d messages (waits for %d, stalls %v), then %s; the program sends %d bytes in %d pieces (waits for %d, stalls %v), then %s",
		len(p.b.bytes()), len(p.b.sends), p.b.before, p.b.stalls, p.b.end, len(p.p.bytes()), len(p.p.sends), p.p.before, p.p.stalls, p.p.end)
}

// newPlay makes up a play that comes to an end: of the two ends not both wait for
// the other, and what is sent to one that stalls has room on the way.
func newPlay(seed uint64) play {
	r := rand.New(rand.NewPCG(seed, 0))
	sends := func() (all [][]byte) {
		for range r.IntN(5) {
			n := r.IntN(300)
			switch r.IntN(40) {
			case 0:
				n = r.IntN(30 << 10)
			case 1:
				n = 0
			}
			at := r.IntN(1 << 20)
			all = append(all, noise(2 << 20)[at:at+n])
		}
		return all
	}
	p := play{seed: seed, b: part{sends: sends()}, p: part{sends: sends()}}
	p.b.end = []string{shutsDown, awaitsEOF, closes, resets, hangsUp, breaksOff}[r.IntN(6)]
	p.p.end = []string{finishes, awaitsFIN, closesEarly, sendsRST}[r.IntN(4)]
	if p.b.end == awaitsEOF && p.p.end == awaitsFIN {
		p.p.end = finishes
	}
	p.b.stalls, p.p.stalls = r.IntN(4) == 0, r.IntN(4) == 0
	switch up, down := len(p.b.bytes()), len(p.p.bytes()); {
	case r.IntN(2) == 0 && up > 0 && !p.p.stalls:
		p.p.before = r.IntN(up + 1)
	case down > 0 && !p.b.stalls:
		p.b.before = r.IntN(down + 1)
	}
	if r.IntN(200) == 0 { // more than a window, so that credit must come back
		p.b.stalls = false
		p.p.sends = append(p.p.sends, noise(Window+r.IntN(Window)))
	}
	return p
}

// outcome is what the two ends of a play have seen.
type outcome struct {
	toProgram, toBrowser []byte
	programErr           error // nil for a FIN
	controls             []string
	code                 int // of the relay's close frame; 0 for none
}

// Half-close, close, reset and going away at every stage, with readers that
// stall: whatever happens, what arrives is what was sent, all of it unless
// somebody has cut it off, and the end is told for what it was.
func TestRandomSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const workers = 32
	seed := rand.Uint64()
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		r := newRig(t)
		wait.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(*sessionsFlag) || t.Failed() {
					return
				}
				p := newPlay(seed + uint64(i))
				if *sessionFlag != 0 {
					p = newPlay(*sessionFlag)
				}
				out, err := perform(r, p)
				if err == nil {
					err = judge(p, out)
				}
				if err != nil {
					t.Errorf("%v\nin this play: %v\nto see it again: go test ./relay/bridge -run TestRandomSessions -session %d", err, p, p.seed)
					return
				}
			}
		})
	}
	wait.Wait()
}

// judge compares what has arrived with what was sent.
func judge(p play, out outcome) error {
	up, down := p.b.bytes(), p.p.bytes()
	eofs := slices.Index(out.controls, eof) >= 0
	var wrong []string
	need := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	need(bytes.HasPrefix(up, out.toProgram), "other bytes reach the program")
	need(bytes.HasPrefix(down, out.toBrowser), "other bytes reach the browser")
	need(!eofs || len(out.toBrowser) == len(down), "eof after %d of %d bytes", len(out.toBrowser), len(down))
	need(slices.Index([]int{0, codeDone, codeReset}, out.code) >= 0, "close code %d", out.code)

	stays := p.b.end == shutsDown || p.b.end == awaitsEOF // to see how it ends
	listens := p.p.end == finishes || p.p.end == awaitsFIN
	if stays && listens {
		need(out.code == codeDone && strings.Join(out.controls, " ") == eof, "ends with code %d and %q, want %d and eof", out.code, out.controls, codeDone)
	}
	if stays && p.p.end == sendsRST {
		need(out.code == codeReset && strings.Join(out.controls, " ") == reset, "ends with code %d and %q, want %d and reset", out.code, out.controls, codeReset)
	}
	if stays && p.p.end == closesEarly {
		// With bytes unread, or some still on their way, the kernel makes it a RST.
		need(out.code == codeDone && eofs || out.code == codeReset && slices.Contains(out.controls, reset), "ends with code %d and %q", out.code, out.controls)
	}
	if p.b.end == closes && listens || p.b.end == resets && listens {
		need(out.code == codeDone, "ends with code %d, want %d", out.code, codeDone)
	}
	if listens && p.b.end != breaksOff {
		need(len(out.toProgram) == len(up), "%d of %d bytes reach the program", len(out.toProgram), len(up))
	}
	if listens {
		switch p.b.end {
		case shutsDown, awaitsEOF, closes:
			need(out.programErr == nil, "the program reads %v, want end of file", out.programErr)
		default:
			need(errors.Is(out.programErr, syscall.ECONNRESET), "the program reads %v, want ECONNRESET", out.programErr)
		}
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

// perform plays p on a rig, and returns when both ends have ended.
func perform(r *rig, p play) (out outcome, err error) {
	conn, err := net.Dial("tcp", r.server.Listener.Addr().String())
	if err != nil {
		return out, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /relay/echo HTTP/1.1\r\nHost: %s\r\n%s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		r.server.Listener.Addr(), strings.Join(asAsked, "\r\n"), protocol)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return out, fmt.Errorf("the handshake: %v %v", resp, err)
	}
	program := <-r.accepted
	program.SetDeadline(time.Now().Add(patience))
	var wait sync.WaitGroup
	wait.Go(func() { out.toProgram, out.programErr = playProgram(program, p.p) })
	b := player{t: r.t, conn: conn.(*net.TCPConn), in: in}
	wait.Go(func() { b.play(p.b) })
	wait.Wait()
	out.toBrowser, out.controls, out.code = b.got, b.controls, b.code
	if b.err != nil || errors.Is(out.programErr, net.ErrClosed) {
		out.programErr = errors.Join(out.programErr, b.err)
	}
	var timeout net.Error
	if errors.As(out.programErr, &timeout) && timeout.Timeout() {
		return out, out.programErr
	}
	return out, nil
}

// gauge tells how many bytes have come.
type gauge struct {
	mu    sync.Mutex
	more  sync.Cond
	n     int
	ended bool
}

func newGauge() *gauge {
	g := new(gauge)
	g.more.L = &g.mu
	return g
}

func (g *gauge) add(n int, ended bool) {
	g.mu.Lock()
	g.n, g.ended = g.n+n, ended
	g.mu.Unlock()
	g.more.Broadcast()
}

// wait returns when n bytes have come, or no more will.
func (g *gauge) wait(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.n < n && !g.ended {
		g.more.Wait()
	}
}

// playProgram returns what reached the program, and the error at the end of it.
func playProgram(conn *net.TCPConn, p part) (got []byte, err error) {
	defer conn.Close()
	come := newGauge()
	read := func() {
		buffer := make([]byte, 4<<10)
		for {
			var n int
			n, err = conn.Read(buffer)
			got = append(got, buffer[:n]...)
			come.add(n, err != nil)
			if err != nil {
				return
			}
		}
	}
	var reading sync.WaitGroup
	if !p.stalls {
		reading.Go(read)
	}
	var writeErr error
	for i, piece := range p.sends {
		if i == len(p.sends)/2 {
			come.wait(p.before)
		}
		if _, writeErr = conn.Write(piece); writeErr != nil {
			break
		}
	}
	if len(p.sends) == 0 {
		come.wait(p.before)
	}
	switch p.end {
	case finishes:
		conn.CloseWrite()
	case sendsRST:
		conn.SetLinger(0)
		conn.Close()
	case closesEarly:
		conn.Close()
	}
	if p.stalls && (p.end == finishes || p.end == awaitsFIN) {
		reading.Go(read)
	}
	reading.Wait()
	if err == io.EOF {
		err = writeErr // the kernel tells of a RST once, and this may have been the time
	}
	return got, err
}

// player is the browser of a play.
type player struct {
	t        *testing.T
	conn     *net.TCPConn
	in       *bufio.Reader
	writing  sync.Mutex
	got      []byte
	controls []string
	code     int
	closed   bool  // it has sent a close frame
	err      error // that isn't part of any play
}

// send writes a frame with a mask of zeros, but none after a close frame (RFC
// 6455, section 5.5.1). Once the relay has closed, nobody takes it.
func (b *player) send(first byte, payload []byte) {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, masked|byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, masked|126), uint16(n))
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.closed {
		return
	}
	b.closed = first&opcode == opClose
	b.conn.Write(append(append(head, 0, 0, 0, 0), payload...))
}

func (b *player) play(p part) {
	defer b.conn.Close()
	come := newGauge()
	eofs := make(chan struct{})
	var reading sync.WaitGroup
	if !p.stalls {
		reading.Go(func() { b.receive(come, eofs) })
	}
	for i, message := range p.sends {
		if i == len(p.sends)/2 {
			come.wait(p.before)
		}
		b.send(fin|opBin, message)
	}
	if len(p.sends) == 0 {
		come.wait(p.before)
	}
	if p.stalls && p.end != breaksOff {
		reading.Go(func() { b.receive(come, eofs) })
	}
	switch p.end {
	case shutsDown:
		b.send(fin|opText, control{Type: shutdownWR}.text())
	case awaitsEOF:
		<-eofs
		b.send(fin|opText, control{Type: shutdownWR}.text())
	case closes:
		b.send(fin|opClose, code(codeDone, ""))
	case resets:
		b.send(fin|opText, control{Type: reset}.text())
	case hangsUp:
		b.conn.CloseWrite()
	case breaksOff:
		b.conn.SetLinger(0)
		b.conn.Close()
	}
	reading.Wait()
}

// receive takes all that the relay sends. It closes eofs at the program's end of
// file, or when that won't come.
func (b *player) receive(come *gauge, eofs chan struct{}) {
	told := sync.OnceFunc(func() { close(eofs) })
	defer told()
	defer func() { come.add(0, true) }()
	c := &raw{T: b.t, Conn: b.conn, in: b.in}
	for {
		f, err := c.next()
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				b.err = err
			}
			return
		}
		switch f.first & opcode {
		case opBin:
			b.got = append(b.got, f.payload...)
			come.add(len(f.payload), false)
			b.send(fin|opText, control{Type: credit, Bytes: len(f.payload)}.text())
		case opText:
			var c control
			if b.err = json.Unmarshal(f.payload, &c); b.err != nil {
				return
			}
			if c.Type == credit {
				continue
			}
			b.controls = append(b.controls, c.Type)
			if c.Type == eof {
				told()
			}
		case opClose:
			b.code = int(binary.BigEndian.Uint16(f.payload))
			b.send(fin|opClose, f.payload[:2])
			b.conn.CloseWrite()
		}
	}
}
