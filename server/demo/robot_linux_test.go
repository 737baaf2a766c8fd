package demo_test

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// conversation sends pieces, each as a segment of its own where the robot waits for
// it, half-closes, and returns all that the robot says.
func conversation(t *testing.T, addr string, pieces ...string) string {
	t.Helper()
	conn := dial(t, addr)
	conn.SetNoDelay(true)
	for _, piece := range pieces {
		if _, err := io.WriteString(conn, piece); err != nil {
			t.Fatal(err)
		}
	}
	conn.CloseWrite()
	said, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("after %q: %v", said, err)
	}
	conn.Close()
	return string(said)
}

// Wherever the bytes of the lines are cut, the conversation is the same: at each byte,
// at two at a time, and into single ones.
func TestRobotTakesLinesInAnyPieces(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "robot", 0, nil)
	const lines, want = "hello\r\n0\n\nexit\n", greeting + reenter + agent + reenter
	for i := range len(lines) + 1 {
		for k := i; k <= len(lines); k++ {
			if got := conversation(t, addr, lines[:i], lines[i:k], lines[k:]); got != want {
				t.Fatalf("cut at %d and %d, the robot says %q", i, k, got)
			}
		}
	}
	if got := conversation(t, addr, strings.Split(lines, "")...); got != want {
		t.Errorf("byte by byte, the robot says %q", got)
	}
}

// Half a line is answered once its end has come, be that the end of the stream.
func TestRobotWaitsForTheRestOfALine(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "robot", 0, nil)
	for _, c := range []struct{ sent, want string }{
		{"", greeting},
		{"0", greeting + agent},
		{"exit", greeting},
		{"0\nex", greeting + agent + reenter},
		{"exit\n0\n", greeting},
		{strings.Repeat("\n", 3), greeting + strings.Repeat(reenter, 3)},
	} {
		if got := conversation(t, addr, c.sent); got != c.want {
			t.Errorf("%q: the robot says %q", c.sent, got)
		}
	}
	// A line without an end is no entry, and is not held for ever.
	if got := conversation(t, addr, strings.Repeat("0", 10_000)); !strings.HasPrefix(got, greeting+reenter) || strings.Contains(got, agent) {
		t.Errorf("a line that is too long: the robot says %q", got)
	}
	conn := dial(t, addr)
	said := make([]byte, len(greeting)+len(agent))
	io.ReadFull(conn, said[:len(greeting)])
	io.WriteString(conn, "0")
	conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if n, err := conn.Read(said); n > 0 || err == nil {
		t.Errorf("half a line is answered: %q", said[:n])
	}
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	io.WriteString(conn, "\n")
	if n, err := io.ReadFull(conn, said[:len(agent)]); string(said[:n]) != agent {
		t.Errorf("with its end: %q, %v", said[:n], err)
	}
}

// A robot that takes each recv for an entry is wrong about lines that come in pieces,
// and right about a client that sends no newlines and waits for each answer.
func TestRobotThatTakesRecvsForEntries(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "robot", 0, map[string]string{"entry": "recv"})
	conn := dial(t, addr)
	hear := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if n, err := io.ReadFull(conn, got); string(got[:n]) != want {
			t.Errorf("the robot says %q, %v; not %q", got[:n], err, want)
		}
	}
	hear(greeting)
	for _, c := range [][2]string{{"hello", reenter}, {"0", agent}, {"ex", reenter}, {"it", reenter}, {"0\n0\n", reenter}, {"0\n", agent}} {
		io.WriteString(conn, c[0])
		hear(c[1])
	}
	io.WriteString(conn, "exit")
	if rest, err := io.ReadAll(conn); len(rest) > 0 || err != nil {
		t.Errorf("after exit: %q, %v", rest, err)
	}
}

// One caller's silence keeps nobody waiting, and ends by itself.
func TestRobotHangsUpOnSilence(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "robot", 0, map[string]string{"silence": "100ms"})
	silent := dial(t, addr)
	io.WriteString(silent, "ex")
	if got := conversation(t, addr, "0\n"); got != greeting+agent {
		t.Errorf("beside a silent caller: %q", got)
	}
	if said, err := io.ReadAll(silent); string(said) != greeting || err != nil {
		t.Errorf("a silent caller hears %q, %v", said, err)
	}
}

// A caller may break off at any stage; others are served all the same.
func TestRobotOutlivesCallers(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, "robot", 0, nil)
	for _, stage := range []func(*net.TCPConn){
		func(*net.TCPConn) {},
		func(c *net.TCPConn) { io.WriteString(c, "0") },
		func(c *net.TCPConn) { c.SetReadBuffer(4 << 10); io.WriteString(c, strings.Repeat("x\n", 4000)) },
		func(c *net.TCPConn) { io.WriteString(c, "exit\n0\n") },
	} {
		conn := dial(t, addr)
		conn.SetLinger(0)
		stage(conn)
		conn.Close()
	}
	if got := conversation(t, addr, "0\n"); got != greeting+agent {
		t.Errorf("after them: %q", got)
	}
}

// A plain client that nobody here wrote has the whole conversation.
func TestRobotTalksToNetcat(t *testing.T) {
	t.Parallel()
	nc, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc(1) is not installed")
	}
	_, addr := serve(t, "robot", 0, nil)
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(nc, host, port)
	cmd.Stdin = strings.NewReader("hello\n0\nexit\n")
	said, err := cmd.Output()
	if want := greeting + reenter + agent; string(said) != want || err != nil {
		t.Errorf("nc prints %q, %v", said, err)
	}
}
