package site

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"

	"sockscope/server/lab"
)

// wasm stands for app.wasm where only its bytes matter.
var wasm = bytes.Repeat([]byte("\x00asm and then some. "), 1000)

// testSite renders its pages once for all tests: nothing changes them.
var testSite = sync.OnceValues(func() (*Site, error) {
	var br, gz bytes.Buffer
	for _, w := range []io.WriteCloser{brotli.NewWriter(&br), gzip.NewWriter(&gz)} {
		w.Write(wasm)
		w.Close()
	}
	return newSite(fstest.MapFS{
		"built/app.wasm.br": {Data: br.Bytes()},
		"built/app.wasm.gz": {Data: gz.Bytes()},
	})
})

func rendered(t *testing.T) *Site {
	t.Helper()
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryPageIsServed(t *testing.T) {
	s := rendered(t)
	for _, p := range pagePaths() {
		r := ask(s, "GET", p)
		html := body(t, r)
		if r.StatusCode != 200 || !strings.Contains(html, "<title>") || !strings.Contains(html, `id="app-wasm-loader"`) {
			t.Errorf("%s: status %d, %d bytes", p, r.StatusCode, len(html))
		}
	}
}

func TestAlmostTheAddress(t *testing.T) {
	s := rendered(t)
	for at, want := range map[string]string{
		"/lab": "/#labs", "/watch": "/#own", "/watch/": "/#own", "/watch/mux/": "/watch/mux", "/lab/": "/#labs", "/lab/?clients=2": "/#labs",
		"/lab/select/": "/lab/select", "/lab/select/?clients=2&messages=1": "/lab/select?clients=2&messages=1",
		"/lab/nothing/": "", "/lab/select//": "", "//lab/": "", "/web/app.css/": "", "/app.js/": "",
	} {
		r := ask(s, "GET", at)
		location := r.Header.Get("Location")
		if want == "" {
			if r.StatusCode != 404 || location != "" {
				t.Errorf("%s: status %d, to %q", at, r.StatusCode, location)
			}
			continue
		}
		// It is relative, and leads there beneath a path of another host too.
		for _, base := range []string{"http://a.example", "http://a.example/sockscope"} {
			u, err := url.Parse(base + at)
			if err != nil {
				t.Fatal(err)
			}
			to, err := u.Parse(location)
			if r.StatusCode != 301 || err != nil || to.String() != base+want {
				t.Errorf("%s beneath %s: status %d, to %s", at, base, r.StatusCode, to)
			}
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	s := rendered(t)
	for _, p := range []string{"/nosuch", "/lab/nosuch", "/web/", "/web/assets.go", "/web/nosuch.css", "/web/../go.mod", "/robots.txt"} {
		r := ask(s, "GET", p)
		if html := body(t, r); r.StatusCode != 404 || !strings.Contains(html, "no such page") {
			t.Errorf("%s: status %d %q", p, r.StatusCode, html)
		}
		if c := r.Header.Get("Cache-Control"); c != "no-store" {
			t.Errorf("%s: Cache-Control %q", p, c)
		}
	}
}

// A page is the same whatever comes in its query: nothing of it is rendered
// where go-app's quoting could be escaped from.
func TestQueryIsNotRendered(t *testing.T) {
	s := rendered(t)
	want := body(t, ask(s, "GET", "/lab/echo"))
	if got := body(t, ask(s, "GET", `/lab/echo?message=%22onmouseover=%22alert(1)`)); got != want {
		t.Errorf("the page differs:\n%s", got)
	}
}

// What the content security policy forbids would be missing in a browser.
func TestPagesObeyTheirPolicy(t *testing.T) {
	s := rendered(t)
	inline := regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]|<style|\sstyle="|\son[a-z]+="|"javascript:|(?:src|href)="https?:`)
	for _, p := range pagePaths() {
		r := ask(s, "GET", p)
		if found := inline.FindString(body(t, r)); found != "" {
			t.Errorf("%s has %q", p, found)
		}
		policy := r.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "script-src 'self' 'wasm-unsafe-eval';", "style-src 'self';", "connect-src 'self' ws://example.com wss://example.com;", "object-src 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: no %q in %q", p, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "'unsafe-eval'") {
			t.Errorf("%s: %q", p, policy)
		}
	}
}

func TestHostIsCopiedOnlyWhenPlain(t *testing.T) {
	s := rendered(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "a; script-src *"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if p := w.Header().Get("Content-Security-Policy"); strings.Contains(p, "script-src *") {
		t.Error(p)
	}
}

var address = regexp.MustCompile(` (?:href|src)="([^"#]+)"`)

// crawl follows every address of every page of a site at root, and fails on
// one that leads nowhere, or that begins with a slash: it would leave a
// site hosted beneath a path.
func crawl(t *testing.T, h http.Handler, root string) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	seen := map[string]bool{}
	next := []string{root}
	for _, l := range lab.All {
		next = append(next, root+"lab/"+l.ID)
	}
	for len(next) > 0 {
		p := next[0]
		next = next[1:]
		if seen[p] {
			continue
		}
		seen[p] = true
		r, err := server.Client().Get(server.URL + p)
		if err != nil {
			t.Fatal(err)
		}
		html := body(t, r)
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Errorf("%s: status %d", p, r.StatusCode)
		}
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range address.FindAllStringSubmatch(html, -1) {
			u, err := r.Request.URL.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
			switch {
			case err != nil || strings.HasPrefix(m[1], "/"):
				t.Errorf("%s has the address %q (%v)", p, m[1], err)
			case u.Host == r.Request.URL.Host:
				next = append(next, u.RequestURI())
			}
		}
	}
	if len(seen) < len(lab.All)+5 {
		t.Errorf("only %d addresses are reached from %s", len(seen), root)
	}
}

func TestAddressesLeadSomewhere(t *testing.T) {
	crawl(t, rendered(t), "/")
}

func TestFilesOfTheApp(t *testing.T) {
	s := rendered(t)
	for p, contentType := range map[string]string{
		"/start.js": "text/javascript", "/app.js": "text/javascript", "/wasm_exec.js": "text/javascript", "/app-worker.js": "text/javascript",
		"/app.css": "text/css", "/web/app.css": "text/css", "/manifest.webmanifest": "application/manifest+json",
		"/web/icon.svg": "image/svg+xml", "/web/app.wasm": "application/wasm",
	} {
		r := ask(s, "GET", p)
		if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), contentType) {
			t.Errorf("%s: status %d, type %q", p, r.StatusCode, r.Header.Get("Content-Type"))
		}
		if b := body(t, r); strings.Contains(b, "{{") && p != "/wasm_exec.js" {
			t.Errorf("%s has an unfilled place", p)
		}
	}
	if js := body(t, ask(s, "GET", "/app.js")); !strings.Contains(js, `goappWasmContentLength = "`+strconv.Itoa(len(wasm))+`"`) {
		t.Error("app.js doesn't know how long app.wasm is")
	}
	if js := body(t, ask(s, "GET", "/app-worker.js")); strings.Contains(js, `addEventListener("fetch"`) {
		t.Error("the service worker answers requests: pages could be stale")
	}
}

func TestEncodings(t *testing.T) {
	s := rendered(t)
	unzip := func(r io.Reader) io.Reader {
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	for _, tt := range []struct {
		accept, encoding string
		decode           func(io.Reader) io.Reader
	}{
		{"", "", func(r io.Reader) io.Reader { return r }},
		{"deflate", "", func(r io.Reader) io.Reader { return r }},
		{"br;q=0, gzip; q=0.0", "", func(r io.Reader) io.Reader { return r }},
		{"gzip", "gzip", unzip},
		{"br;q=0, GZIP;q=0.5", "gzip", unzip},
		{"gzip, deflate, br, zstd", "br", func(r io.Reader) io.Reader { return brotli.NewReader(r) }},
	} {
		r := ask(s, "GET", "/web/app.wasm", "Accept-Encoding", tt.accept)
		raw := body(t, r)
		if r.Header.Get("Content-Encoding") != tt.encoding || r.Header.Get("Content-Length") != strconv.Itoa(len(raw)) || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v with %d bytes", tt.accept, r.Header, len(raw))
		}
		got, err := io.ReadAll(tt.decode(strings.NewReader(raw)))
		if err != nil || !bytes.Equal(got, wasm) {
			t.Errorf("%q: %d bytes, %v", tt.accept, len(got), err)
		}
		head := ask(s, "HEAD", "/web/app.wasm", "Accept-Encoding", tt.accept)
		if n := len(body(t, head)); n != 0 || head.Header.Get("Content-Length") != r.Header.Get("Content-Length") {
			t.Errorf("%q: HEAD has %d bytes, %v", tt.accept, n, head.Header)
		}
		again := ask(s, "GET", "/web/app.wasm", "Accept-Encoding", tt.accept, "If-None-Match", `"x", W/`+r.Header.Get("Etag"))
		if again.StatusCode != 304 || body(t, again) != "" {
			t.Errorf("%q: status %d for what the browser has", tt.accept, again.StatusCode)
		}
	}
	br, gz := ask(s, "GET", "/web/app.wasm", "Accept-Encoding", "br"), ask(s, "GET", "/web/app.wasm", "Accept-Encoding", "gzip")
	if br.Header.Get("Etag") == gz.Header.Get("Etag") {
		t.Error("two encodings share an ETag")
	}
}

// Only an address that names the content's version may be kept without asking.
func TestCaching(t *testing.T) {
	s := rendered(t)
	m := regexp.MustCompile(`new URL\("(web/app.wasm\?v=\w+)"`).FindStringSubmatch(body(t, ask(s, "GET", "/start.js")))
	if m == nil {
		t.Fatal("start.js loads app.wasm from elsewhere")
	}
	for target, kept := range map[string]bool{"/" + m[1]: true, "/web/app.wasm": false, "/web/app.wasm?v=0": false, "/": false, "/app.js": false} {
		c := ask(s, "GET", target).Header.Get("Cache-Control")
		if strings.Contains(c, "immutable") != kept || !kept && c != "no-cache" {
			t.Errorf("%s: Cache-Control %q", target, c)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	s := rendered(t)
	if r := ask(s, "POST", "/"); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
}

// Without app.wasm the pages say so, and the assets are there.
func TestUnbuilt(t *testing.T) {
	s, err := newSite(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Built() {
		t.Error("Built")
	}
	for _, p := range pagePaths() {
		r := ask(s, "GET", p)
		if html := body(t, r); r.StatusCode != 503 || !strings.Contains(html, "<code>make</code>") {
			t.Errorf("%s: status %d %q", p, r.StatusCode, html)
		}
	}
	if r := ask(s, "GET", "/web/app.css"); r.StatusCode != 200 {
		t.Errorf("/web/app.css: status %d", r.StatusCode)
	}
	if err := s.Export(nil, t.TempDir()); err != ErrNotBuilt {
		t.Errorf("Export: %v", err)
	}
}
