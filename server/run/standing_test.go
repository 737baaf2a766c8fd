package run

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStandingServersAnswerAnyClient(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	dialTo := func(name string) *net.TCPConn {
		t.Helper()
		conn, err := net.Dial("tcp", s.Addrs()[name])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn.(*net.TCPConn)
	}

	// echo: all of it comes back after a half-close.
	conn := dialTo("echo")
	sent := bytes.Repeat([]byte("Hello, world\n"), 100_000)
	go func() {
		conn.Write(sent)
		conn.CloseWrite()
	}()
	if got, err := io.ReadAll(conn); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("echo: %d of %d bytes, %v", len(got), len(sent), err)
	}

	// mux: four at once, in any order.
	var conns []*net.TCPConn
	for range 4 {
		conns = append(conns, dialTo("mux"))
	}
	for round := range 3 {
		for i := range conns {
			fmt.Fprintf(conns[(i+round)%4], "client %d, %d", (i+round)%4, round)
		}
		for i, conn := range conns {
			want := fmt.Sprintf("client %d, %d", i, round)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
				t.Errorf("mux: %q, %v", got, err)
			}
		}
	}

	conn = dialTo("byteorder")
	conn.Write([]byte{0, 0, 0x4e, 0x20})
	got := make([]byte, 8)
	if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, []byte{0, 0, 0x4e, 0x20, 0x20, 0x4e, 0, 0}) {
		t.Errorf("byteorder: % x, %v", got, err)
	}
}

func TestPortInUseIsOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	const free = "127.0.0.1:0"
	for name, cfg := range map[string]Config{
		"control":   {Control: addr, Echo: free, Mux: free, Byteorder: free},
		"echo":      {Control: free, Echo: addr, Mux: free, Byteorder: free},
		"mux":       {Control: free, Echo: free, Mux: addr, Byteorder: free},
		"byteorder": {Control: free, Echo: free, Mux: free, Byteorder: addr},
	} {
		s, err := Start(cfg)
		if err == nil {
			s.Close()
			t.Fatalf("%s: two listen at %s", name, addr)
		}
		want := name + ": " + addr + " is already in use"
		if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q", name, err)
		}
	}
	if _, err := Start(Config{Control: free, Echo: "nowhere", Mux: free, Byteorder: free}); err == nil {
		t.Error("an address that is none is taken")
	} else if !strings.HasPrefix(err.Error(), "echo: ") {
		t.Errorf("an address that is none: %q", err)
	}
}

// Two hundred clients at once, each of which sends twice before it is accepted:
// nothing is lost of any.
func TestStandingMuxLosesNobody(t *testing.T) {
	s := startTest(t, Config{Warm: 1})
	const clients, first, second = 200, 16_000, 4_000
	begin := make(chan struct{})
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			<-begin
			if err := sendsTwice(s.Addrs()["mux"], first, second); err != nil {
				t.Errorf("client %d: %v", n, err)
			}
		})
	}
	close(begin)
	all.Wait()
}

// sendsTwice is a client that sends so many bytes and then so many more, and reads
// all of them back.
func sendsTwice(addr string, first, second int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	sent := make([]byte, first+second)
	rand.NewChaCha8([32]byte{byte(first)}).Read(sent)
	for _, part := range [][]byte{sent[:first], sent[first:]} {
		if _, err := conn.Write(part); err != nil {
			return err
		}
	}
	got := make([]byte, len(sent))
	if n, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, sent) {
		return fmt.Errorf("%d of %d bytes come back, %w", n, len(sent), err)
	}
	return nil
}
