package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a test waits for what must come, on a machine that may be slow.
const patience = 2 * time.Minute

// get asks the relay, and says that it came by a proxy if headers say so.
func get(t *testing.T, url string, headers ...string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
		} else {
			req.Header.Add(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	p, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(p)
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited in vain for", what)
		}
	}
}

func TestFigures(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	_, address := start(t)
	base := "http://" + address
	ws := dial(t, address, "mux")
	ws.WriteMessage(websocket.BinaryMessage, []byte("Hello"))
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	get(t, base+"/relay/nosuch")
	_, body := get(t, base+"/metrics")
	for _, line := range []string{
		"sockscope_sessions_open 1", `sockscope_sessions_total{target="mux"} 1`, `sockscope_refusals_total{reason="unknown_target"} 1`,
		`sockscope_bytes_total{direction="up"} 5`, `sockscope_bytes_total{direction="down"} 5`,
		"sockscope_runs_running 0", "sockscope_runs_queued 0", "sockscope_runs_total 0", "sockscope_calls_dropped_total 0", "go_goroutines ",
	} {
		if !strings.Contains(body, "\n"+line) {
			t.Errorf("/metrics lacks %s:\n%s", line, body)
		}
	}
	ws.Close()
	eventually(t, "the session to be counted as closed", func() bool {
		_, body := get(t, base+"/metrics")
		return strings.Contains(body, "sockscope_sessions_open 0") && strings.Contains(body, `sockscope_session_closes_total{code="`)
	})
}

func TestHealth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	_, address := start(t)
	base := "http://" + address
	status, body := get(t, base+"/healthz")
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 200 || a.Status != "ok" || a.Isolation == "" {
		t.Errorf("/healthz: %d %s %v", status, body, err)
	}
	if status, body := get(t, base+"/readyz"); status != 200 || !strings.Contains(body, "ready") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	// What comes through a proxy isn't from this machine, and a page of another
	// site isn't either, whatever name it has bound to this address.
	for _, headers := range [][]string{{"X-Forwarded-For: 203.0.113.1"}, {"Via: 1.1 proxy"}, {"Origin: http://evil.example"}, {"Host: evil.example"}} {
		if status, body := get(t, base+"/metrics", headers...); status != http.StatusForbidden || strings.Contains(body, "sockscope_") {
			t.Errorf("/metrics with %q: %d", headers, status)
		}
		if status, body := get(t, base+"/healthz", headers...); status != 200 || strings.Contains(body, "isolation") {
			t.Errorf("/healthz with %q: %d %s", headers, status, body)
		}
	}
}

// Told of a proxy, the relay can't know any longer who is on this machine.
func TestFiguresOfAHostedRelay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	for _, args := range [][]string{{"-allow-origin=https://class.example"}, {"-trusted-proxy=127.0.0.2"}, {"-metrics=127.0.0.1:0"}} {
		_, address := start(t, args...)
		if status, _ := get(t, "http://"+address+"/metrics"); status != http.StatusForbidden {
			t.Errorf("%v: /metrics is %d at the site's address", args, status)
		}
	}
}

func TestFiguresApart(t *testing.T) {
	t.Parallel()
	cmd := relay("-metrics=127.0.0.1:0", "-log-format=json")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	var line struct{ Msg, Address string }
	for in := bufio.NewScanner(errs); line.Msg != "metrics" && in.Scan(); {
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			t.Fatalf("the log is no JSON: %s", in.Text())
		}
	}
	go io.Copy(io.Discard, errs)
	for path, says := range map[string]string{"/metrics": "sockscope_sessions_open 0", "/healthz": "isolation", "/readyz": "ready"} {
		if status, body := get(t, "http://"+line.Address+path); status != 200 || !strings.Contains(body, says) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := get(t, "http://"+line.Address+"/relay/lab"); status != http.StatusNotFound {
		t.Errorf("/relay/lab is there too: %d", status)
	}
}

// Without its native server a relay lives, and isn't ready.
func TestNotReady(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, address := start(t, "-server", l.Addr().String())
	if status, body := get(t, "http://"+address+"/readyz"); status != 200 {
		t.Errorf("/readyz: %d %s", status, body)
	}
	l.Close()
	eventually(t, "the relay to notice", func() bool {
		status, _ := get(t, "http://"+address+"/readyz")
		return status == http.StatusServiceUnavailable
	})
	if status, _ := get(t, "http://"+address+"/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
}

// draining returns a relay that a signal has asked to end, and a session that
// was open before and has been told.
func draining(t *testing.T, signal os.Signal) (cmd *exec.Cmd, address string, dialer *websocket.Dialer, ws *websocket.Conn) {
	t.Helper()
	cmd, address = start(t, "-drain=1h")
	dialer = &websocket.Dialer{Subprotocols: []string{"sockscope.v1"}}
	var err error
	ws, _, err = dialer.Dial("ws://"+address+"/relay/mux", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(patience))
	cmd.Process.Signal(signal)
	if _, p, err := ws.ReadMessage(); !strings.Contains(string(p), "the relay was told to stop") {
		t.Fatalf("%s %v", p, err)
	}
	return cmd, address, dialer, ws
}

// On SIGTERM the open sessions are told, and go on for a while; new ones are
// sent elsewhere; then all are closed with 1001, and the exit status is 0.
func TestDrain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	cmd, address, dialer, ws := draining(t, syscall.SIGTERM)
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := get(t, "http://"+address+"/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	if _, resp, err := dialer.Dial("ws://"+address+"/relay/mux", nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new session: %v", err)
	}
	ws.WriteMessage(websocket.BinaryMessage, []byte("still there?"))
	if _, p, err := ws.ReadMessage(); string(p) != "still there?" {
		t.Errorf("%s %v", p, err)
	}
	ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
	if err := cmd.Wait(); err != nil {
		t.Errorf("after the last session: %v", err)
	}
}

// Whoever doesn't want to wait says so twice.
func TestSecondSignal(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	cmd, _, _, _ := draining(t, os.Interrupt)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		select {
		case <-ended:
			return
		case <-tick.C: // the first may still be on its way to where it is taken
			cmd.Process.Signal(os.Interrupt)
		}
	}
	t.Error("it goes on")
}

func TestTargetOfOnesOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "mine")
			conn.Close()
		}
	}()
	_, address := start(t, "-target=my-own="+l.Addr().String())
	if _, p, err := dial(t, address, "my-own").ReadMessage(); string(p) != "mine" {
		t.Errorf("%q, %v", p, err)
	}
	wantExit(t, 1, "-target-beyond-loopback", "-target", "far=192.0.2.1:80")
	wantExit(t, 2, "already", "-target", "echo=127.0.0.1:80")
	wantExit(t, 2, "a-z", "-target", "../x=127.0.0.1:80")
	_, address = start(t, "-target=far=192.0.2.1:80", "-target-beyond-loopback") // and isn't dialled
	if status, _ := get(t, "http://"+address+"/relay/far"); status != http.StatusUpgradeRequired {
		t.Errorf("/relay/far: %d", status)
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for flag, says := range map[string]string{
		"-allow-origin=class.example": "no origin", "-trusted-proxy=proxy": "no network", "-trusted-proxy=10.1.2.3/8": "no network",
		"-sessions=0": "more than 0", "-idle=0s": "more than 0", "-drain=-1s": "less than 0", "-log-format=xml": "text or json",
		"-client-bytes=8MB": "8MiB", "-tls-cert=cert.pem": "-tls-key",
	} {
		wantExit(t, 2, says, flag)
	}
}

// certificateFor writes a certificate of its own making for 127.0.0.1.
func certificateFor(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// commonName returns the name in the certificate that a server shows.
func commonName(t *testing.T, address string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	dir := t.TempDir()
	cert, key := certificateFor(t, dir, "first")
	_, address := start(t, "-tls-cert="+cert, "-tls-key="+key)
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	ws, _, err := dialer.Dial("wss://"+address+"/relay/mux", http.Header{"Origin": {"https://" + address}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	ws.SetReadDeadline(time.Now().Add(patience))
	ws.WriteMessage(websocket.BinaryMessage, []byte("Hello"))
	if _, p, err := ws.ReadMessage(); string(p) != "Hello" {
		t.Errorf("%q %v", p, err)
	}
	if _, resp, err := dialer.Dial("wss://"+address+"/relay/mux", http.Header{"Origin": {"http://" + address}}); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page by HTTP: %v", err)
	}
	if name := commonName(t, address); name != "first" {
		t.Errorf("the certificate is %s", name)
	}
	// Files that don't go together leave the old ones in use; a renewal doesn't.
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name := commonName(t, address); name != "first" {
		t.Errorf("while it is renewed the certificate is %s", name)
	}
	certificateFor(t, dir, "second")
	eventually(t, "the new certificate", func() bool { return commonName(t, address) == "second" })

	wantExit(t, 1, "-tls-cert", "-tls-cert="+cert, "-tls-key="+cert)
}

// A peer that holds connections and says nothing loses them; the next one waits
// for its turn and is served.
func TestConnectionsAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bounded := limit(l, 2, nil)
	defer bounded.Close()
	accepted := make(chan net.Conn)
	go func() {
		for {
			conn, err := bounded.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- conn
		}
	}()
	for range 3 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first, second := <-accepted, <-accepted
	defer second.Close()
	select {
	case <-accepted:
		t.Fatal("a third connection is accepted")
	case <-time.After(20 * time.Millisecond):
	}
	first.Close()
	first.Close() // counts once
	third := <-accepted
	defer third.Close()
	bounded.Close() // while Accept waits for room
	if _, more := <-accepted; more {
		t.Error("more than there is room for")
	}
}

func TestOnePeersConnections(t *testing.T) {
	l := limit(nil, 4, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")})
	for _, tt := range []struct {
		ip      string
		counted bool
	}{{"127.0.0.1", false}, {"::1", false}, {"10.0.0.1", false}, {"10.0.0.2", true}, {"2001:db8::1", true}} {
		key, counted := l.key(&net.TCPAddr{IP: net.ParseIP(tt.ip)})
		if counted != tt.counted {
			t.Errorf("%s: %v", tt.ip, key)
		}
		if !counted {
			continue
		}
		for n := 1; n <= 3; n++ {
			if let := l.enter(key); let != (n <= 2) {
				t.Errorf("%s: connection %d: %v", tt.ip, n, let)
			}
		}
		l.leave(key)
		if !l.enter(key) {
			t.Errorf("%s can't come back", tt.ip)
		}
	}
}

// Headers that are too large, or never come, don't reach a handler.
func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	server := newServer(http.NotFoundHandler(), (&config{}).logger())
	for name, d := range map[string]time.Duration{"header": server.ReadHeaderTimeout, "request": server.ReadTimeout, "answer": server.WriteTimeout, "idle": server.IdleTimeout} {
		if d <= 0 || d > 10*time.Minute {
			t.Errorf("the time for %s is %v", name, d)
		}
	}
	_, address := start(t)
	if status, _ := get(t, "http://"+address+"/", "X-Large: "+strings.Repeat("x", 64<<10)); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of headers: %d", status)
	}
	// A header that trickles in is cut off.
	server.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	defer server.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: ")
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection isn't closed: %v", err)
	}
}
