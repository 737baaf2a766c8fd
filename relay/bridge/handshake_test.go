package bridge

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Each row is a request as it comes over the wire: what is unusual is taken or
// refused by the right status, and what is refused reaches no target.
func TestHandshakes(t *testing.T) {
	r := newRig(t)
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	host := "Host: " + r.server.Listener.Addr().String()
	// with is a whole request: a line "-NAME" takes a header out of the usual ones, others
	// are added.
	with := func(line string, changes ...string) string {
		headers := append([]string{host}, asAsked...)
		for _, c := range changes {
			name, taken := strings.CutPrefix(c, "-")
			if !taken {
				headers = append(headers, c)
				continue
			}
			var left []string
			for _, h := range headers {
				if !strings.HasPrefix(h, name+":") {
					left = append(left, h)
				}
			}
			headers = left
		}
		return line + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	}
	const get, get10 = "GET /relay/echo HTTP/1.1", "GET /relay/echo HTTP/1.0"
	for _, tt := range []struct {
		name    string
		request string
		status  int
		header  string // that the answer has
	}{
		{"as a browser does", with(get), 101, "Upgrade: websocket"},
		{"lines that end by LF", strings.ReplaceAll(with(get), "\r\n", "\n"), 101, ""},
		{"names in lower case", with(get, "-Sec-WebSocket-Key", "-Sec-WebSocket-Version", strings.ToLower("Sec-WebSocket-Version: 13"), strings.Replace(key, "Sec-WebSocket-Key", "sec-websocket-key", 1)), 101, ""},
		{"any case", with(get, "-Upgrade", "uPGRADE: WebSocket", "-Connection", "cONNECTION: uPGRADE"), 101, ""},

		// HTTP/1.0 knows of no upgrade (RFC 9110, section 7.8).
		{"HTTP/1.0", with(get10), 426, "Upgrade: websocket"},
		{"HTTP/1.0, kept alive", with(get10, "-Connection", "Connection: keep-alive, Upgrade"), 426, ""},
		{"HTTP/1.0, a page's question", with("POST /relay/echo HTTP/1.0", "Content-Length: 0"), 204, ""},
		{"HTTP/1.2", with("GET /relay/echo HTTP/1.2"), 101, ""},
		{"HTTP/2.0 in letters", with("GET /relay/echo HTTP/2.0"), 505, ""},
		{"HTTP/0.9", "GET /relay/echo\r\n\r\n", 400, ""},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, ""},

		// Upgrade and Connection are lists (RFC 9110, sections 7.6.1 and 7.8).
		{"one of several options", with(get, "-Connection", "Connection: keep-alive, Upgrade"), 101, ""},
		{"an option on a line of its own", with(get, "-Connection", "Connection: keep-alive", "Connection: Upgrade"), 101, ""},
		{"no option", with(get, "-Connection"), 426, ""},
		{"another option", with(get, "-Connection", "Connection: close"), 426, ""},
		{"an option that only begins so", with(get, "-Connection", "Connection: Upgraded"), 426, ""},
		{"one of several protocols", with(get, "-Upgrade", "Upgrade: h2c, websocket"), 101, ""},
		{"no protocol", with(get, "-Upgrade"), 426, ""},
		{"another protocol", with(get, "-Upgrade", "Upgrade: h2c"), 426, "Connection: Upgrade"},
		{"a protocol that only ends so", with(get, "-Upgrade", "Upgrade: xwebsocket"), 426, ""},

		// RFC 6455, sections 4.2.1, 4.2.2 and 11.3.
		{"no version", with(get, "-Sec-WebSocket-Version"), 426, "Sec-WebSocket-Version: 13"},
		{"another version", with(get, "-Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426, "Sec-WebSocket-Version: 13"},
		{"two versions", with(get, "Sec-WebSocket-Version: 8"), 426, "Sec-WebSocket-Version: 13"},
		{"no key", with(get, "-Sec-WebSocket-Key"), 400, ""},
		{"a short key", with(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: c2hvcnQ="), 400, ""},
		{"a key that isn't base64", with(get, "-Sec-WebSocket-Key", "Sec-WebSocket-Key: ========================"), 400, ""},
		{"two keys", with(get, key), 400, ""},
		{"a protocol on the second line", with(get, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: sockscope.v1"), 101, "Sec-WebSocket-Protocol: sockscope.v1"},
		{"a protocol that is none of ours", with(get, "Sec-WebSocket-Protocol: chat"), 101, "Sec-WebSocket-Protocol: "},
		{"an extension", with(get, "Sec-WebSocket-Extensions: permessage-deflate;;=,"), 101, "Sec-WebSocket-Extensions: "},

		// Other methods, and bodies.
		{"POST", with("POST /relay/echo HTTP/1.1", "Content-Length: 0"), 405, "Allow: GET, HEAD, POST"},
		{"HEAD", with("HEAD /relay/echo HTTP/1.1"), 405, ""},
		{"HEAD without an upgrade", with("HEAD /relay/echo HTTP/1.1", "-Upgrade", "-Connection"), 426, ""},
		{"PUT without an upgrade", with("PUT /relay/echo HTTP/1.1", "-Upgrade", "-Connection", "Content-Length: 0"), 405, "Allow: GET, HEAD, POST"},
		{"CONNECT", with("CONNECT /relay/echo HTTP/1.1"), 405, ""},
		{"a method that nobody knows", with("BREW /relay/echo HTTP/1.1"), 405, ""},
		{"a body", with(get, "Content-Length: 5") + "Hello", 400, ""},
		{"a chunked body", with(get, "Transfer-Encoding: chunked") + "5\r\nHello\r\n0\r\n\r\n", 400, ""},
		{"two lengths", with(get, "Content-Length: 0", "Content-Length: 5") + "Hello", 400, ""},
		{"an expectation", with(get, "Expect: 200-ok"), 417, ""},

		// Hosts and origins (RFC 9112, section 3.2).
		{"no host", with(get, "-Host"), 400, ""},
		{"no host, in HTTP/1.0", with(get10, "-Host"), 403, ""},
		{"two hosts", with(get, host), 400, ""},
		{"an empty host", with(get, "-Host", "Host:"), 403, ""},
		{"a host that can't be", with(get, "-Host", "Host: a b"), 400, ""},
		{"another port", with(get, "-Host", "Host: 127.0.0.1:1"), 403, ""},
		{"a user before the host", with(get, "-Host", "Host: me@"+host[len("Host: "):]), 400, ""},
		{"letters in the host", with(get, "-Host", "Host: LOCALHOST"+host[strings.LastIndexByte(host, ':'):]), 101, ""},
		{"an address that is whole", with("GET http://" + host[len("Host: "):] + "/relay/echo HTTP/1.1"), 101, ""},
		{"an address that leads elsewhere", with("GET http://elsewhere.example/relay/echo HTTP/1.1"), 403, ""},
		{"two origins", with(get, "Origin: http://"+host[len("Host: "):], "Origin: http://evil.example"), 403, ""},
		{"an origin that is null", with(get, "Origin: null"), 403, ""},

		// Malformed heads (RFC 9112, sections 2.2, 3 and 5.1).
		{"no address", with("GET HTTP/1.1"), 400, ""},
		{"a space before a colon", with(get, "Sec-WebSocket-Protocol : chat"), 400, ""},
		{"a line without a colon", with(get, "nonsense"), 400, ""},
		{"NUL in a header", with(get, "X: a\x00b"), 400, ""},
		{"too large", with(get, "X: "+strings.Repeat("x", 2<<20)), 431, ""},
		{"too many", with(get, strings.Repeat("X: 0123456789\r\n", 100_000)+"X: 1"), 431, ""},
		{"no such target", with("GET /relay/nosuch HTTP/1.1"), 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", r.server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			go io.WriteString(conn, tt.request)
			method, _, _ := strings.Cut(tt.request, " ")
			resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status {
				t.Errorf("the answer is %s, want %d", resp.Status, tt.status)
			}
			if name, want, ok := strings.Cut(tt.header, ": "); ok && resp.Header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, resp.Header.Get(name), want)
			}
			if resp.StatusCode == http.StatusSwitchingProtocols {
				(<-r.accepted).Close()
			}
		})
	}
	select {
	case <-r.accepted:
		t.Error("a request that was refused has reached the target")
	default:
	}
}
