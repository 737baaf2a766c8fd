package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// size is how many bytes a message has.
const size = 64

// sample is one measurement of a server.
type sample struct {
	cpu  float64 // us of the server's processor time for one message
	rate float64 // messages a second
}

// measure starts a server, connects to it, and has each connection send a
// message when it has the echo of the one before, messages in all.
func measure(name string, connections, messages int) (s sample, err error) {
	addr, held, err := freePort()
	if err != nil {
		return s, err
	}
	defer unix.Close(held)
	cmd := exec.Command("/proc/self/exe", name, addr)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return s, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()

	var conns []net.Conn
	for len(conns) < connections {
		conn, err := dial(addr)
		if err != nil {
			return s, err
		}
		defer conn.Close()
		conns = append(conns, conn)
		// Its echo tells that it is out of the backlog, which is short.
		if err := talk([]net.Conn{conn}, 1); err != nil {
			return s, err
		}
	}
	if err := talk(conns, messages/10); err != nil { // to warm up
		return s, err
	}
	before, began := processTime(cmd.Process.Pid), time.Now()
	if err := talk(conns, messages); err != nil {
		return s, err
	}
	took, spent := time.Since(began), processTime(cmd.Process.Pid)-before
	return sample{spent.Seconds() * 1e6 / float64(messages), float64(messages) / took.Seconds()}, nil
}

// talk sends so many messages over the connections together, and checks their
// echoes.
func talk(conns []net.Conn, messages int) error {
	var left atomic.Int64
	left.Store(int64(messages))
	failed := make(chan error, len(conns))
	var all sync.WaitGroup
	for i, conn := range conns {
		all.Go(func() {
			sent, got := make([]byte, size), make([]byte, size)
			copy(sent, fmt.Sprintf("connection %d", i))
			for left.Add(-1) >= 0 {
				_, err := conn.Write(sent)
				if err == nil {
					_, err = io.ReadFull(conn, got)
				}
				if err == nil && string(got) != string(sent) {
					err = fmt.Errorf("the echo of %q is %q", sent, got)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// dial connects, to a server that may have to start first.
func dial(addr string) (net.Conn, error) {
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil || time.Now().After(limit) {
			return conn, err
		}
	}
}

// processTime returns the processor time that a process has used, user and
// system, to the ns: the clock that clock_getcpuclockid(3) names.
func processTime(pid int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// freePort returns an address on loopback that nobody else is given while fd is
// open. A server that sets SO_REUSEADDR can still bind it, for nobody listens.
func freePort() (addr string, fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return "", -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return "", -1, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return "", -1, err
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port), fd, nil
}

// median returns the middle one of values in their order.
func median(values []float64) float64 { return values[len(values)/2] }
