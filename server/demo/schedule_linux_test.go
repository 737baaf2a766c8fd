package demo_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"sockscope/server/trace/tracetest"
)

var oneSchedule = flag.Uint64("schedule", 0, "the one random schedule that TestRandomSchedules runs; 0 for all")

// The schedules of each server. One that serves a client after another is
// turned to by no other client before; one whose threads or processes are more
// than can be recorded, or whose calls are, is not traced.
var scheduled = []struct {
	program  string
	settings map[string]string
	cases    int
	inTurn   bool
	untraced bool
}{
	{program: "echo", cases: 400, inTurn: true},
	{program: "spin", cases: 300, inTurn: true, untraced: true},
	{program: "threads", cases: 400, untraced: true},
	{program: "watchful", cases: 300, untraced: true},
	{program: "processes", cases: 60, untraced: true},
	{program: "select", settings: map[string]string{"timeout": "0s"}, cases: 400},
	{program: "poll", settings: map[string]string{"timeout": "0s"}, cases: 400},
	{program: "epoll", settings: map[string]string{"timeout": "0s", "size": "500"}, cases: 400},
	{program: "edge", settings: map[string]string{"timeout": "0s", "size": "500"}, cases: 400},
	{program: "two-ports", settings: map[string]string{"timeout": "0s"}, cases: 400},
}

// Thousands of random schedules: in each, a few clients send, read, half-close,
// reset and leave in an order that is drawn from its number. A client pauses
// while the others have their turns. The server sends back what arrived to each
// of them, and keeps no fd of those that are gone.
func TestRandomSchedules(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, s := range scheduled {
		t.Run(s.program, func(t *testing.T) {
			t.Parallel()
			j := job{Program: s.program, Addr: freePort(t), Untraced: s.untraced, Settings: s.settings}
			addrs := []string{j.Addr}
			if s.program == "two-ports" {
				addrs = append(addrs, freePort(t))
				j.Settings = map[string]string{"timeout": "0s", "other": addrs[1]}
			}
			p := start(t, j).listening()
			p.await("listen", func() bool { return listens(t, addrs[len(addrs)-1]) })
			var check tracetest.Check
			check.Echoes = func(int) bool { return true }
			seen := 0
			add := func() {
				for p.collect(); seen < len(p.events); seen++ {
					check.Add(&p.events[seen])
				}
			}
			for n := range uint64(s.cases) {
				if *oneSchedule != 0 {
					n = *oneSchedule - 1
				}
				sched := &schedule{rnd: rand.New(rand.NewPCG(n+1, 0)), addrs: addrs, inTurn: s.inTurn}
				if err := sched.run(); err != nil {
					p.stop() // its output is whole
					t.Fatalf("%v\n%s\nthe server's output: %q\nagain: go test ./server/demo -run TestRandomSchedules/%s -schedule=%d", err, &sched.log, p.output.String(), s.program, n+1)
				}
				add()
				if *oneSchedule != 0 {
					break
				}
			}
			p.await("the server to close what it has of its clients", func() bool { return p.sockets() == len(addrs) })
			if p.ring.Dropped() > 0 {
				t.Logf("%d calls could not be recorded, and the trace is not checked", p.ring.Dropped())
				return
			}
			add()
			for _, wrong := range check.End(false) {
				t.Error(wrong)
			}
		})
	}
}

// schedule is a random one. Its clients take their turns in one goroutine: what
// they do, and in which order, is the same every time.
type schedule struct {
	rnd    *rand.Rand
	addrs  []string
	inTurn bool
	log    bytes.Buffer // what was done
	seats  []*seat      // those that are connected, in their order
	names  int
}

// seat is one client.
type seat struct {
	name  int
	conn  *net.TCPConn
	sent  []byte
	got   int  // bytes of it that have come back
	half  bool // it sends no more
	turns int  // until it ends
}

// mostUnread is how much a client leaves unread, at most: what the buffers of the
// kernels hold, so that a send doesn't wait for its own client's next turn.
// A client that isn't served yet has less.
const (
	mostUnread   = 48 << 10
	mostUnserved = 8 << 10
)

func (s *schedule) run() error {
	more := 1 + s.rnd.IntN(5)
	for more > 0 || len(s.seats) > 0 {
		if more > 0 && (len(s.seats) == 0 || s.rnd.IntN(3) == 0) {
			more--
			if err := s.connect(); err != nil {
				return err
			}
			continue
		}
		n := s.rnd.IntN(len(s.seats))
		if err := s.turn(s.seats[n], n == 0 || !s.inTurn); err != nil {
			return fmt.Errorf("client %d: %w", s.seats[n].name, err)
		}
	}
	return nil
}

func (s *schedule) connect() error {
	addr := s.addrs[s.rnd.IntN(len(s.addrs))]
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	s.names++
	c := &seat{name: s.names, conn: conn.(*net.TCPConn), turns: s.rnd.IntN(12)}
	s.seats = append(s.seats, c)
	fmt.Fprintf(&s.log, "%d connects\n", c.name)
	return nil
}

// turn has a client do one thing. served says that the server answers to it now.
func (s *schedule) turn(c *seat, served bool) error {
	unread := len(c.sent) - c.got
	if c.turns--; c.turns < 0 {
		return s.end(c, served)
	}
	most := mostUnread
	if !served {
		most = mostUnserved
	}
	room, what := most-unread, s.rnd.IntN(10)
	switch {
	case what < 5 && !c.half && room > 0:
		size := 1 + s.rnd.IntN([]int{1, 16, 2000, most}[s.rnd.IntN(4)])
		data := make([]byte, min(size, room))
		for i := range data {
			data[i] = byte(s.rnd.Uint32())
		}
		fmt.Fprintf(&s.log, "%d sends %d\n", c.name, len(data))
		c.sent = append(c.sent, data...)
		_, err := c.conn.Write(data)
		return err
	case what < 9 && unread > 0 && served:
		return s.read(c, 1+s.rnd.IntN(unread))
	case what == 9 && !c.half:
		fmt.Fprintf(&s.log, "%d half-closes\n", c.name)
		c.half = true
		return c.conn.CloseWrite()
	}
	return nil // it pauses
}

// read reads n bytes of the echo.
func (s *schedule) read(c *seat, n int) error {
	fmt.Fprintf(&s.log, "%d reads %d\n", c.name, n)
	got := make([]byte, n)
	if n, err := io.ReadFull(c.conn, got); err != nil {
		return fmt.Errorf("%d of %d bytes come back, then %w", c.got+n, len(c.sent), err)
	}
	want := c.sent[c.got:][:n]
	for i := range want {
		if got[i] != want[i] {
			return fmt.Errorf("byte %d of %d comes back as %#x, and was %#x", c.got+i, len(c.sent), got[i], want[i])
		}
	}
	c.got += n
	return nil
}

// end ends a client in one of four ways.
func (s *schedule) end(c *seat, served bool) error {
	how := s.rnd.IntN(4)
	if !served && how < 2 {
		c.turns = 0
		return nil // it waits for its echoes, and so for its turn
	}
	var err error
	switch unread := len(c.sent) - c.got; how {
	case 0: // reads all that is its own, and the end of file
		if !c.half {
			fmt.Fprintf(&s.log, "%d half-closes\n", c.name)
			err = c.conn.CloseWrite()
		}
		if err == nil && unread > 0 {
			err = s.read(c, unread)
		}
		if err == nil {
			if n, eof := c.conn.Read(make([]byte, 1)); n != 0 || !errors.Is(eof, io.EOF) {
				err = fmt.Errorf("%d bytes more than were sent, %v", n, eof)
			}
		}
	case 1: // reads all that is its own
		if unread > 0 {
			err = s.read(c, unread)
		}
	case 2: // leaves, whatever comes
	case 3:
		c.conn.SetLinger(0) // resets
	}
	fmt.Fprintf(&s.log, "%d closes, in way %d\n", c.name, how)
	c.conn.Close()
	for i := range s.seats {
		if s.seats[i] == c && err == nil {
			s.seats = append(s.seats[:i], s.seats[i+1:]...)
			break
		}
	}
	return err
}
