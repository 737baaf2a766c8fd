package scaling

import (
	"encoding/binary"
	"fmt"
	"slices"

	"sockscope/server/socket"
	"sockscope/server/trace"

	"golang.org/x/sys/unix"
)

// Plan is what a run measures.
type Plan struct {
	Largest  int // idle connections in the end
	Repeats  int // of each measurement
	Messages int // in each measurement
	Payload  int // bytes of a message
}

// sizes are the numbers of idle connections, about three to a decade.
func (p Plan) sizes() (list []int) {
	for _, n := range []int{10, 30, 100, 300, 1000, 3000, 10000} {
		if n < p.Largest {
			list = append(list, n)
		}
	}
	return append(list, p.Largest)
}

// mechanisms are the three ways to wait, each new for each measurement:
// an epoll list that lives on would be told of every message, too.
var mechanisms = []struct {
	name string
	make func() (waiter, error)
}{
	{"select", func() (waiter, error) { return new(Select), nil }},
	{"poll", func() (waiter, error) { return new(Poll), nil }},
	{"epoll", newEpoll},
}

// bench is the server with its connections.
type bench struct {
	Plan
	server, orders *socket.Socket
	conns          []*socket.Socket // the busy one, and the idle ones
	tell           func(*trace.Point)
	done, of       int
}

// Serve measures at addr as planned, and tells each point. The first one is
// told when it listens, which is when Crowd can be started.
func Serve(addr string, plan Plan, tell func(*trace.Point)) error {
	b := &bench{Plan: plan, tell: tell}
	b.of = len(b.sizes()) * len(mechanisms) * b.Repeats
	b.server = socket.New(socket.AF_INET, socket.SOCK_STREAM)
	b.server.SetOption(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	b.server.Bind(addr)
	b.server.Listen(2 * handful)
	defer b.server.Close()
	b.say(trace.Point{})
	var err error
	if b.orders, err = b.server.Accept(); err != nil {
		return err
	}
	defer b.orders.Close()
	defer closeAll(&b.conns)
	if err := b.accept(1); err != nil {
		return err
	}
	for _, n := range b.sizes() {
		why, err := b.grow(n)
		if err != nil {
			return err
		}
		// One repeat of each after the other: what disturbs the machine for a
		// while disturbs them all.
		for repeat := 1; repeat <= b.Repeats; repeat++ {
			for i := range mechanisms {
				p := trace.Point{Mechanism: mechanisms[i].name, Idle: n, Repeat: repeat, Why: why}
				if why == "" {
					if err := b.measure(i, &p); err != nil {
						return err
					}
				}
				b.done++
				if p.Why == "" || repeat == 1 { // why not is told once
					b.say(p)
				}
			}
		}
	}
	return nil
}

func (b *bench) say(p trace.Point) {
	p.Done, p.Of = b.done, b.of
	b.tell(&p)
}

// warmUp is how many messages go before those that are measured.
const warmUp = 20

// measure makes one measurement with mechanism i, or says in p why there is
// none.
func (b *bench) measure(i int, p *trace.Point) error {
	w, err := mechanisms[i].make()
	if err != nil {
		p.Why = err.Error()
		return nil
	}
	defer w.Close()
	for _, conn := range b.conns {
		if err := w.Add(conn); err != nil {
			p.Why = err.Error()
			return nil
		}
	}
	if _, err := b.echoes(w, warmUp); err != nil {
		return err
	}

	before := threadCPU()
	if p.RoundTrip, err = b.echoes(w, b.Messages); err != nil {
		return err
	}
	p.CPU = threadCPU() - before
	p.Messages = b.Messages

	// One more message lies there until the waits are counted.
	if err := b.order(ping, 1); err != nil {
		return err
	}
	if _, err := w.Wait(); err != nil {
		return err
	}
	took, err := ask(w, b.Messages)
	if err != nil {
		return err
	}
	slices.Sort(took) // one that lost the processor is no measure of the others
	p.Ask = int64(took[len(took)/2])
	p.Asks = b.Messages
	if err := echo(w, 1, b.Payload); err != nil {
		return err
	}
	_, err = b.answer()
	return err
}

// echoes has the client send n messages, echoes them, and returns how long
// that took by the client's clock, in ns.
func (b *bench) echoes(w waiter, n int) (int64, error) {
	if err := b.order(ping, n); err != nil {
		return 0, err
	}
	if err := echo(w, n, b.Payload); err != nil {
		return 0, err
	}
	took, err := b.answer()
	return int64(took), err
}

// threadCPU returns the processor time that this thread has used, in ns
// (clock_gettime(2)). getrusage(2) would count it in ticks of milliseconds.
func threadCPU() int64 {
	var t unix.Timespec
	unix.ClockGettime(threadTime, &t) // cannot fail for one's own thread
	return t.Nano()
}

// handful is how many connections are made before they are accepted: fewer
// than the backlog takes.
const handful = 250

// grow has the client open idle connections until there are n. Where this
// system doesn't allow so many it says why.
func (b *bench) grow(n int) (why string, err error) {
	const others = 16 // standard streams, listener, orders, epoll, and some
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return "", err
	}
	if uint64(n+others) > uint64(limit.Cur) {
		return fmt.Sprintf("%d connections take %d fds in each process; "+
			"this system allows %d (RLIMIT_NOFILE)", n, n+others, limit.Cur), nil
	}
	for {
		have := len(b.conns) - 1
		if have == n {
			return "", nil
		}
		if err := b.order(open, min(n-have, handful)); err != nil {
			return "", err
		}
		answer, err := b.answer()
		if err != nil {
			return "", err
		}
		if err := b.accept(int(uint32(answer))); err != nil {
			return "", err
		}
		if errno := socket.Errno(answer >> 32); errno != 0 {
			return fmt.Sprintf("only %d connections could be made: connect: %v",
				len(b.conns)-1, errno), nil
		}
		b.say(trace.Point{Idle: len(b.conns) - 1})
	}
}

// accept takes n connections out of the backlog.
func (b *bench) accept(n int) error {
	for range n {
		conn, err := b.server.Accept()
		if err != nil {
			return err
		}
		b.conns = append(b.conns, conn)
	}
	return nil
}

// order tells the client what to do.
func (b *bench) order(what byte, n int) error {
	return sendAll(b.orders, binary.BigEndian.AppendUint32([]byte{what}, uint32(n)))
}

// answer returns what the client says when it has done so.
func (b *bench) answer() (uint64, error) {
	data, err := receive(b.orders, 8)
	if err != nil {
		return 0, err
	}
	if len(data) == 0 {
		return 0, errGone
	}
	return binary.BigEndian.Uint64(data), nil
}
