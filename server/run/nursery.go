package run

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/confine"
	"sockscope/server/process"
	"sockscope/server/trace"
)

// A nursery is a small process that starts the workers, and is their parent. To make a
// user namespace Go copies the page tables of whoever starts a process: of a server with
// 150 MB that takes 3 ms, and a page fault for each page that it writes next.
type nursery struct {
	conn  *net.UnixConn
	cmd   *exec.Cmd
	notes []string // what of the workers' confinement could not be had

	mu     sync.Mutex
	last   int
	births map[int]*birth
	ended  bool
}

// birth is a worker as its nursery knows it.
type birth struct {
	nursery *nursery
	id      int
	pid     int
	err     error
	began   chan struct{} // closed when pid or err is known
	gone    chan struct{} // closed when the process is no more
}

// order is what a server tells its nursery: to start a worker with two fds, its standard
// input and output, or to kill it.
type order struct {
	ID        int    `cbor:"1,keyasint"`
	Kill      bool   `cbor:"2,keyasint,omitempty"`
	Isolation string `cbor:"3,keyasint,omitempty"` // which sandbox it gets
	Users     bool   `cbor:"4,keyasint,omitempty"`
}

// news is what a nursery tells its server: that a worker runs, can't be started, or is no
// more.
type news struct {
	ID   int    `cbor:"1,keyasint"`
	PID  int    `cbor:"2,keyasint,omitempty"`
	Err  string `cbor:"3,keyasint,omitempty"`
	Gone bool   `cbor:"4,keyasint,omitempty"`
}

// nurseryRole is what the process of a nursery is started as, apartRole that of one in
// namespaces of its own. nurseryFD is its fd for orders and news.
const (
	nurseryRole = "nursery"
	apartRole   = "nursery apart"
	nurseryFD   = 3
)

// errGone is returned for a worker, or a nursery, that ended before it was ready.
var errGone = errors.New("a worker ended before it was ready")

// newNursery starts a nursery, apart in namespaces of its own or not. What workers write
// to their standard error is logged.
func newNursery(apart bool, log *slog.Logger) (*nursery, error) {
	mine, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	by := confine.NewLauncher(confine.Workers)
	defer by.End()
	n := &nursery{conn: mine, births: map[int]*birth{}, notes: by.Notes()}
	role, attr := nurseryRole, new(syscall.SysProcAttr)
	if apart {
		role, attr = apartRole, confine.Nursery()
	}
	attr.Setpgid = true // a terminal's ^C is for the server, which lets runs end
	n.cmd = process.Command(role, "nursery")
	n.cmd.ExtraFiles = []*os.File{theirs}
	n.cmd.Stderr = lineLogger{log}
	n.cmd.WaitDelay = 100 * time.Millisecond // workers have that standard error too
	n.cmd.SysProcAttr = attr
	if err := by.Start(n.cmd); err != nil {
		mine.Close()
		return nil, err
	}
	go n.listen()
	return n, nil
}

// socketPair returns two sockets that are connected, the second to be inherited.
func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	mine := os.NewFile(uintptr(fds[0]), "nursery")
	defer mine.Close()
	conn, err := net.FileConn(mine)
	if err != nil {
		unix.Close(fds[1])
		return nil, nil, err
	}
	return conn.(*net.UnixConn), os.NewFile(uintptr(fds[1]), "nursery"), nil
}

// start has the nursery start a worker in the sandbox.
func (n *nursery) start(box confine.Sandbox, stdin, stdout *os.File) (*birth, error) {
	n.mu.Lock()
	n.last++
	b := &birth{nursery: n, id: n.last, began: make(chan struct{}), gone: make(chan struct{})}
	err := errGone
	if !n.ended {
		n.births[b.id] = b
		err = n.tell(order{ID: b.id, Isolation: box.Isolation, Users: box.Users}, stdin, stdout)
	}
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	<-b.began
	return b, b.err
}

// kill kills the worker, and with it its programs, and waits until it is gone.
func (b *birth) kill() {
	b.nursery.mu.Lock()
	b.nursery.tell(order{ID: b.id, Kill: true}) // where that fails the nursery is gone, and the worker ends by itself
	b.nursery.mu.Unlock()
	<-b.gone
}

// tell sends an order, with files. n.mu is held.
func (n *nursery) tell(o order, files ...*os.File) error {
	frame, err := trace.AppendFrame(nil, o)
	if err != nil {
		return err
	}
	var fds []int
	for _, f := range files {
		fds = append(fds, int(f.Fd()))
	}
	var rights []byte
	if fds != nil {
		rights = unix.UnixRights(fds...)
	}
	_, _, err = n.conn.WriteMsgUnix(frame, rights, nil)
	return err
}

// listen takes the nursery's news until it ends.
func (n *nursery) listen() {
	for {
		var m news
		if trace.ReadFrame(n.conn, trace.MaxRequest, &m) != nil {
			break
		}
		n.mu.Lock()
		b := n.births[m.ID]
		if m.Gone || m.Err != "" {
			delete(n.births, m.ID)
		}
		n.mu.Unlock()
		switch {
		case m.Gone:
			close(b.gone)
		case m.Err != "":
			b.err = errors.New(m.Err)
			close(b.began)
			close(b.gone)
		default:
			b.pid = m.PID
			close(b.began)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
	for _, b := range n.births {
		if b.pid == 0 {
			b.err = errGone
			close(b.began)
		}
		close(b.gone)
	}
	n.conn.Close()
}

// over reports whether the nursery has ended.
func (n *nursery) over() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ended
}

// end ends the nursery, whose workers have ended, and waits until it is gone.
func (n *nursery) end() {
	n.conn.CloseWrite()
	n.cmd.Wait()
}

// nurseryMain is the life of a nursery.
func nurseryMain() error {
	file := os.NewFile(nurseryFD, "server")
	conn, err := net.FileConn(file)
	if err != nil {
		return err
	}
	file.Close()
	server := conn.(*net.UnixConn)
	var mu sync.Mutex
	workers := map[int]*exec.Cmd{}
	say := func(m news) {
		mu.Lock()
		defer mu.Unlock()
		if m.Gone {
			delete(workers, m.ID)
		}
		trace.WriteFrame(server, m)
	}
	for {
		o, files, err := readOrder(server)
		if err != nil {
			return orEnd(err)
		}
		if o.Kill {
			mu.Lock()
			if cmd := workers[o.ID]; cmd != nil {
				cmd.Process.Kill()
			}
			mu.Unlock()
			continue
		}
		cmd := process.Command(workerRole, "worker")
		for _, box := range append(confine.Sandboxes(), confine.Shared) {
			if box.Isolation == o.Isolation && box.Users == o.Users {
				cmd.SysProcAttr = box.Attr()
			}
		}
		if len(files) == 2 {
			cmd.Stdin, cmd.Stdout, cmd.Stderr = files[0], files[1], os.Stderr
		}
		err = cmd.Start()
		for _, f := range files {
			f.Close()
		}
		if err != nil {
			say(news{ID: o.ID, Err: err.Error()})
			continue
		}
		mu.Lock()
		workers[o.ID] = cmd
		mu.Unlock()
		say(news{ID: o.ID, PID: cmd.Process.Pid})
		go func() {
			cmd.Wait()
			say(news{ID: o.ID, Gone: true})
		}()
	}
}

// readOrder reads an order, and the files that came with it.
func readOrder(server *net.UnixConn) (o order, files []*os.File, err error) {
	// The files come with the first byte.
	head, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(2*4))
	n, k, _, _, err := server.ReadMsgUnix(head, rights)
	if err != nil || n == 0 {
		return o, nil, errors.Join(io.EOF, err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:k])
	if err != nil {
		return o, nil, err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return o, nil, err
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "worker"))
		}
	}
	err = trace.ReadFrame(io.MultiReader(bytes.NewReader(head), server), trace.MaxRequest, &o)
	return o, files, err
}
