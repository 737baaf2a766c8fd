package foreign

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A session takes further programs from other terminals of the same user: they pass it,
// over a socket in a folder that is that user's alone, the pipe that their strace writes to.

// place returns the folder for the socket.
func place() (string, error) {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, fmt.Sprintf("sockscope-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return "", err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR || stat.Mode&0o077 != 0 || int(stat.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s must be a folder that is yours alone: somebody else could join, or listen", dir)
	}
	return dir, nil
}

func socketName() (*net.UnixAddr, error) {
	dir, err := place()
	if err != nil {
		return nil, err
	}
	return &net.UnixAddr{Name: filepath.Join(dir, "trace"), Net: "unix"}, nil
}

// Lead has the session take programs of others, until the result is closed. It fails where
// another session does already.
func Lead(s *Session) (io.Closer, error) {
	at, err := socketName()
	if err != nil {
		return nil, err
	}
	if conn, err := net.DialUnix("unix", nil, at); err == nil {
		conn.Close()
		return nil, errors.New("another relay trace runs, and takes those that join")
	}
	os.Remove(at.Name) // left by one that was killed
	l, err := net.ListenUnix("unix", at)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return
			}
			go s.take(conn)
		}
	}()
	return l, nil
}

// take reads what the strace of one that joins writes.
func (s *Session) take(conn *net.UnixConn) {
	defer conn.Close()
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return
	}
	unix.SetNonblock(fds[0], true) // so that it can have a deadline
	unix.CloseOnExec(fds[0])
	out := os.NewFile(uintptr(fds[0]), "strace")
	s.Read(out)
}

// Leader is the session of another relay trace.
type Leader struct{ conn *net.UnixConn }

// Join finds the session of another relay trace.
func Join() (*Leader, error) {
	at, err := socketName()
	if err != nil {
		return nil, err
	}
	conn, err := net.DialUnix("unix", nil, at)
	if err != nil {
		return nil, errors.New("there is no relay trace to join: start one with relay trace -- COMMAND")
	}
	return &Leader{conn}, nil
}

// Give has the session read what strace writes. When the session ends before the program
// does, what strace writes goes nowhere, and the program goes on.
func (l *Leader) Give(out *os.File) error {
	if _, _, err := l.conn.WriteMsgUnix([]byte{0}, unix.UnixRights(int(out.Fd())), nil); err != nil {
		return fmt.Errorf("the relay trace to join has ended: %w", err)
	}
	go func() {
		l.conn.Read(make([]byte, 1)) // returns when the session is over, or has read all
		io.Copy(io.Discard, out)
	}()
	return nil
}

// Close leaves the session.
func (l *Leader) Close() { l.conn.Close() }
