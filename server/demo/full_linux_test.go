package demo_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockscope/server/socket"
	"sockscope/server/trace"
)

// crowded are the servers that have an fd for each of several clients.
var crowded = []string{"threads", "watchful", "net", "select", "two-ports", "byteorder", "poll", "epoll", "edge"}

// A server that has filled its table of fds keeps its clients, and doesn't spin.
// The next wait in the backlog, and come in one by one as others leave.
func TestServersThatAreFull(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, program := range crowded {
		for _, files := range []int{24, 1100} {
			t.Run(fmt.Sprint(program, " ", files), func(t *testing.T) {
				t.Parallel()
				traced := program != "net" // whose calls are not package socket's
				addr := freePort(t)
				p := start(t, job{Program: program, Addr: addr, Settings: echoServers[program], Files: files, Untraced: !traced}).listening()
				most := files
				if strings.Contains("select two-ports byteorder", program) {
					most = min(files, socket.FD_SETSIZE)
				}
				var conns []*net.TCPConn
				for p.fds(most) < most {
					conns = append(conns, dial(t, addr))
					p.collect()
					answered(t, program, conns[len(conns)-1])
				}
				p.collect()
				full := time.Now()
				from := len(p.events)

				// The kernel shakes hands with two more. They ask, and wait.
				next := []*net.TCPConn{dial(t, addr), dial(t, addr)}
				for _, conn := range next {
					ask(t, conn)
				}
				for _, conn := range conns {
					answered(t, program, conn)
					p.collect()
				}
				for i, conn := range next {
					conns[i].Close()
					answer(t, program, conn)
					answered(t, program, conns[len(conns)-1])
				}
				if n := p.fds(most); n != most {
					t.Errorf("it has %d fds, of %d", n, most)
				}
				if !traced {
					return
				}
				p.collect()
				tries := 0
				for _, e := range p.events[from:] {
					if e.Kind == trace.Return && e.Errno == trace.EMFILE {
						tries++
					}
				}
				if limit := 4 + int(time.Since(full)/(100*time.Millisecond)); tries == 0 || tries > limit {
					t.Errorf("%d times it found no fd, at most %d is right", tries, limit)
				}
				if p.ring.Dropped() > 0 {
					t.Error("calls are missing in the trace")
				}
			})
		}
	}
}

// A parent that forgets to close fills its table of fds, and nobody can give one
// back. It says so, its children serve on, and it ends when they have.
func TestForgetfulParentIsFull(t *testing.T) {
	t.Parallel()
	addr := freePort(t)
	p := start(t, job{Program: "processes", Addr: addr, Settings: map[string]string{"forget": "true"}, Files: 12, Untraced: true}).listening()
	var conns []*net.TCPConn
	for p.fds(12) < 8 { // a child takes a few to begin
		conns = append(conns, dial(t, addr))
		answered(t, "processes", conns[len(conns)-1])
	}
	var more []*net.TCPConn
	for range 5 {
		more = append(more, dial(t, addr))
	}
	p.await("a full table", func() bool { return p.fds(12) == 12 })
	for _, conn := range conns {
		answered(t, "processes", conn)
		conn.Close()
	}
	for _, conn := range more {
		conn.Close()
	}
	p.wait()
	if got, want := p.output.String(), "accept: EMFILE (Too many open files)\n"; !strings.Contains(got, want) {
		t.Errorf("it printed %q, not %q", got, want) // as well as what a child says that could not begin
	}
}

// With room for no client at all, a server ends in one line; with room for one it
// serves. Two are left out: a child starts anew, which takes an fd, and Go's runtime
// dies where it gets no epoll.
func TestServersWithFewFDs(t *testing.T) {
	for program, settings := range map[string]map[string]string{
		"web": nil, "echo": nil, "spin": nil, "threads": nil, "watchful": nil, "select": nil, "two-ports": {"other": "127.0.0.1:0"},
		"byteorder": nil, "poll": nil, "epoll": nil, "edge": nil, "timeouts": nil, "receive": nil,
	} {
		for files := 3; files < 9; files++ {
			t.Run(fmt.Sprint(program, " ", files), func(t *testing.T) {
				t.Parallel()
				p := start(t, job{Program: program, Addr: freePort(t), Settings: settings, Files: files, Untraced: true})
				p.await("listen, or the end", func() bool { return p.over() || listens(t, p.job.Addr) })
				question := "\x00\x00\x00\x01"
				if program == "web" {
					question = "GET / HTTP/1.0\r\n\r\n"
				}
				if conn, err := net.Dial("tcp", p.job.Addr); err == nil {
					defer conn.Close()
					conn.SetDeadline(time.Now().Add(time.Minute))
					io.WriteString(conn, question)
					if _, err := io.ReadFull(conn, make([]byte, 4)); err == nil {
						return
					}
				}
				p.await("the end", p.over)
				if said := p.output.String(); said != "1\n" && !oneLine.MatchString(said) {
					t.Errorf("it printed %q", said)
				}
			})
		}
	}
}

var oneLine = regexp.MustCompile(`^(socket|accept|epoll_create1).*: EMFILE \(Too many open files\)\n$`)

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// fds returns how many fds the process has below a number.
func (p *process) fds(below int) (n int) {
	p.t.Helper()
	list, err := os.ReadDir("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/fd")
	if err != nil {
		p.t.Fatalf("%v; output %q", err, p.output.String())
	}
	for _, fd := range list {
		if number, _ := strconv.Atoi(fd.Name()); number < below {
			n++
		}
	}
	return n
}

// What Go's runtime needs for itself it has from the beginning, far from the fds of
// the program: it takes none of those later, and does not die for want of one.
func TestRuntimeTakesNoFDOfTheProgram(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, "select", 0, echoServers["select"])
	answered(t, "select", dial(t, addr))
	dir := fmt.Sprintf("/proc/%d/fd/", p.cmd.Process.Pid)
	for fd := range 300 {
		what, _ := os.Readlink(dir + strconv.Itoa(fd))
		if epoll := what == "anon_inode:[eventpoll]"; epoll != (fd == 200) {
			t.Errorf("fd %d is %q", fd, what)
		}
	}
}

// ask sends four bytes, which every server answers. answer reads what it says, and
// answered does both.
func ask(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	if _, err := conn.Write([]byte{0, 0, 0, 1}); err != nil {
		t.Fatal(err)
	}
}

func answer(t *testing.T, program string, conn *net.TCPConn) {
	t.Helper()
	size := 4
	if program == "byteorder" {
		size = 8
	}
	if _, err := io.ReadFull(conn, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
}

func answered(t *testing.T, program string, conn *net.TCPConn) {
	t.Helper()
	ask(t, conn)
	answer(t, program, conn)
}
