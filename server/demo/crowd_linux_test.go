package demo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
)

// A thousand clients at once; through twenty of them go five megabytes each and
// come back in small pieces, while others half-close, reset or leave. Nothing is
// lost, the silent ones are still served in the end, and no socket is kept.
func TestAThousandClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const clients, talkers, each = 1000, 20, 5 << 20
	allowFiles(t, 4*clients)
	for program, settings := range map[string]map[string]string{
		"poll":  {"timeout": "0s"},
		"epoll": {"timeout": "0s"},
		"edge":  {"timeout": "0s"},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			p := start(t, job{Program: program, Addr: freePort(t), Settings: settings, Untraced: true, Files: 2 * clients}).listening()
			var conns []*net.TCPConn
			for len(conns) < clients {
				conn := dial(t, p.job.Addr)
				conns = append(conns, conn)
				// Its echo tells that it is out of the backlog, which is short.
				if err := asks(conn, "Hello"); err != nil {
					t.Fatalf("client %d: %v", len(conns), err)
				}
			}
			if n := p.sockets(); n != 1+clients {
				t.Errorf("the server has %d sockets for %d clients", n, clients)
			}

			failed := make(chan error, clients)
			var all sync.WaitGroup
			for i, conn := range conns {
				all.Go(func() {
					rnd := rand.New(rand.NewPCG(uint64(i), 1))
					var err error
					switch {
					case i%(clients/talkers) == 0:
						err = pours(conn, rnd, each)
					case i%4 == 1: // half-closes with bytes on their way
						err = halfCloses(conn, rnd)
					case i%4 == 2: // resets, with an echo unread or half a message sent
						conn.SetLinger(0)
						_, err = conn.Write(make([]byte, 1+rnd.IntN(3000)))
						conn.Close()
					case i%4 == 3: // leaves
						err = asks(conn, fmt.Sprint("I am ", i))
						conn.Close()
					}
					if err != nil {
						failed <- fmt.Errorf("client %d: %w", i, err)
					}
				})
			}
			all.Wait()
			close(failed)
			for err := range failed {
				t.Error(err)
			}
			silent := 0
			for i, conn := range conns {
				if i%4 == 0 && i%(clients/talkers) != 0 {
					silent++
					if err := asks(conn, "Still here?"); err != nil {
						t.Fatalf("client %d, silent until now: %v", i, err)
					}
				}
			}
			p.await("the server to close what was left", func() bool { return p.sockets() == 1+silent })
			for _, conn := range conns {
				conn.Close()
			}
			p.await("the server to close the rest", func() bool { return p.sockets() == 1 })
		})
	}
}

// asks sends a message and reads its echo.
func asks(conn *net.TCPConn, message string) error {
	if _, err := io.WriteString(conn, message); err != nil {
		return err
	}
	got := make([]byte, len(message))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != message {
		return fmt.Errorf("the echo of %q is %q, %w", message, got, err)
	}
	return nil
}

// pours sends so many bytes, reads them back in small pieces meanwhile, and then
// half-closes and reads the end of file.
func pours(conn *net.TCPConn, rnd *rand.Rand, size int) error {
	sent := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(rnd.Uint32())}).Read(sent)
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		if err == nil {
			err = conn.CloseWrite()
		}
		wrote <- err
	}()
	piece := make([]byte, 8<<10)
	for done := 0; ; {
		n, err := conn.Read(piece[:1+rnd.IntN(len(piece))])
		if n > len(sent)-done || !bytes.Equal(piece[:n], sent[done:done+n]) {
			return fmt.Errorf("bytes %d to %d are not those that were sent", done, done+n)
		}
		done += n
		switch {
		case errors.Is(err, io.EOF) && done == len(sent):
			conn.Close()
			return <-wrote
		case err != nil:
			return fmt.Errorf("%d of %d bytes come back, then %w", done, len(sent), err)
		}
	}
}

// halfCloses sends a few kilobytes, half-closes, and reads them to the end of
// file.
func halfCloses(conn *net.TCPConn, rnd *rand.Rand) error {
	sent := make([]byte, 1+rnd.IntN(20<<10))
	for i := range sent {
		sent[i] = byte(rnd.Uint32())
	}
	if _, err := conn.Write(sent); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	got, err := io.ReadAll(conn)
	if err == nil && !bytes.Equal(got, sent) {
		err = fmt.Errorf("%d bytes come back of %d, or others", len(got), len(sent))
	}
	conn.Close()
	return err
}

// allowFiles makes sure that this process may have n fds.
func allowFiles(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur = max(limit.Cur, n); limit.Cur > limit.Max {
		t.Skipf("%d open files are allowed here; this takes %d", limit.Max, n)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Skip(err)
	}
}
