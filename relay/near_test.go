package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"sockscope/web/browser"
	"sockscope/web/site"
)

// pages are the site that this test binary has inside.
var pages = sync.OnceValues(site.New)

// plainFiles hosts the site as plain files, beneath a path, and returns the
// address of its home page.
func plainFiles(t *testing.T) (home, origin string) {
	t.Helper()
	pages, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	if !pages.Built() {
		t.Skip("needs app.wasm: make builds it")
	}
	entry, err := os.ReadFile("../index.html")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := pages.Export(entry, dir); err != nil {
		t.Fatal(err)
	}
	host := httptest.NewServer(http.StripPrefix("/sockscope", http.FileServer(http.Dir(dir))))
	t.Cleanup(host.Close)
	return host.URL + "/sockscope/", host.URL
}

// A page of plain files links a relay of the visitor's own, and tells one that
// isn't there from one that refuses.
func TestPlainFilesLinkARelayOfOnesOwn(t *testing.T) {
	t.Parallel()
	home, origin := plainFiles(t)
	_, strict := desk(t)
	strict = strings.TrimPrefix(strict, "http://")
	b, cmd, own := alone(t, "-allow-origin="+origin)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()

	tab := b.Private(t, home+"lab/echo", browser.Desk)
	tab.WaitText(".status", "no relay")
	tab.WaitText(".state", "a recording")
	watch := b.Private(t, home+"watch/mux", browser.Desk)
	watch.WaitText(".empty", "These pages are plain files, and no relay is linked.")
	tab.Expect("ERR_CONNECTION_REFUSED")
	tab.Expect("WebSocket connection to")
	tab.Expect("403") // of the strict one
	tab.Click(".near button")
	tab.WaitText("#near .cmd", "relay -allow-origin "+origin)
	tab.WaitText("#near", "make release")
	link := func(address, answer string) {
		t.Helper()
		tab.Eval(`document.querySelector("#near input").select()`)
		tab.Type("#near input", address)
		tab.Click("#near .pri")
		tab.WaitText("#near .said", answer)
	}
	link("example.org:80", "is on this machine")
	link("127.0.0.1:123456", "is on this machine")
	link(nobody.Addr().String(), "Nothing answers at "+nobody.Addr().String())
	tab.Shot("near-absent")
	link(strict, "refuses this page")
	tab.Type("#near input", own+"/")
	tab.Key("\r") // in the field, Enter links too
	tab.WaitText("#near .said", "Linked")
	tab.Shot("near-linked")
	tab.Click("#near h2 button")
	runToEnd(tab)

	tab.Reload()
	live(tab)
	tab.Click("a.brand")
	tab.WaitText(".status", "live")
	tab.Shot("near-home")

	cmd.Process.Kill()
	tab.WaitText(".status", "no relay")
	tab.Click(".near button")
	tab.WaitText("#near .said", "doesn't answer now")
	tab.Click("#near .find button:last-child")
	tab.Wait(`localStorage.getItem("relay") === null`)

	phone := b.Private(t, home, browser.Phone)
	phone.WaitText(".status", "no relay")
	phone.Click(".near button")
	fits(phone)
	phone.Shot("near-phone")
}

// A relay without a native server says so, and its pages play recordings.
func TestRelayWithoutANativeServer(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-server=none")
	tab := b.Open(t, base+"/lab/select", browser.Desk)
	tab.WaitText(".status", "no server for this page")
	tab.WaitText(".say", "started without a native server: it plays recordings")
	tab.WaitText(".state", "a recording")
	tab.Key("w")
	tab.Wait(`document.querySelector(".pos b").textContent !== "0"`)
	tab.Shot("no-server")
	home := b.Open(t, base+"/", browser.Desk)
	home.WaitText(".own", "started without a native server")
	watch := b.Open(t, base+"/watch/mux", browser.Desk)
	watch.WaitText(".empty", "The relay has no server for this page.")
}

// Behind a proxy whose name no flag tells, the page says which flag that is.
func TestAForgottenOriginIsTold(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	address := strings.TrimPrefix(base, "http://")
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	for name, rewrite := range map[string]func(*http.Request){
		"it keeps Host":   func(*http.Request) {},
		"it doesn't":      func(r *http.Request) { r.Host = address },
		"it makes one up": func(r *http.Request) { r.Host = "sockscope:8080" },
	} {
		host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rewrite(r)
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(host.Close)
		tab := b.Open(t, host.URL+"/lab/echo", browser.Desk)
		tab.Expect("WebSocket connection to")
		tab.Expect("403")
		tab.WaitText(".say", "The relay doesn't take pages from "+host.URL+". If this site is hosted there, start the relay with -allow-origin "+host.URL)
		tab.WaitText(".status", "no server for this page")
		tab.WaitText(".state", "a recording")
		if name == "it doesn't" {
			tab.Shot("origin-forgotten")
		}
		tab.Close()
	}
}
