package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// nginx starts the configuration of relay/hosting before a relay. It listens on
// sockets that it inherits, so that their ports can be the system's choice.
func nginx(t *testing.T, relay string, plain, secure *net.TCPListener) {
	t.Helper()
	binary := ""
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "../.build/nginx/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		t.Skip("needs nginx: .ci/need gets it")
	}
	text, err := os.ReadFile("hosting/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key := certificateFor(t, dir, "sockscope.example")
	conf := string(text)
	for _, change := range [][2]string{
		{"listen 80;", "listen " + plain.Addr().String() + ";"},
		{"listen 443 ", "listen " + secure.Addr().String() + " "},
		{"127.0.0.1:8080", relay},
		{"/etc/letsencrypt/live/sockscope.example/fullchain.pem", cert},
		{"/etc/letsencrypt/live/sockscope.example/privkey.pem", key},
	} {
		if strings.Count(conf, change[0]) != 1 {
			t.Fatalf("%q isn't in the configuration once", change[0])
		}
		conf = strings.Replace(conf, change[0], change[1], 1)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // the folder of the test is root's
	}
	conf = user + "daemon off;\nworker_processes 1;\nerror_log stderr;\npid " + dir + "/pid;\nevents {}\nhttp {\naccess_log off;\n" +
		"client_body_temp_path " + dir + "/body;\nproxy_temp_path " + dir + "/proxy;\nfastcgi_temp_path " + dir + "/fastcgi;\n" +
		"uwsgi_temp_path " + dir + "/uwsgi;\nscgi_temp_path " + dir + "/scgi;\n" + conf + "}\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-p", dir, "-e", "stderr", "-c", file)
	cmd.Env = append(os.Environ(), "NGINX=3;4;")
	var said bytes.Buffer
	cmd.Stderr = &said
	for _, l := range []*net.TCPListener{plain, secure} {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	plain.Close()
	secure.Close()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // ends its workers too
		cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
}

// The configuration that hosts are given carries pages and WebSockets, and the
// client's own address, whatever the client says that it is.
func TestBehindNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	const site = "sockscope.example"
	var listeners [2]*net.TCPListener
	for i := range listeners {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		listeners[i] = l
	}
	plain, secure := listeners[0].Addr().String(), listeners[1].Addr().String()
	_, relay := start(t, "-allow-origin=https://"+site, "-trusted-proxy=127.0.0.1", "-client-sessions=1")
	nginx(t, relay, listeners[0], listeners[1])

	// from is a dialler from an address of this machine's many.
	from := func(ip string) *net.Dialer {
		return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
	}
	visit := func(address, url string) *http.Response {
		t.Helper()
		client := &http.Client{
			Transport: &http.Transport{
				DialContext:       from("127.0.0.5").DialContext,
				TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, ServerName: site},
				ForceAttemptHTTP2: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		defer client.CloseIdleConnections()
		req, err := http.NewRequest("GET", url+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = site
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	resp := visit(secure, "https://")
	if page, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || resp.ProtoMajor != 2 || !bytes.Contains(page, []byte("<title>")) {
		t.Errorf("the page: %s %s", resp.Status, resp.Proto)
	}
	if resp = visit(plain, "http://"); resp.StatusCode != 301 || resp.Header.Get("Location") != "https://"+site+"/" {
		t.Errorf("by HTTP: %s %s", resp.Status, resp.Header.Get("Location"))
	}
	if resp = visit(secure+"/metrics", "https://"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("/metrics: %s", resp.Status)
	}

	dial := func(ip, origin, claims string) (*websocket.Conn, *http.Response) {
		t.Helper()
		dialer := websocket.Dialer{NetDialContext: from(ip).DialContext, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: site}}
		header := http.Header{"Host": {site}, "Origin": {origin}}
		if claims != "" {
			header.Set("X-Forwarded-For", claims)
		}
		ws, resp, err := dialer.Dial("wss://"+secure+"/relay/mux", header)
		if err != nil {
			if resp == nil {
				t.Fatal(err)
			}
			return nil, resp
		}
		t.Cleanup(func() { ws.Close() })
		ws.SetReadDeadline(time.Now().Add(patience))
		return ws, resp
	}
	ws, resp := dial("127.0.0.5", "https://"+site, "")
	if ws == nil {
		t.Fatal(resp.Status)
	}
	sent := bytes.Repeat([]byte("behind nginx "), 20_000)
	go func() {
		for p := sent; len(p) > 0; p = p[min(len(p), 60_000):] {
			ws.WriteMessage(websocket.BinaryMessage, p[:min(len(p), 60_000)])
		}
	}()
	var got []byte
	for len(got) < len(sent) {
		_, p, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		got = append(got, p...)
	}
	if !bytes.Equal(got, sent) {
		t.Error("other bytes came back")
	}
	for _, claims := range []string{"", "203.0.113.1", "127.0.0.1", "203.0.113.2, 127.0.0.1", "unknown"} {
		if ws, resp := dial("127.0.0.5", "https://"+site, claims); ws != nil || resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
			t.Errorf("who claims to be %q is another client: %s", claims, resp.Status)
		}
	}
	if ws, resp := dial("127.0.0.6", "https://"+site, ""); ws == nil {
		t.Errorf("another client: %s", resp.Status)
	}
	for _, origin := range []string{"http://" + site, "https://evil.example", "null"} {
		if ws, resp := dial("127.0.0.7", origin, ""); ws != nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("a page from %s: %s", origin, resp.Status)
		}
	}
}
