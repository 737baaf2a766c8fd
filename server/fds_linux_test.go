package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockscope/server/demo"
)

// Every program, with few fds or with a thousand that it inherits: a server answers
// or ends, a client ends. Who ends for want of an fd says so in a line.
func TestRunWithAnyFDs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	peer, robot, leaver := answerer(t, ""), answerer(t, "Welcome\n"), leaves(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })

	for _, p := range demo.Programs {
		if p.Needs == demo.Kqueue {
			continue
		}
		if _, err := exec.LookPath("strace"); err != nil && p.Needs == demo.Strace {
			continue
		}
		serves := !strings.Contains(p.Source(), ".Connect(")
		for _, limit := range []string{"16", "256", "1100", "inherited"} {
			t.Run(p.Name+" "+limit, func(t *testing.T) {
				t.Parallel()
				r := &running{exited: make(chan struct{})}
				addr := peer
				switch p.Name {
				case "caller": // it waits to be greeted
					addr = robot
				case "options-client": // it waits for the end
					addr = leaver
				}
				if serves {
					addr = freePort(t)
				}
				r.cmd = server(t, "run", p.Name, addr)
				switch p.Name {
				case "two-ports":
					r.cmd.Args = append(r.cmd.Args, "other=127.0.0.1:0")
				case "buffered": // else it waits for ever: that is its point
					r.cmd.Args = append(r.cmd.Args, "flush=true")
				}
				if limit == "inherited" {
					for range 1030 {
						r.cmd.ExtraFiles = append(r.cmd.ExtraFiles, null)
					}
				} else {
					r.cmd.Args = append([]string{"sh", "-c", "ulimit -n " + limit + ` && exec "$@"`, "sh", "/proc/" + pid + "/exe"}, r.cmd.Args[1:]...)
					r.cmd.Path = "/bin/sh"
				}
				r.cmd.Stdout, r.cmd.Stderr = r, r
				if err := r.cmd.Start(); err != nil {
					t.Fatal(err)
				}
				go func() {
					r.cmd.Wait()
					close(r.exited)
				}()
				t.Cleanup(func() {
					r.cmd.Process.Signal(syscall.SIGTERM)
					<-r.exited
				})
				if serves && answers(r, addr, p.Name) {
					return
				}
				<-r.exited
				if out := r.text(); died.MatchString(out) || !wanting.MatchString(out) && !strings.Contains(out, "+++ exited with 0 +++") {
					t.Errorf("it ends with\n%s", out[max(0, len(out)-500):])
				}
			})
		}
	}
}

var (
	pid = func() string { n, _ := os.Readlink("/proc/self"); return n }()

	died    = regexp.MustCompile(`goroutine \d|fatal error|panic`)
	wanting = regexp.MustCompile(`(?m)^.*(: EMFILE \(Too many open files\)|too many open files|FD_SETSIZE is 1024|strace could not be started|program net can't run here).*$`)
)

// answers reports whether a server answers two clients, the second when the first has
// left; it may end before.
func answers(r *running, addr, program string) bool {
	question, want := "\x00\x00\x00\x01", "\x00\x00\x00\x01"
	switch program {
	case "web", "restart":
		question, want = "GET / HTTP/1.0\r\n\r\n", "HTTP"
	case "receive", "drain", "messages", "goodbye", "wake", "errors":
		want = "" // it closes
	case "race", "pool", "apart", "shared":
		want = "You "
	case "answer":
		question, want = "\x00\x00\x00\x01x\x00\x00\x00\x01y", "okok"
	case "udp":
		return answersDatagram(r, addr)
	case "count":
		want = "That"
	case "robot":
		want = "Welc"
	case "upload":
		want = "erro" // that is no header
	}
	ask := func() (net.Conn, error) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.SetDeadline(time.Now().Add(time.Minute))
			_, err = io.WriteString(conn, question)
		}
		if err == nil && (program == "count" || program == "drain" || program == "messages") { // they answer at the end
			err = conn.(*net.TCPConn).CloseWrite()
		}
		return conn, err
	}
	answered := func(conn net.Conn) bool {
		got := make([]byte, 4)
		n, err := io.ReadFull(conn, got)
		return string(got[:n]) == want && (err == nil || errors.Is(err, io.EOF))
	}
	first, err := ask()
	for ; err != nil; first, err = ask() {
		select {
		case <-r.exited:
			return false
		case <-time.After(5 * time.Millisecond): // it doesn't listen yet
		}
	}
	defer first.Close()
	if program == "receive" || program == "drain" || program == "messages" || program == "timeouts" || program == "wake" || program == "errors" || slices.Contains([]string{"race", "pool", "apart", "shared", "restart"}, program) {
		return answered(first) // they serve one
	}
	second, err := ask()
	if err != nil || !answered(first) {
		return false
	}
	defer second.Close()
	first.Close()
	return answered(second)
}

// answersDatagram reports whether a server answers a datagram; it may end before.
func answersDatagram(r *running, addr string) bool {
	conn, err := net.Dial("udp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	got := make([]byte, 100)
	for { // it may not be bound yet
		select {
		case <-r.exited:
			return false
		default:
		}
		io.WriteString(conn, "ping")
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, err := conn.Read(got); err == nil && string(got[:n]) == "ping" {
			return true
		}
	}
}

// leaves returns the address of a server that takes clients and closes at once.
func leaves(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// answerer returns the address of a server that greets every client, and answers with
// what it sends; one who speaks HTTP once.
func answerer(t *testing.T, greeting string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go answerAll(l, greeting)
	return l.Addr().String()
}

func answerAll(l net.Listener, greeting string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			io.WriteString(conn, greeting)
			data := make([]byte, 64<<10)
			for {
				n, err := conn.Read(data)
				if err != nil {
					return
				}
				conn.Write(data[:n])
				if bytes.HasPrefix(data[:n], []byte("GET")) {
					return
				}
			}
		}()
	}
}

// running is a command that runs, and what it has written.
type running struct {
	cmd    *exec.Cmd
	exited chan struct{}
	mu     sync.Mutex
	out    bytes.Buffer
}

func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(b)
}

func (r *running) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.String()
}

// freePort returns an address on loopback that nobody else will be given. A server
// that sets SO_REUSEADDR can still bind it, for nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
}
