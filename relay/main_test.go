package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sockscope/server/run"
	"sockscope/web/browser"
	"sockscope/web/site"
)

// asRelay in the environment makes the test's binary the relay.
const asRelay = "SOCKSCOPE_TEST_RELAY"

// built has the tests use a relay that was built before.
var built = flag.String("relay", "", "the `file` of the relay to test, in place of the test's own")

func TestMain(m *testing.M) {
	run.Child()
	if os.Getenv(asRelay) != "" {
		main()
		return
	}
	status := browser.Run(m)
	if common.cmd != nil {
		common.cmd.Process.Kill()
		common.cmd.Wait()
	}
	os.Exit(status)
}

// relay returns a command that runs the relay from the test's own binary. Ports
// that a test doesn't choose are the system's choice.
func relay(args ...string) *exec.Cmd {
	cmd := command(cmp.Or(*built, os.Args[0]), args...)
	cmd.Env = append(os.Environ(), asRelay+"=1")
	return cmd
}

func command(file string, args ...string) *exec.Cmd {
	free := []string{"-http=127.0.0.1:0", "-drain=200ms"}
	if !slices.Contains(args, "-server=none") {
		free = append(free, "-control=127.0.0.1:0", "-echo=127.0.0.1:0", "-mux=127.0.0.1:0", "-byteorder=127.0.0.1:0")
	}
	return exec.Command(file, append(free, args...)...)
}

// plain builds the relay that people run. It starts several times as fast as the
// test's own binary with the race detector in it.
var plain = sync.OnceValues(func() (file string, err error) {
	if *built != "" {
		return *built, nil
	}
	file = filepath.Join("..", ".build", "test", "relay")
	build := exec.Command("go", "build", "-trimpath", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds it
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

// common is a relay without further flags, for all tests that only visit one.
var common struct {
	sync.Once
	cmd     *exec.Cmd
	address string
	err     error
}

// desk gives a test a browser, and the address of the relay that tests share.
func desk(t testing.TB) (b *browser.Browser, base string) {
	t.Helper()
	b = browser.Start(t)
	common.Do(func() {
		file, err := plain()
		if err != nil {
			common.err = err
			return
		}
		common.cmd = command(file)
		common.cmd.Stderr = os.Stderr
		common.address, common.err = launch(common.cmd)
	})
	if common.err != nil {
		t.Fatal(common.err)
	}
	return b, "http://" + common.address
}

// alone gives a test a browser, and a plain relay of its own with flags.
func alone(t testing.TB, args ...string) (b *browser.Browser, cmd *exec.Cmd, base string) {
	t.Helper()
	b = browser.Start(t)
	file, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	cmd = command(file, args...)
	cmd.Stderr = os.Stderr
	return b, cmd, "http://" + startBy(t, cmd)
}

// start starts a relay and returns the address that it announces.
func start(t testing.TB, args ...string) (cmd *exec.Cmd, address string) {
	t.Helper()
	cmd = relay(args...)
	cmd.Stderr = os.Stderr
	return cmd, startBy(t, cmd)
}

// startBy starts a relay by its command, until the test ends.
func startBy(t testing.TB, cmd *exec.Cmd) (address string) {
	t.Helper()
	t.Cleanup(func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	address, err := launch(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// launch starts a relay and returns the address in its first line.
func launch(cmd *exec.Cmd) (address string, err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	says, url, ok := strings.Cut(strings.TrimSpace(line), "//")
	if !ok || !strings.HasPrefix(says, "Sockscope: http") {
		return "", fmt.Errorf("the relay says %q, %v", line, err)
	}
	address, _, _ = strings.Cut(url, "/")
	return address, nil
}

func dial(t *testing.T, address, target string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/relay/"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(patience))
	return ws
}

// One command: the pages, and a native server behind the WebSockets.
func TestRelayWithItsOwnServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	cmd, address := start(t)
	resp, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if !bytes.Contains(page, []byte("<title>")) {
		t.Errorf("/ is %d %q", resp.StatusCode, page)
	}
	for _, target := range []string{"echo", "mux"} {
		ws := dial(t, address, target)
		if err := ws.WriteMessage(websocket.BinaryMessage, []byte("Hello, world")); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for len(got) < 12 {
			_, p, err := ws.ReadMessage()
			if err != nil {
				t.Fatalf("%s: after %q: %v", target, got, err)
			}
			got = append(got, p...)
		}
		if string(got) != "Hello, world" {
			t.Errorf("%s answers %q", target, got)
		}
	}

	open := dial(t, address, "mux")
	cmd.Process.Signal(syscall.SIGTERM)
	_, _, err = open.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the open session ends with %v, want close code 1001", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// The first line has an address to open, wherever the relay listens.
func TestWhereTheSiteIs(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/",
		"[::1]:8080":     "http://[::1]:8080/",
		"[::]:8080":      "http://127.0.0.1:8080/ and at every other address of this machine",
		"0.0.0.0:8080":   "http://127.0.0.1:8080/ and at every other address of this machine",
	} {
		if got := where("http", net.TCPAddrFromAddrPort(netip.MustParseAddrPort(at))); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	_, address := start(t, "-http=:0", "-watch=false")
	if status, _ := get(t, "http://"+address+"/readyz"); status != 200 || !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("-http :0 is at %s: %d", address, status)
	}
}

func TestRelayToAServerElsewhere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for { // the relay has a look, too
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "the control port")
			conn.Close()
		}
	}()
	_, address := start(t, "-server", l.Addr().String())
	_, p, err := dial(t, address, "lab").ReadMessage()
	if string(p) != "the control port" {
		t.Errorf("%q, %v", p, err)
	}
}

// A port that is taken is one line and exit status 1.
func TestPortInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, flag := range []string{"-http", "-control", "-echo", "-mux", "-byteorder"} {
		wantExit(t, 1, "in use", flag, l.Addr().String())
	}
}

// A relay that was built without a machine for the tab says so when it is to offer one.
func TestNoMachineForTheTab(t *testing.T) {
	t.Parallel()
	if site.BuiltMachine() != nil {
		t.Skip("this build has one")
	}
	wantExit(t, 1, "-tab: this relay was built without a machine for the tab; make build TAB=1 builds one with it", "-tab", "-server=none")
}

func TestBadUsage(t *testing.T) {
	t.Parallel()
	wantExit(t, 2, "-nosuch (relay -h lists the flags)", "-nosuch")
	wantExit(t, 2, "a whole number", "-sessions=many")
	wantExit(t, 2, "30m", "-idle=30")
	wantExit(t, 2, `unexpected argument "localhost"`, "localhost")
	wantExit(t, 2, "give it there", "-server", "127.0.0.1", "-watch")
	wantExit(t, 2, "true or false", "-watch=perhaps")
	wantExit(t, 2, "-watch is a flag of the native server, and -server none has none", "-server=none", "-watch")
	for _, port := range []string{"-control", "-echo", "-mux", "-byteorder"} {
		wantExit(t, 2, port+" is a flag of the native server, and -server none has none", "-server=none", port, "127.0.0.1:0")
	}
	wantExit(t, 2, `-echo "9999": an ADDR is HOST:PORT`, "-server", "127.0.0.1", "-echo", "9999")
	wantExit(t, 2, `-http "18092": an ADDR is HOST:PORT`, "-http", "18092")
	wantExit(t, 2, `-metrics "18092": an ADDR is HOST:PORT`, "-metrics", "18092")
	for _, limit := range []string{"-sessions", "-client-sessions", "-client-starts", "-connections", "-idle", "-lifetime"} {
		wantExit(t, 2, limit+" must be more than 0", limit, "0")
	}
	for _, most := range []string{"-2", "9", "10001"} {
		wantExit(t, 2, "-scaling-max can be from 10 to 10000", "-scaling-max", most)
	}
	for _, everybody := range []string{"0.0.0.0/0", "::/0"} {
		wantExit(t, 2, "-trusted-proxy: that is everybody", "-trusted-proxy", everybody)
	}
}

func wantExit(t *testing.T, status int, says string, args ...string) {
	t.Helper()
	file, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(file, args...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != status || !bytes.Contains(out, []byte(says)) {
		t.Errorf("%v: %v, %q; want status %d and %q", cmd.Args[3:], err, out, status, says)
	}
	if bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("%v: more than a line: %q", cmd.Args[3:], out)
	}
}

// Help is asked for, and then it is no error.
func TestHelp(t *testing.T) {
	t.Parallel()
	file, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command(file, "-h").Output()
	if err != nil || !bytes.Contains(out, []byte("-allow-origin origins")) || !bytes.Contains(out, []byte("(default 256)")) || !bytes.Contains(out, []byte("(default 30m0s)")) {
		t.Errorf("%v: %s", err, out)
	}
}

// A server that can't be, and one that isn't there yet.
func TestServerThatIsNoAddress(t *testing.T) {
	t.Parallel()
	for server, says := range map[string]string{
		"http://box": "HOST:CONTROLPORT", "a:b:c": "HOST:CONTROLPORT", "my box": "HOST:CONTROLPORT", ":7000": "HOST:CONTROLPORT", "[box": "HOST:CONTROLPORT",
		"box:99999": "1 to 65535", "box:http": "1 to 65535", "box:0": "1 to 65535",
	} {
		if got, err := elsewhere(server, ports{"127.0.0.1:7000", "127.0.0.1:9999", "127.0.0.1:10001", "127.0.0.1:20000"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("-server %s: %v %v; want %q", server, got, err, says)
		}
	}
	wantExit(t, 1, "HOST:CONTROLPORT", "-server", "http://box")
}

// startLogged starts a relay, whose log's next line must say what is wanted.
func startLogged(t *testing.T, args ...string) (address string, next func(says ...string)) {
	t.Helper()
	cmd := relay(args...)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	address = startBy(t, cmd)
	log := bufio.NewScanner(errs)
	return address, func(says ...string) {
		t.Helper()
		if !log.Scan() {
			t.Fatal("the log has ended")
		}
		for _, s := range says {
			if !strings.Contains(log.Text(), s) {
				t.Errorf("the log says %s; want %q", log.Text(), s)
			}
		}
	}
}

// Where there is none, none is said to be reached.
func TestNoServerInTheLog(t *testing.T) {
	t.Parallel()
	address, next := startLogged(t, "-server=none")
	next("level=INFO", "there is no native server: pages play recordings")
	_, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/relay/lab", http.Header{"Origin": {"https://class.example"}})
	if err == nil {
		t.Fatal("a stranger's page is let in")
	}
	next("level=WARN", "https://class.example")
}

func TestServerThatComesLater(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	address, next := startLogged(t, "-server", l.Addr().String())
	next("level=WARN", "the native server can't be reached", l.Addr().String())
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "can't be reached") || strings.Contains(body, "127.0.0.1") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if l, err = net.Listen("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	next("level=INFO", "the native server is reached")
	eventually(t, "the relay to be ready", func() bool {
		status, _ := get(t, "http://"+address+"/readyz")
		return status == 200
	})
}

// A flag that lets in pages from elsewhere says that others can come; then they
// don't watch, and a page of this machine's own changes nothing.
func TestWhoIsPublic(t *testing.T) {
	for flag, want := range map[string]bool{
		"-http=127.0.0.1:0": false, "-allow-origin=http://localhost:3000": false, "-allow-origin=http://127.0.0.2": false, "-allow-origin=http://[::1]:80": false,
		"-allow-origin=https://class.example": true, "-allow-origin=http://localhost:3000,http://10.0.0.1": true,
		"-allow-origin=http://localhost.example": true, "-trusted-proxy=127.0.0.1": true,
	} {
		c, err := parse([]string{flag}, io.Discard)
		if err != nil || c.public() != want {
			t.Errorf("%s: %v %v", flag, c.public(), err)
		}
	}
}

func TestElsewhere(t *testing.T) {
	p := ports{"127.0.0.1:7000", "127.0.0.1:9999", "127.0.0.1:10001", "127.0.0.1:20000"}
	for server, want := range map[string]map[string]string{
		"box":        {"lab": "box:7000", "echo": "box:9999", "mux": "box:10001", "byteorder": "box:20000"},
		"box:70":     {"lab": "box:70", "echo": "box:9999", "mux": "box:10001", "byteorder": "box:20000"},
		"::1":        {"lab": "[::1]:7000", "echo": "[::1]:9999", "mux": "[::1]:10001", "byteorder": "[::1]:20000"},
		"[::1]":      {"lab": "[::1]:7000", "echo": "[::1]:9999", "mux": "[::1]:10001", "byteorder": "[::1]:20000"},
		"[::1]:7001": {"lab": "[::1]:7001", "echo": "[::1]:9999", "mux": "[::1]:10001", "byteorder": "[::1]:20000"},
	} {
		got, err := elsewhere(server, p)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("-server %s: %v, %v; want %v", server, got, err, want)
		}
	}
}
