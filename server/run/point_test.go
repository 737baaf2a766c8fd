package run

import (
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockscope/server/lab"
	"sockscope/server/packet"
	"sockscope/server/trace"
)

// points is how many runs of each lab TestEachLabShowsItsPoint makes. With 100 it takes
// a quarter of an hour, one run at a time, and holds each to 99.
var (
	points    = flag.Int("points", 2, "runs of each lab, to count those that show its point")
	pointLabs = flag.String("labs", "", "the labs that -points is for, with commas between them; all when empty")
)

const burnEnv = "SOCKSCOPE_TEST_BURN"

func init() {
	if os.Getenv(burnEnv) == "" {
		return
	}
	go func() { // the end of its input is that of the test
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for n := 0; ; n++ {
	}
}

// burn keeps every processor busy until the test is over.
func burn(t *testing.T) { burnSome(t, runtime.NumCPU()) }

// burnSome keeps n processors busy until the test is over.
func burnSome(t *testing.T, n int) {
	for range n {
		cmd := exec.Command("/proc/self/exe")
		if runtime.GOOS != "linux" {
			cmd = exec.Command(os.Args[0])
		}
		cmd.Env = append(os.Environ(), burnEnv+"=1", "GOMAXPROCS=1")
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
}

// discard is a test that nothing is said to.
type discard struct{ testing.TB }

func (discard) Helper()               {}
func (discard) Errorf(string, ...any) {}

// longestRecv returns how long a process's longest recv took.
func (r *result) longestRecv(proc int) (longest time.Duration) {
	var since int64
	for i := range r.events {
		switch e := &r.events[i]; {
		case e.Proc != proc || e.Call != trace.Recv:
		case e.Kind == trace.Enter:
			since = e.Time
		case e.Kind == trace.Return:
			longest = max(longest, time.Duration(e.Time-since))
		}
	}
	return longest
}

// A lab's point shows whatever else the machine does: when who arrives is the set-up's.
func TestEachLabShowsItsPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	s := startTest(t, Config{})
	burn(t)
	type shown struct {
		mu       sync.Mutex
		of, have int
		late     []time.Duration // how late the clients were
		lacks    map[string]int
	}
	list := slices.DeleteFunc(slices.Clone(labPoints), func(p labPoint) bool {
		return *pointLabs != "" && !slices.Contains(strings.Split(*pointLabs, ","), p.lab)
	})
	all := make([]shown, len(list))
	next := make(chan int)
	var viewers sync.WaitGroup
	counted, together := *points >= 100, 4
	if counted {
		together = 1 // what keeps the machine busy is not the runs themselves
	}
	for range together {
		v := dial(t, s)
		viewers.Go(func() {
			for i := range next {
				p, c := &list[i], &all[i]
				lacks, late := p.show(v)
				if lacks != "" && !counted {
					lacks, late = p.show(v) // one in a hundred may lack it
				}
				c.mu.Lock()
				c.late = append(c.late, late...)
				if !counted && len(late) > 0 && slices.Max(late) > 50*time.Millisecond {
					c.mu.Unlock()
					continue // more is going on here than on a busy machine
				}
				c.of++
				if lacks == "" {
					c.have++
				} else {
					if c.lacks == nil {
						c.lacks = map[string]int{}
					}
					c.lacks[lacks]++
				}
				c.mu.Unlock()
			}
		})
	}
	for i := range list {
		if why := s.Cannot(list[i].lab); why != "" {
			t.Logf("%s: %s", list[i].lab, why)
			continue
		}
		for range *points {
			next <- i
		}
	}
	close(next)
	viewers.Wait()
	for i := range all {
		p, c := &list[i], &all[i]
		slices.Sort(c.late)
		worst := time.Duration(0)
		if len(c.late) > 0 {
			worst = c.late[len(c.late)-1]
		}
		t.Logf("%-10s %v: %d of %d; latest client by %v; lacking: %v", p.lab, p.knobs, c.have, c.of, worst, c.lacks)
		if c.have < c.of-c.of/100-1 || c.of > 0 && c.have == 0 {
			t.Errorf("%s %v: %s in %d of %d runs only; lacking: %v", p.lab, p.knobs, p.point, c.have, c.of, c.lacks)
		}
	}
}

// labPoint is what a run of a lab has to show.
type labPoint struct {
	lab   string
	knobs map[string]string
	point string
	lacks func(r *result) string // "" when the run shows it
}

// show makes a run, and says what it lacks and how late its clients were.
func (p *labPoint) show(v *viewer) (lacks string, late []time.Duration) {
	runs := []*trace.Request{{Op: trace.OpRun, Lab: p.lab, Knobs: p.knobs}}
	if p.lab == "compare" {
		runs = nil
		for _, l := range lab.Servers(lab.Compared()) {
			knobs, err := l.Against(lab.Compared())
			if err != nil {
				return err.Error(), nil
			}
			runs = append(runs, &trace.Request{Op: trace.OpRun, Lab: l.ID, Knobs: knobs})
		}
	}
	all := new(result)
	for _, req := range runs {
		v.send(req)
		r := v.run()
		for i := range r.events {
			if e := &r.events[i]; e.Kind == trace.Start && e.Result > 0 {
				late = append(late, time.Duration(e.Result))
			}
		}
		if r.end.Reason != trace.EndDone {
			return r.end.Reason + ": " + r.end.Message, late
		}
		r.before, all = all, r
	}
	return p.lacks(all), late
}

var labPoints = []labPoint{
	{"nagle", nil, "an answer waits 40 ms", func(r *result) string {
		return unless(r.longestRecv(1) > 30*time.Millisecond, "a wait for an ACK")
	}},
	{"nagle", map[string]string{"client": "one writev"}, "no answer waits", func(r *result) string {
		held := 0
		all, _ := sentPackets(discard{}, r)
		for i := range all {
			if all[i].Length == 4 {
				held++
			}
		}
		return unless(held == 0, "packets with both parts")
	}},
	{"backlog", nil, "who finds no room sends its SYN again", func(r *result) string {
		again := 0
		all, segments := sentPackets(discard{}, r)
		for i := range all {
			if all[i].Flags == packet.SYN && segments[i].Again {
				again++
			}
		}
		counts := func(e *trace.Event) bool {
			return slices.ContainsFunc(e.Counters, func(c trace.Counter) bool { return c.Name == "ListenOverflows" })
		}
		half := func(e *trace.Event) bool {
			return slices.ContainsFunc(e.Sockets, func(s trace.Sock) bool { return s.State == trace.SynRecv })
		}
		return unless(again > 0, "a SYN again") + unless(r.last(counts) != nil, "ListenOverflows") + unless(r.last(half) != nil, "a half-open connection")
	}},
	{"backlog", lateACK("2"), "a SYN cookie brings a reset", func(r *result) string {
		return unless(r.fails(1, trace.ECONNRESET) == 1, "ECONNRESET") + unless(r.counted("SyncookiesSent") > 0 && r.counted("SyncookiesFailed") > 0, "a cookie that fails")
	}},
	{"backlog", lateACK("0"), "without cookies the message waits", func(r *result) string {
		return unless(r.replied(1) > 0, "an echo") + unless(r.counted("SyncookiesSent") == 0, "no cookie")
	}},
	{"backlog", map[string]string{"half": "5", "clients": "3"}, "a full SYN queue brings cookies", func(r *result) string {
		return unless(r.counted("SyncookiesSent") > 0, "a cookie")
	}},
	{"dead", map[string]string{"retries": "1"}, "the kernel gives the server up", func(r *result) string {
		last := r.last(func(e *trace.Event) bool { return e.Kind == trace.Return && e.Proc == 1 && e.Call == trace.Recv })
		return unless(last != nil && last.Errno == trace.ETIMEDOUT, "ETIMEDOUT")
	}},
	{"udp", nil, "datagrams are dropped, and those that come are whole", func(r *result) string {
		sent, got := r.moves(1, trace.Sendto)+r.moves(1, trace.Send), r.moves(0, trace.Recvfrom)
		dropped := r.last(func(e *trace.Event) bool {
			return slices.ContainsFunc(e.Queues, func(q trace.Queue) bool { return q.Drops > 0 })
		})
		return unless(got < sent, "fewer datagrams than were sent") + unless(dropped != nil, "drops that the kernel counts")
	}},
	{"options", nil, "the kernel doubles what it is told", func(r *result) string {
		set := int64(0)
		doubled := false
		for i := range r.events {
			e := &r.events[i]
			switch {
			case e.Kind != trace.Return || e.Proc != 0 || len(e.Args) < 3 || e.Args[1] != 7: // SO_SNDBUF
			case e.Call == trace.Setsockopt:
				set = e.Args[2]
			case e.Call == trace.Getsockopt:
				doubled = doubled || set > 0 && e.Args[2] == 2*set
			}
		}
		return unless(doubled, "twice what was set")
	}},
	{"families", nil, "::1 refuses, 127.0.0.1 doesn't", func(r *result) string {
		connects := func(errno trace.Errno) bool {
			return r.last(func(e *trace.Event) bool {
				return e.Kind == trace.Return && e.Call == trace.Connect && e.Errno == errno
			}) != nil
		}
		return unless(connects(trace.ECONNREFUSED), "a refusal") + unless(connects(0), "a connection")
	}},
	{"first", nil, "the client reads up to the end of file", func(r *result) string {
		last := r.last(func(e *trace.Event) bool { return e.Kind == trace.Return && e.Proc == 1 && e.Call == trace.Recv })
		return unless(last != nil && last.Result == 0 && last.Errno == 0, "the end of file")
	}},
	{"echo", map[string]string{"client": "program"}, "accept and recv sleep", func(r *result) string {
		return unless(r.slept(0, trace.Accept) && r.slept(0, trace.Recv), "a sleep")
	}},
	{"iterative", nil, "the others wait in the backlog", waitsInTurn},
	{"iterative", map[string]string{"clients": "8"}, "the others wait in the backlog", waitsInTurn},
	{"threads", nil, "nobody waits for client 1", waitsForNobody},
	{"threads", map[string]string{"first": "select"}, "nobody waits for client 1", waitsForNobody},
	{"processes", nil, "nobody waits for client 1", waitsForNobody},
	{"spin", nil, "recv says EAGAIN again and again, and never sleeps", func(r *result) string {
		again := 0
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Recv && e.Errno == trace.EAGAIN {
				again++
			}
		}
		least := 10
		if r.header.Clock == trace.EmulatedClock { // it asks less often in a millisecond
			least = 3
		}
		return unless(again >= least, "EAGAIN again and again") + unless(!r.slept(0, trace.Recv), "a recv that doesn't sleep")
	}},
	{"select", nil, "one select waits for all", waitsForAll(trace.Select)},
	{"poll", nil, "one poll waits for all", waitsForAll(trace.Poll)},
	{"epoll", nil, "epoll_wait tells again", func(r *result) string {
		return sleepsOnlyIn(r, 0, trace.EpollWait) + unless(r.toldAgain(), "an epoll_wait that tells again")
	}},
	{"edge", nil, "it reads up to EAGAIN", func(r *result) string {
		return sleepsOnlyIn(r, 0, trace.EpollWait) + unless(!r.stalled(), "an end without a stall")
	}},
	{"edge", map[string]string{"reads": "once"}, "it stalls beside unread bytes", func(r *result) string {
		return unless(r.stalled(), "a stall")
	}},
	{"selectors", nil, "connects don't wait", func(r *result) string {
		n := 0
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 1 && e.Kind == trace.Return && e.Call == trace.Connect && e.Errno == trace.EINPROGRESS {
				n++
			}
		}
		return sleepsOnlyIn(r, 1, trace.Poll) + unless(n == 4, "4 EINPROGRESS")
	}},
	{"two-ports", nil, "one select waits for both ports", func(r *result) string {
		listeners := map[int]bool{}
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Accept && e.Errno == 0 {
				listeners[e.FD] = true
			}
		}
		return sleepsOnlyIn(r, 0, trace.Select) + unless(len(listeners) == 2, "clients of both ports") + inOrder(r)
	}},
	{"timeouts", nil, "each kind of patience is seen at its end", func(r *result) string {
		var slept, asked, limit, none bool
		for i := range r.events {
			e := &r.events[i]
			if e.Proc != 0 || e.Kind != trace.Return {
				continue
			}
			slept = slept || e.Call == trace.Recv && e.Errno == 0 && e.Result > 0 && e.Sleep == trace.Slept
			asked = asked || e.Call == trace.Recv && e.Errno == trace.EAGAIN && e.Sleep == trace.Awake
			limit = limit || e.Call == trace.Recv && e.Errno == trace.EAGAIN && e.Sleep == trace.Slept
			none = none || e.Call == trace.Select && e.Result == 0
		}
		return unless(slept, "a recv that sleeps") + unless(asked, "a recv that doesn't") + unless(limit, "a recv with a limit") + unless(none, "a select without anything")
	}},
	{"runtime", nil, "a Read waits, and no thread of the kernel's does in read", func(r *result) string {
		again := r.last(func(e *trace.Event) bool {
			return e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Read && e.Errno == trace.EAGAIN
		})
		return unless(again != nil, "a read that says EAGAIN") + inOrder(r)
	}},
	{"compare", nil, "whose client waits longest", func(r *result) string {
		return unless(2*r.longestWait() < r.before.longestWait(), "a difference of twice")
	}},
	{"short", nil, "send takes a part, then EAGAIN", func(r *result) string {
		again := r.last(func(e *trace.Event) bool { return e.Proc == 1 && e.Call == trace.Send && e.Errno == trace.EAGAIN })
		return unless(again != nil, "EAGAIN") + unless(r.moves(1, trace.Send) > 1, "a send of a part") + unless(r.slept(1, trace.Select), "a select that sleeps") +
			unless(r.output(0) == "1048576 bytes\n", "all bytes")
	}},
	{"short", map[string]string{"send": "blocking"}, "one send sleeps and takes all", func(r *result) string {
		return unless(r.moves(1, trace.Send) == 1 && r.slept(1, trace.Send), "a send that sleeps")
	}},
	{"deadlock", nil, "both wait in send", waitsForEachOther(trace.Send)},
	{"deadlock", map[string]string{"bytes": "65536"}, "both get on", getsOn},
	{"deadlock", map[string]string{"cure": "select"}, "both get on", getsOn},
	{"deadlock", map[string]string{"cure": "a thread"}, "both get on", getsOn},
	{"deadlock", map[string]string{"cure": "turns"}, "both get on", getsOn},
	{"flush", nil, "both wait in recv", waitsForEachOther(trace.Recv)},
	{"flush", map[string]string{"flush": "yes"}, "the client has its echoes", func(r *result) string {
		return unless(r.moves(1, trace.Recv) == 3, "3 echoes")
	}},
	{"ascii", nil, "text is shorter", func(r *result) string {
		return unless(r.output(1) < r.output(2) && len(r.output(1)) == len(r.output(2)), "fewer bytes of text")
	}},
	{"framing", nil, "five sends are two recvs", func(r *result) string {
		sends, recvs := r.moves(1, trace.Send), r.moves(0, trace.Recv)
		return unless(sends == 5, "5 sends") + unless(recvs == 2, "2 recvs") + unless(strings.Count(r.output(0), "\n") == 5, "5 messages")
	}},
	{"framing", map[string]string{"framing": "none"}, "messages are joined", func(r *result) string {
		return unless(strings.Contains(r.output(0), "HelloHow are you?"), "a joined message")
	}},
	{"upload", map[string]string{"client": "program"}, "the header comes alone", func(r *result) string {
		return unless(r.received("post|notes.txt|3000"), "the header alone") + unless(strings.Contains(r.output(1), "counted notes.txt: 3000 of 3000"), "all of the file")
	}},
	{"upload", map[string]string{"client": "program", "ack": "skip"}, "header and file stick", func(r *result) string {
		return unless(!r.received("post|notes.txt|3000"), "no header alone") + unless(strings.Contains(r.output(1), "error: that is no header"), "a refusal")
	}},
	{"upload", map[string]string{"client": "program", "ack": "skip", "end": "newline"}, "a newline shows the end of the header", func(r *result) string {
		return unless(strings.Contains(r.output(1), "counted notes.txt: 3000 of 3000"), "all of the file")
	}},
	{"robot", map[string]string{"client": "program"}, "recv returns half a line, and then the rest", func(r *result) string {
		var got []string
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Recv && e.Result > 0 {
				got = append(got, string(e.Data))
			}
		}
		return unless(slices.Equal(got, []string{"hel", "lo\n", "0", "\n", "ex", "it\n"}), "each half in a recv")
	}},
	{"byteorder", nil, "1 arrives as 256", func(r *result) string {
		return unless(strings.Contains(r.output(0), "256"), "256")
	}},
	{"halfclose", nil, "the client receives after its shutdown", func(r *result) string {
		shut := r.last(func(e *trace.Event) bool {
			return e.Proc == 1 && e.Kind == trace.Return && e.Call == trace.Shutdown && e.Errno == 0
		})
		return unless(shut != nil && r.replied(1) > shut.Time, "an answer after the shutdown")
	}},
	{"halfclose", map[string]string{"client": "closes"}, "send succeeds, and nobody receives", func(r *result) string {
		sent := r.last(func(e *trace.Event) bool {
			return e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Send && e.Errno == 0
		})
		return unless(sent != nil && r.replied(1) == 0, "an answer that nobody receives")
	}},
	{"linger", nil, "one FIN, two RSTs", func(r *result) string {
		ends, resets := 0, 0
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Recv {
				if e.Errno == trace.ECONNRESET {
					resets++
				} else if e.Result == 0 {
					ends++
				}
			}
		}
		return unless(ends == 1 && resets == 2, "one end and two resets") + inOrder(r)
	}},
	{"emfile", nil, "poll returns again and again", func(r *result) string {
		return unless(r.fails(0, trace.EMFILE) > 2, "accepts that fail again and again")
	}},
	{"emfile", map[string]string{"cure": "listener off"}, "it fails once, and sleeps", func(r *result) string {
		return unless(r.fails(0, trace.EMFILE) == 1, "an accept that fails once")
	}},
	{"emfile", map[string]string{"cure": "spare fd"}, "the client is dismissed", func(r *result) string {
		gone := strings.Contains(r.output(1), "end of file") || strings.Contains(r.output(1), "ECONNRESET")
		return unless(r.fails(0, trace.EMFILE) > 0 && gone, "a client that is dismissed")
	}},
	{"wake", nil, "close wakes nobody: the client's bytes do", func(r *result) string {
		closed := r.last(func(e *trace.Event) bool {
			return e.Proc == 0 && e.Thread == 0 && e.Kind == trace.Return && e.Call == trace.Close
		})
		return unless(closed != nil && r.replied(0) > closed.Time, "bytes after the close")
	}},
	{"wake", map[string]string{"how": "shutdown"}, "recv returns 0 at once", func(r *result) string {
		got := r.last(func(e *trace.Event) bool { return e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Recv })
		return unless(got != nil && got.Result == 0 && got.Errno == 0 && got.Sleep == trace.Slept, "a recv that returns 0")
	}},
	{"wake", map[string]string{"how": "eventfd"}, "poll returns for the eventfd", func(r *result) string {
		return unless(strings.Contains(r.output(0), "poll has returned") && r.slept(0, trace.Poll), "a poll that returns")
	}},
	{"wake", map[string]string{"how": "signal"}, "recv returns EINTR, and is called again", func(r *result) string {
		return unless(r.fails(0, trace.EINTR) > 0 && r.replied(0) > 0, "EINTR, and bytes later")
	}},
	{"errors", nil, "each error is provoked", func(r *result) (lacks string) {
		for _, errno := range []trace.Errno{trace.EADDRINUSE, trace.EMFILE} {
			lacks += unless(r.fails(0, errno) == 1, errno.String())
		}
		for _, errno := range []trace.Errno{trace.ENOTCONN, trace.ECONNREFUSED, trace.EINPROGRESS, trace.EAGAIN, trace.ECONNRESET, trace.EPIPE, trace.ETIMEDOUT} {
			lacks += unless(r.fails(1, errno) == 1, errno.String())
		}
		return lacks
	}},
	{"errors", map[string]string{"server": "starts twice"}, "TIME-WAIT has the port, and SO_REUSEADDR helps", func(r *result) string {
		return unless(r.fails(0, trace.EADDRINUSE) == 1, "EADDRINUSE once") + unless(r.hasTimeWait("127.0.0.1:9999"), "TIME-WAIT") + unless(r.replied(2) > 0, "a client of the second start")
	}},
	{"errors", map[string]string{"server": "starts twice", "first": "not set"}, "SO_REUSEADDR of one side helps nothing", func(r *result) string {
		return unless(r.fails(0, trace.EADDRINUSE) == 2, "EADDRINUSE twice") + unless(r.fails(2, trace.ECONNREFUSED) == 1, "a client that is refused")
	}},
	{"herd", nil, "all children wake for the first client", func(r *result) string {
		return unless(r.wakesFor(trace.Select) == 3, "three children that wake")
	}},
	{"herd", map[string]string{"wait": "accept"}, "one child wakes for a client", func(r *result) string {
		return unless(r.wakesFor(trace.Accept) == 1, "one child that wakes")
	}},
	{"herd", map[string]string{"wait": "EPOLLEXCLUSIVE"}, "not all children wake for a client", func(r *result) string {
		n := r.wakesFor(trace.EpollWait)
		return unless(n >= 1 && n < 3, "fewer children that wake")
	}},
	{"herd", map[string]string{"wait": "SO_REUSEPORT"}, "one child wakes for a client", func(r *result) string {
		return unless(r.wakesFor(trace.Accept) == 1, "one child that wakes")
	}},
	{"race", nil, "visits are lost", func(r *result) string {
		return unless(r.output(0) != "" && r.output(0) != "4 visits\n", "fewer visits than clients")
	}},
	{"race", map[string]string{"by": "threads with a lock"}, "no visit is lost, and threads sleep for the lock", func(r *result) string {
		return unless(r.output(0) == "4 visits\n", "4 visits") + unless(r.slept(0, trace.Futex), "a sleep in futex")
	}},
	{"race", map[string]string{"by": "processes"}, "nothing is counted together", func(r *result) string {
		return unless(r.output(0) == "0 visits\n", "0 visits")
	}},
	{"race", map[string]string{"by": "processes, shared memory"}, "visits are lost", func(r *result) string {
		return unless(slices.Contains([]string{"1 visits\n", "2 visits\n", "3 visits\n"}, r.output(0)), "some visits, and fewer than clients")
	}},
	{"race", map[string]string{"by": "a pool of threads"}, "no visit is lost, and two serve all", func(r *result) string {
		threads := map[int]bool{}
		for i := range r.events {
			if e := &r.events[i]; e.Kind == trace.Return && e.Call == trace.Accept && e.Errno == 0 {
				threads[e.Thread] = true
			}
		}
		return unless(r.output(0) == "4 visits\n", "4 visits") + unless(len(threads) == 2, "two threads that accept")
	}},
	{"race", map[string]string{"join": "no"}, "the process ends before its threads", func(r *result) string {
		return unless(r.replied(4) == 0, "a client without a reply")
	}},
	{"sigpipe", nil, "the first send succeeds, the second one ends the process", func(r *result) string {
		sends, died := r.sends(1), r.last(func(e *trace.Event) bool { return e.Kind == trace.Exit && e.Proc == 1 })
		return unless(len(sends) == 2 && sends[1].Errno == 0, "two sends that succeed") +
			unless(died != nil && died.Result == -int64(syscall.SIGPIPE), "an end by SIGPIPE")
	}},
	{"sigpipe", map[string]string{"guard": "SIG_IGN"}, "the first send succeeds, the second one returns EPIPE", endsInEPIPE},
	{"sigpipe", map[string]string{"guard": "MSG_NOSIGNAL"}, "the first send succeeds, the second one returns EPIPE", endsInEPIPE},
}

// lateACK are the knobs of lab backlog for a client whose ACK comes with its first bytes.
func lateACK(cookies string) map[string]string {
	return map[string]string{"half": "0", "clients": "1", "cookies": cookies, "ack": "with its first bytes"}
}

// counted returns what the kernel has counted under a name, as seen last.
func (r *result) counted(name string) (n int64) {
	for i := range r.events {
		for _, c := range r.events[i].Counters {
			if c.Name == name {
				n = c.N
			}
		}
	}
	return n
}

// hasTimeWait reports whether the table of sockets had one of that address in TIME-WAIT.
func (r *result) hasTimeWait(local string) bool {
	return r.last(func(e *trace.Event) bool {
		return slices.ContainsFunc(e.Sockets, func(s trace.Sock) bool { return s.State == trace.TimeWait && s.Local == local })
	}) != nil
}

// endsInEPIPE says what a run lacks in which the client's last send fails, of three.
func endsInEPIPE(r *result) string {
	sends := r.sends(1)
	return unless(len(sends) == 3 && sends[1].Errno == 0 && sends[2].Errno == trace.EPIPE, "a send that succeeds, and EPIPE")
}

// fails counts the calls of a process that failed so.
func (r *result) fails(proc int, errno trace.Errno) (n int) {
	for i := range r.events {
		if e := &r.events[i]; e.Proc == proc && e.Kind == trace.Return && e.Errno == errno {
			n++
		}
	}
	return n
}

// wakesFor counts the children whose call had slept and returned before the second
// client connected.
func (r *result) wakesFor(call trace.Call) (n int) {
	for i := range r.events {
		switch e := &r.events[i]; {
		case e.Kind == trace.Enter && e.Call == trace.Connect && r.header.Procs[e.Proc].Name == "client 2":
			return n
		case e.Kind == trace.Return && e.Call == call && r.header.Procs[e.Proc].Parent > 0 && e.Sleep == trace.Slept && e.Errno == 0:
			n++
		}
	}
	return n
}

// sends returns the Returns of a process's sends.
func (r *result) sends(proc int) (all []*trace.Event) {
	for i := range r.events {
		if e := &r.events[i]; e.Proc == proc && e.Kind == trace.Return && e.Call == trace.Send {
			all = append(all, e)
		}
	}
	return all
}

// waitsForEachOther says what a run lacks whose two programs were in one call until it
// was ended.
func waitsForEachOther(call trace.Call) func(*result) string {
	return func(r *result) (lacks string) {
		for proc := range 2 {
			var last *trace.Event
			for i := range r.events {
				if e := &r.events[i]; e.Proc == proc && (e.Kind == trace.Enter || e.Kind == trace.Return) {
					last = e
				}
			}
			lacks += unless(last != nil && last.Kind == trace.Enter && last.Call == call, "an open "+call.String())
		}
		return lacks + unless(slices.ContainsFunc(r.notes(), func(n string) bool { return strings.HasPrefix(n, "for 1s no call has come or gone: ") }), "a note")
	}
}

// getsOn says what a run lacks whose programs send each other as much as the knob says.
func getsOn(r *result) string {
	moved := map[int]int64{}
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Return && e.Call == trace.Recv && e.Errno == 0 {
			moved[e.Proc] += e.Result
		}
	}
	bytes, _ := strconv.ParseInt(r.header.Knobs["bytes"], 10, 64)
	return unless(moved[0] == bytes && moved[1] == bytes, "all bytes")
}

func unless(ok bool, what string) string {
	if ok {
		return ""
	}
	return what + "; "
}

// waitsInTurn says what a run lacks in which a server serves one client at a time: all
// others connect while the first is served, and each is accepted after the close of the
// one before.
func waitsInTurn(r *result) string {
	_, local, connected := r.clients()
	accepted, closed := map[string]int{}, map[string]int{} // by the client's address
	fds := map[int]string{}
	for i := range r.events {
		e := &r.events[i]
		switch {
		case e.Proc != 0 || e.Kind != trace.Return || e.Errno != 0:
		case e.Call == trace.Accept:
			accepted[e.Addr], fds[int(e.Result)] = i, e.Addr
		case e.Call == trace.Close:
			closed[fds[e.FD]] = i
		}
	}
	lacks := inOrder(r)
	for n := 2; n < len(r.header.Procs); n++ {
		// A client whose SYN found the backlog full connects a second later.
		if full := r.header.Knobs["backlog"] == "5" && n > 7; !full && connected[n] > closed[local[1]] {
			return lacks + "connects while client 1 is served"
		}
		if accepted[local[n]] < closed[local[n-1]] {
			return lacks + "is accepted in its turn"
		}
	}
	return lacks
}

// waitsForNobody says what a run lacks in which somebody serves each client: client 2 has
// its last reply before client 1 has.
func waitsForNobody(r *result) string {
	replied, _, _ := r.clients()
	return inOrder(r) + unless(replied[2] < replied[1], "client 2 before client 1")
}

// waitsForAll says what a run lacks in which one call waits for several clients at once.
func waitsForAll(call trace.Call) func(*result) string {
	return func(r *result) string {
		most := 0
		for i := range r.events {
			if e := &r.events[i]; e.Proc == 0 && e.Kind == trace.Enter && e.Call == call && e.Sets != nil {
				most = max(most, len(e.Sets.Read))
			}
		}
		return sleepsOnlyIn(r, 0, call) + unless(most > 2, "a wait for a listener and two clients") + inOrder(r)
	}
}

// sleepsOnlyIn says what a run lacks in which a process never sleeps in another call.
func sleepsOnlyIn(r *result, proc int, call trace.Call) (lacks string) {
	for i := range r.events {
		if e := &r.events[i]; e.Proc == proc && e.Kind == trace.Return && e.Sleep == trace.Slept && e.Call != call {
			return "no sleep in " + e.Call.String() + "; "
		}
	}
	return unless(r.slept(proc, call), "a sleep in "+call.String())
}

// inOrder says what a run lacks in which the clients connect in their order.
func inOrder(r *result) string {
	_, _, connected := r.clients()
	for n := 2; n < len(r.header.Procs) && r.header.Procs[n].Role == trace.RoleClient; n++ {
		if connected[n] < connected[n-1] {
			return "clients in their order; "
		}
	}
	return ""
}

// clients returns by client the place of its last reply, its address, and the place of
// its connect's beginning.
func (r *result) clients() (replied map[int]int, local map[int]string, connected map[int]int) {
	replied, local, connected = map[int]int{}, map[int]string{}, map[int]int{}
	for i := range r.events {
		e := &r.events[i]
		switch {
		case e.Proc == 0:
		case e.Kind == trace.Enter && e.Call == trace.Connect:
			connected[e.Proc] = i
		case e.Kind == trace.Return && e.Call == trace.Connect && len(e.Queues) > 0:
			local[e.Proc] = e.Queues[0].Local
		case e.Kind == trace.Return && e.Call == trace.Recv && e.Result > 0:
			replied[e.Proc] = i
		}
	}
	return replied, local, connected
}

// replied returns when a process received bytes last, 0 for never.
func (r *result) replied(proc int) int64 {
	if e := r.last(func(e *trace.Event) bool {
		return e.Proc == proc && e.Kind == trace.Return && e.Call == trace.Recv && e.Result > 0
	}); e != nil {
		return e.Time
	}
	return 0
}

// received reports whether a recv of the server's returned these bytes, and no more.
func (r *result) received(text string) bool {
	return r.last(func(e *trace.Event) bool {
		return e.Kind == trace.Return && e.Proc == 0 && e.Call == trace.Recv && string(e.Data) == text
	}) != nil
}

// slept reports whether a call of a process slept.
func (r *result) slept(proc int, call trace.Call) bool {
	return r.last(func(e *trace.Event) bool {
		return e.Kind == trace.Return && e.Proc == proc && e.Call == call && e.Sleep == trace.Slept
	}) != nil
}

// moves returns how many calls of a process have moved bytes.
func (r *result) moves(proc int, call trace.Call) (n int) {
	for i := range r.events {
		if e := &r.events[i]; e.Kind == trace.Return && e.Proc == proc && e.Call == call && e.Errno == 0 && e.Result > 0 {
			n++
		}
	}
	return n
}

// last returns the last event like that, or nil.
func (r *result) last(like func(*trace.Event) bool) *trace.Event {
	for i := len(r.events) - 1; i >= 0; i-- {
		if like(&r.events[i]) {
			return &r.events[i]
		}
	}
	return nil
}

// toldAgain reports whether an epoll_wait named an fd whose bytes were told of before.
func (r *result) toldAgain() bool {
	full := map[int]bool{} // a recv got as much as it took
	room := 0
	for i := range r.events {
		e := &r.events[i]
		switch {
		case e.Proc != 0:
		case e.Kind == trace.Enter && e.Call == trace.Recv:
			room = e.Size
		case e.Kind == trace.Return && e.Call == trace.Recv:
			full[e.FD] = e.Result == int64(room)
		case e.Kind == trace.Return && e.Call == trace.EpollWait && e.Sets != nil:
			for _, fd := range e.Sets.Read {
				if full[fd] && e.Sleep == trace.Awake {
					return true
				}
			}
		}
	}
	return false
}

// stalled reports whether an epoll_wait ran out of time beside unread bytes.
func (r *result) stalled() bool {
	return r.last(func(e *trace.Event) bool {
		return e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.EpollWait && e.Result == 0 &&
			slices.ContainsFunc(e.Queues, func(q trace.Queue) bool { return q.State == trace.Established && q.Recv > 0 })
	}) != nil
}

// longestWait is how long a client other than the first waited for a reply, at most: from
// a send to the recv that returned, ns.
func (r *result) longestWait() (longest int64) {
	sent := map[int]int64{}
	for i := range r.events {
		switch e := &r.events[i]; {
		case e.Proc < 2:
		case e.Kind == trace.Enter && e.Call == trace.Send:
			sent[e.Proc] = e.Time
		case e.Kind == trace.Return && e.Call == trace.Recv && e.Result > 0:
			longest = max(longest, e.Time-sent[e.Proc])
		}
	}
	return longest
}

// All labs that can be run have a point here.
func TestEachLabHasAPoint(t *testing.T) {
	have := map[string]bool{"kqueue": true, "scaling": true} // not here; no calls
	for _, p := range labPoints {
		have[p.lab] = true
	}
	for _, l := range lab.All {
		if !have[l.ID] {
			t.Errorf("%s has no point; those are %v", l.ID, slices.Sorted(maps.Keys(have)))
		}
	}
}
