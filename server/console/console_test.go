package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// buffers is how many pieces v86's console holds for the machine.
const buffers = 16

// device stands between the two ends as v86 does: it drops a piece that finds no buffer.
type device struct {
	page *Page

	mu      sync.Mutex
	turn    sync.Cond
	queue   [][]byte // pieces in the machine's buffers
	dropped int
	ended   bool
}

func (d *device) input(piece []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == buffers {
		d.dropped++
		return
	}
	d.queue = append(d.queue, piece)
	d.turn.Broadcast()
}

// Read is the machine's: as with a terminal, it may get a part.
func (d *device) Read(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) == 0 && !d.ended {
		d.turn.Wait()
	}
	if len(d.queue) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:1+rand.IntN(len(b))], d.queue[0])
	if d.queue[0] = d.queue[0][n:]; len(d.queue[0]) == 0 {
		d.queue = d.queue[1:]
	}
	return n, nil
}

func (d *device) Write(b []byte) (int, error) { return len(b), d.page.Take(b) }

func (d *device) end() {
	d.mu.Lock()
	d.ended = true
	d.turn.Broadcast()
	d.mu.Unlock()
}

// start joins a page and a machine whose server handles each connection by serve.
func start(t *testing.T, serve func(net.Conn), set func(Setting)) (*Page, *device) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	d := new(device)
	d.turn.L = &d.mu
	d.page = NewPage(d.input)
	over := make(chan error, 1)
	go func() {
		over <- Serve(d, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }, set)
	}()
	t.Cleanup(func() {
		l.Close()
		d.end()
		if err := <-over; !errors.Is(err, io.EOF) {
			t.Errorf("the machine's end: %v", err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.dropped > 0 {
			t.Errorf("%d pieces found no buffer", d.dropped)
		}
	})
	return d.page, d
}

// Several connections at a time carry more than any window, both ways, and lose nothing.
func TestSeveralAtATime(t *testing.T) {
	page, _ := start(t, func(c net.Conn) {
		io.Copy(c, c)
		c.Close()
	}, nil)
	const size = 5 * Window
	var wait sync.WaitGroup
	for i := range 6 {
		c, err := page.Open()
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			sent := make([]byte, size)
			for j := 0; j < size; j += 8 {
				binary.BigEndian.PutUint64(sent[j:], uint64(i*size+j))
			}
			go func() {
				for b := sent; len(b) > 0; {
					n := min(len(b), 1+rand.IntN(20_000))
					if _, err := c.Write(b[:n]); err != nil {
						t.Error(err)
						return
					}
					b = b[n:]
				}
			}()
			got := make([]byte, size)
			if _, err := io.ReadFull(c, got); err != nil || sha256.Sum256(got) != sha256.Sum256(sent) {
				t.Errorf("connection %d: %v, the same bytes: %v", i, err, bytes.Equal(got, sent))
			}
			c.Close()
		})
	}
	wait.Wait()
}

// Who doesn't read stops the server that writes to it, and nobody else.
func TestWhoDoesNotRead(t *testing.T) {
	page, _ := start(t, func(c net.Conn) {
		head := make([]byte, 1)
		if io.ReadFull(c, head); head[0] == 'a' {
			c.Write(make([]byte, 100*Window))
		} else {
			c.Write(head)
		}
		c.Close()
	}, nil)
	lazy, _ := page.Open()
	lazy.Write([]byte("a"))
	for range 300 { // the numbers are used again
		c, err := page.Open()
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("b"))
		if all, err := io.ReadAll(c); string(all) != "b" || err != nil {
			t.Fatalf("%q, %v", all, err)
		}
		c.Close()
	}
	if all, err := io.ReadAll(lazy); len(all) != 100*Window || err != nil {
		t.Errorf("%d bytes, %v", len(all), err)
	}
	lazy.Close()
}

// The page that closes first ends the server's connection too.
func TestThePageCloses(t *testing.T) {
	gone := make(chan error, 1)
	page, _ := start(t, func(c net.Conn) {
		c.Write(make([]byte, 3*Window))
		_, err := io.Copy(io.Discard, c)
		gone <- err
	}, nil)
	c, _ := page.Open()
	io.ReadFull(c, make([]byte, 10))
	c.Close()
	<-gone
	if _, err := c.Read(make([]byte, 1)); err != ErrClosed {
		t.Errorf("a read afterwards: %v", err)
	}
}

func TestSetting(t *testing.T) {
	told := make(chan Setting, 1)
	page, _ := start(t, func(c net.Conn) { c.Close() }, func(s Setting) { told <- s })
	now, seed := time.Unix(1234567890, 987654321), [SeedSize]byte{1, 2, 31: 3}
	page.Set(now, seed)
	if s := <-told; !s.Now.Equal(now) || s.Seed != seed {
		t.Errorf("the machine was told %+v", s)
	}
}

// A machine that isn't there any more ends what is open.
func TestQuit(t *testing.T) {
	page := NewPage(func([]byte) {})
	c, _ := page.Open()
	read := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	why := errors.New("the machine was closed")
	page.Quit(why)
	if err := <-read; err != why {
		t.Errorf("Read: %v", err)
	}
	if _, err := page.Open(); err != why {
		t.Errorf("Open: %v", err)
	}
}

func TestNoFrames(t *testing.T) {
	for _, b := range [][]byte{
		{0, 0, 0, 0},                       // no kind
		{byte(data), 9, 0, 1, 'x'},         // of no connection
		{byte(open), 1, 0, 0},              // the machine opens none
		{byte(grant), 1, 0, 4, 0, 0, 0, 1}, // more than the window
		{byte(data), 1, 0xff, 0xff},        // too long
		{byte(taken), 0, 0, 1, 0},          // too short
		{byte(set), 0, 0, 0},               // the page's
	} {
		page := NewPage(func([]byte) {})
		c, _ := page.Open()
		if err := page.Take(b); !errors.Is(err, ErrFrame) {
			t.Errorf("%x: %v", b, err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, ErrFrame) {
			t.Errorf("%x: Read says %v", b, err)
		}
	}
}

// Whatever the machine says, the page keeps its bounds and doesn't fall.
func FuzzTake(f *testing.F) {
	f.Add(appendFrame(appendCount(nil, taken, 0, 4), data, 1, []byte("hello")))
	f.Add(appendFrame(appendCount(nil, grant, 1, 0), shut, 1, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		held := 0
		page := NewPage(func(p []byte) { held += len(p) })
		c, _ := page.Open()
		c.Write([]byte(fmt.Sprint(b)))
		page.Take(b)
		if len(c.in) > Window || len(page.pieces) > Pieces || len(page.rest) > maxBody+headSize {
			t.Errorf("%d bytes, %d pieces, %d bytes of a frame", len(c.in), len(page.pieces), len(page.rest))
		}
	})
}
