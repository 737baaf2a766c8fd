package demo_test

import (
	"encoding/binary"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sockscope/server/demo"
	"sockscope/server/trace"
)

var update = flag.Bool("update", false, "write the golden traces anew")

// scenario is a server and a client whose calls are the same every time.
type scenario struct {
	name           string
	server, client string
	set            map[string]string // settings of the server
	clientSet      map[string]string
	ends           bool // the server comes to its end by itself
	threaded       bool // the server has a thread for the client
	output         string
	anything       bool                    // the client prints what is the kernel's to say
	at             func(*testing.T) string // an address that is no port of TCP over IPv4
	polls          bool                    // the server asks as often as time allows: how often it heard EAGAIN is left out
	asleep         bool                    // the server ends in a pause, and never comes back
}

var scenarios = []scenario{
	{name: "web", server: "web", client: "get", output: "Hello, World\n"},
	{name: "restart", server: "restart", client: "get", output: "Hello, World\n"},
	{name: "echo", server: "echo", client: "client"},
	{name: "echo-message", server: "echo", client: "client", set: map[string]string{"backlog": "1"}, clientSet: map[string]string{"message": "Hello, world"}},
	{name: "echo-slow", server: "echo", client: "slow", clientSet: map[string]string{"pause": "3ms", "messages": "2"}},
	{name: "echo-dice", server: "echo", client: "dice", clientSet: map[string]string{"pause": "3ms", "seed": "205"}},
	{name: "echo-silent", server: "echo", client: "client", set: map[string]string{"backlog": "0"}, clientSet: map[string]string{"messages": "0"}},
	{name: "echo-reset", server: "echo", client: "reset"},
	{name: "echo-unread", server: "echo", client: "unread", clientSet: map[string]string{"message": "Hello, world"}},
	{name: "echo-halfclose", server: "echo", client: "halfclose", clientSet: map[string]string{"message": "Hello, world"}},
	{name: "count", server: "count", client: "halfclose", clientSet: map[string]string{"message": "Hello, world"}},
	{name: "errors", server: "errors", client: "failing", ends: true, output: failures},
	{name: "sigpipe-nosignal", server: "goodbye", client: "sigpipe", clientSet: map[string]string{"guard": "MSG_NOSIGNAL"}, output: "send: EPIPE (Broken pipe)\n"},
	{name: "sigpipe-ignored", server: "goodbye", client: "sigpipe", clientSet: map[string]string{"guard": "SIG_IGN"}, output: "send: EPIPE (Broken pipe)\n"},
	{name: "spin", server: "spin", client: "slow", clientSet: map[string]string{"pause": "1ms"}, polls: true},
	{name: "select", server: "select", client: "client", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "select-reset", server: "select", client: "reset", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "select-silent", server: "select", client: "client", set: map[string]string{"timeout": "2s"}, clientSet: map[string]string{"messages": "0"}, ends: true},
	{name: "poll", server: "poll", client: "client", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "poll-reset", server: "poll", client: "reset", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "epoll", server: "epoll", client: "client", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "epoll-reset", server: "epoll", client: "reset", set: map[string]string{"timeout": "2s"}, ends: true},
	{name: "processes", server: "processes", client: "client", set: map[string]string{"clients": "1"}, ends: true},
	{name: "processes-forget", server: "processes", client: "halfclose", set: map[string]string{"clients": "1", "forget": "true"},
		clientSet: map[string]string{"message": "Hello, world"}, ends: true},
	{name: "two-ports", server: "two-ports", client: "client", set: map[string]string{"timeout": "2s", "other": "127.0.0.1:0"}, ends: true},
	{name: "number-32", server: "receive", client: "number", clientSet: map[string]string{"number": "305419896"}, ends: true},
	{name: "number-16", server: "receive", client: "number", set: map[string]string{"bits": "16"},
		clientSet: map[string]string{"bits": "16", "order": "host"}, ends: true},
	{name: "messages", server: "messages", client: "framed", set: map[string]string{"size": "1"}, ends: true},
	{name: "messages-type", server: "messages", client: "framed", set: map[string]string{"size": "1", "framing": "type"},
		clientSet: map[string]string{"framing": "type", "piece": "33"}, ends: true},
	{name: "turns", server: "flood", client: "pour", set: map[string]string{"bytes": "1000", "turns": "true"}, clientSet: map[string]string{"bytes": "1000"}, ends: true},
	{name: "buffered", server: "echo", client: "buffered", clientSet: map[string]string{"buffer": "8"}},
	{name: "buffered-flush", server: "echo", client: "buffered", clientSet: map[string]string{"flush": "true"}},
	{name: "numbers", server: "count", client: "numbers", clientSet: map[string]string{"count": "20", "form": "32"}, output: "That was 80 bytes.\n"},
	{name: "numbers-text", server: "count", client: "numbers", clientSet: map[string]string{"count": "20"}, output: "That was 71 bytes.\n"},
	{name: "drain", server: "drain", client: "bulk", set: map[string]string{"pause": "0s", "size": "1"}, clientSet: map[string]string{"bytes": "20", "blocking": "true"}, ends: true},
	{name: "patient", server: "echo", client: "patient", clientSet: map[string]string{"sends": "true", "limit": "300ms", "pause": "5ms"}, output: "<nil>\n"},
	{name: "patient-alive", server: "echo", client: "patient", clientSet: map[string]string{"alive": "true", "patience": "50ms", "pause": "5ms"},
		output: "EAGAIN (Resource temporarily unavailable)\n"},
	{name: "half-open", server: "deaf", client: "half-open", set: map[string]string{"pause": "1h"}, clientSet: map[string]string{"hold": "1ms"},
		output: "EINPROGRESS (Operation now in progress)\n", asleep: true},
	{name: "parts", server: "answer", client: "parts", set: map[string]string{"quick": "true"}, clientSet: map[string]string{"nodelay": "true"}},
	{name: "gather", server: "answer", client: "gather"},
	{name: "deaf", server: "deaf", client: "client", set: map[string]string{"pause": "50ms"}},
	{name: "byteorder", server: "byteorder"},
	{name: "families-inet", server: "families", client: "families-client", set: ofType("SOCK_STREAM"), clientSet: map[string]string{"first": "[::1]:1"},
		output: "[::1]:1 ECONNREFUSED (Connection refused)\nsends: 3, recvs: 1\n"},
	{name: "families-inet6", server: "families", client: "families-client", set: ofType("SOCK_STREAM"), at: freePort6, output: "sends: 3, recvs: 1\n"},
	{name: "families-inet6-dgram", server: "families", client: "families-client", set: ofType("SOCK_DGRAM"), clientSet: clientOf("SOCK_DGRAM"), at: freePort6, output: "sends: 3, recvs: 3\n"},
	{name: "families-unix", server: "families", client: "families-client", set: ofType("SOCK_STREAM"), at: freeName, output: "sends: 3, recvs: 1\n"},
	{name: "families-unix-dgram", server: "families", client: "families-client", set: ofType("SOCK_DGRAM"), clientSet: clientOf("SOCK_DGRAM"), at: freeName, output: "sends: 3, recvs: 3\n"},
	{name: "families-unix-seqpacket", server: "families", client: "families-client", set: ofType("SOCK_SEQPACKET"), clientSet: clientOf("SOCK_SEQPACKET"), at: freeName,
		output: "sends: 3, recvs: 3\n"},
	{name: "udp", server: "udp", at: freeUDPPort, client: "udp-client", set: map[string]string{"size": "32"}, clientSet: map[string]string{"timeout": "800ms"}, ends: true,
		output: "3 of 3 came back\nECONNREFUSED (Connection refused)\n"},
	{name: "upload", server: "upload", client: "put", threaded: true,
		output: "notes.txt has sha256 " + notes + "\nok\ncounted notes.txt: 3000 of 3000 bytes, sha256 " + notes + "\nthe server has closed\n"},
	{name: "upload-stuck", server: "upload", client: "put", threaded: true, set: map[string]string{"pause": "100ms"}, clientSet: map[string]string{"wait": "false", "bytes": "5"},
		output: "notes.txt has sha256 " + tcpSp + "\nerror: that is no header; one is post|name|size, with the size in bytes\nthe server does not want it\n"},
	{name: "robot", server: "robot", client: "caller", threaded: true, output: greeting + reenter + agent + hungUp},
	{name: "robot-halves", server: "robot", client: "caller", threaded: true, clientSet: map[string]string{"say": "0", "pieces": "halves", "pause": "30ms"},
		output: greeting + agent + hungUp},
}

// failures is what program failing prints.
const failures = `getpeername: ENOTCONN (Transport endpoint is not connected)
connect: ECONNREFUSED (Connection refused)
connect: EINPROGRESS (Operation now in progress)
recv: EAGAIN (Resource temporarily unavailable)
recv: ECONNRESET (Connection reset by peer)
send: EPIPE (Broken pipe)
connect: ETIMEDOUT (Connection timed out)
`

// run runs the scenario to its end, or until the server waits for the next
// client. client is nil when the test itself is the client.
func (s *scenario) run(t *testing.T, wrap func(role string) []string) (server, client *process) {
	addr := freePort(t)
	if s.at != nil {
		addr = s.at(t)
	}
	server = start(t, job{Program: s.server, Addr: addr, Settings: s.set}, wrap("server")...).listening()
	if s.client != "" {
		client = start(t, job{Program: s.client, Addr: addr, Settings: s.clientSet}, wrap("client")...)
		client.wait(server)
		if got := client.output.String(); got != s.output && !s.anything {
			t.Errorf("the client printed %q, not %q", got, s.output)
		}
	} else {
		askByteOrder(t, addr)
	}
	switch {
	case s.ends:
		server.wait()
	case s.asleep:
		server.await("the server to pause", func() bool {
			last := &server.events[len(server.events)-1]
			return last.Kind == trace.Enter && last.Call == trace.Nanosleep
		})
	case s.threaded:
		second := server.second()
		second.await("the client's thread to end", func() bool {
			n := len(second.events)
			return n > 0 && second.events[n-1].Kind == trace.Exit
		})
		server.await("the server to wait for the next client", func() bool { return server.idle(0) })
	default:
		server.await("the server to wait for the next client", func() bool { return server.idle(1) })
	}
	return server, client
}

// What the robot says, and what its caller says of it.
const (
	greeting = "Welcome to call 10086: 0 for an agent, exit to leave\n"
	agent    = "An agent comes. This call may be recorded\n"
	reenter  = "please re-enter\n"
	hungUp   = "the robot has hung up\n"
)

// ofType has the sockets of a families program be of a type. Its server pauses, so that
// all that the client sends waits for it.
func ofType(kind string) map[string]string {
	return map[string]string{"type": kind, "pause": "50ms"}
}

func clientOf(kind string) map[string]string { return map[string]string{"type": kind} }

// The SHA-256 of what put sends.
const (
	notes = "9f36a324a26b3b6ee618ab1ce03fa5dcadfc762a0e2054e67f8e43c0c4276ff3" // its 3,000 bytes
	tcpSp = "c733ad1a20c592559e2c2984769377f06ab27c174a93ef66dd99273eab66b66c" // 5 of them
)

func unwrapped(string) []string { return nil }

// askByteOrder asks the server for two numbers, one after the other.
func askByteOrder(t *testing.T, addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, n := range []uint32{1, 0xdeadbeef} {
		if err := binary.Write(conn, binary.BigEndian, n); err != nil {
			t.Fatal(err)
		}
		var both [8]byte
		if _, err := io.ReadFull(conn, both[:]); err != nil {
			t.Fatal(err)
		}
		if binary.BigEndian.Uint32(both[:]) != n || binary.LittleEndian.Uint32(both[4:]) != n {
			t.Fatalf("%d is answered with % x", n, both)
		}
	}
}

// The trace of every program is what it was. Ports and times are replaced:
// they are the kernel's to choose.
func TestGolden(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the golden traces hold host order of a little-endian machine")
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server, client := s.run(t, unwrapped)
			text := normal(server)
			if child := server.child(); child != nil {
				text = endedYet.ReplaceAllString(text, "") + "\nchild\n" + normal(child)
			}
			if s.threaded {
				text += "\nthread 2\n" + normal(server.second())
			}
			if s.polls {
				text = notYet.ReplaceAllString(text, "")
			}
			got := "server: " + s.server + "\n" + text
			if client != nil {
				got += "\nclient: " + s.client + "\n" + normal(client)
			}
			golden(t, s.name+".strace", got)
		})
	}
}

var (
	ports = regexp.MustCompile(`htons\(\d+\)`)
	hosts = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	times = regexp.MustCompile(` <\d+\.\d{6,9}>`)

	// Of a child that may have ended by now, or not: WNOHANG tells either.
	endedYet = regexp.MustCompile(`(?m)^.*\twaitpid\(.* WNOHANG\) .*\n|^.*\twaitpid\(.* = \d+\n`)
	names    = regexp.MustCompile(`@"[^"]*"`) // of Unix sockets
	hosts6   = regexp.MustCompile(`\[::1\]:\d+`)
	pids     = regexp.MustCompile(`fork\(\) = \d+`)

	notYet = regexp.MustCompile(`(?m)^.* EAGAIN .*\n`)
)

// normal returns the trace with ports named by the order in which they come,
// and without durations.
func normal(p *process) string {
	text := times.ReplaceAllString(p.text(), "")
	text = hosts.ReplaceAllString(text, "127.0.0.1:PORT")
	text = hosts6.ReplaceAllString(text, "[::1]:PORT")
	text = names.ReplaceAllString(text, `@"NAME"`)
	text = pids.ReplaceAllString(text, "fork() = PID")
	known := map[string]string{}
	return ports.ReplaceAllStringFunc(text, func(port string) string {
		if known[port] == "" {
			known[port] = "htons(PORT" + string(rune('1'+len(known))) + ")"
		}
		return known[port]
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -run TestGolden -update writes it", err)
	}
	if got == string(want) {
		return
	}
	other := filepath.Join(os.TempDir(), "got-"+name)
	if err := os.WriteFile(other, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
	here, _ := os.Getwd()
	t.Errorf("the trace has changed:\n\tdiff %s %s", filepath.Join(here, path), other)
}

// unordered are the programs whose calls differ from one time to the next, and
// why. What is true of them all the same is checked on their labs' runs.
var unordered = map[string]string{
	"hasty":          "a server's answer may be on its way before the client's close",
	"edge":           "EPOLLOUT is told of alone or with the first bytes",
	"emfile":         "how often it asks before a client leaves is a matter of time",
	"hoard":          "its server is told of several at once",
	"race":           "the calls of one thread come before or after those of another",
	"shared":         "when its child ends is a matter of time",
	"pool":           "the calls of one thread come before or after those of another",
	"apart":          "when its child ends is a matter of time",
	"prefork":        "when its child has its client is a matter of time",
	"herd":           "when its child has its client is a matter of time",
	"exclusive":      "when its child has its client is a matter of time",
	"reuseport":      "when its child has its client is a matter of time",
	"timeouts":       "how often it asks before the bytes come is a matter of time",
	"threads":        "the calls of one thread come before or after those of another",
	"watchful":       "the calls of one thread come before or after those of another",
	"duplex":         "how much it moves at a time is a matter of time",
	"pair":           "the calls of one thread come before or after those of another",
	"many":           "its connections become ready in any order",
	"options":        "how much the buffers take is the kernel's to say",
	"options-client": "how much comes at once is a matter of time",
	"wake":           "the calls of one thread come before or after those of another",
	"late-ack":       "its echoes come in one recv or in two",
	"late":           "its message may find that the server has ended",
}

// Every program that this system has is in a golden trace, or there is a reason
// why not; and strace bears witness to every one.
func TestEveryProgramIsProven(t *testing.T) {
	in := func(program string, list []scenario) bool {
		return slices.ContainsFunc(list, func(s scenario) bool { return s.server == program || s.client == program })
	}
	for _, p := range demo.Programs {
		if p.Needs == demo.Kqueue || p.Needs == demo.Strace {
			continue // Linux doesn't have it; or strace is the witness itself
		}
		golden := in(p.Name, scenarios)
		if golden == (unordered[p.Name] != "") {
			t.Errorf("%s: in a golden trace: %v; why not: %q", p.Name, golden, unordered[p.Name])
		}
		if !golden && !in(p.Name, more) && !slices.Contains(threaded, p.Name) {
			t.Errorf("%s: nobody compares its trace with strace", p.Name)
		}
	}
}

// What a demo writes is in its trace and comes out.
func TestPrintingIsACall(t *testing.T) {
	t.Parallel()
	s := &scenario{server: "receive", client: "number", clientSet: map[string]string{"order": "host"}, ends: true}
	server, _ := s.run(t, unwrapped)
	var written strings.Builder
	for _, c := range server.calls() {
		if c.enter.Call == trace.Write {
			written.Write(c.enter.Data)
		}
	}
	want := "1\n"
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		want = "16777216\n"
	}
	if written.String() != want || server.output.String() != want {
		t.Errorf("traced %q, printed %q; 1 in host order read in network order is %q", written.String(), server.output.String(), want)
	}
}
