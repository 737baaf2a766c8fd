package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"sockscope/web/browser"
	"sockscope/web/site"
)

// plainFiles hosts the site as plain files, beneath a path, and returns the
// address of its home page.
func plainFiles(t *testing.T) (home, origin string) {
	t.Helper()
	pages, err := site.New()
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
	b := browser.Start(t)
	home, origin := plainFiles(t)
	_, strict := start(t)
	cmd, own := start(t, "-allow-origin="+origin)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()

	tab := b.Private(t, home+"lab/echo", browser.Desk)
	tab.Expect("ERR_CONNECTION_REFUSED")
	tab.Expect("WebSocket connection to")
	tab.Expect("426") // the page asks unseen whether anything answers
	tab.WaitText(".status", "no relay")
	tab.WaitText(".state", "a recording")
	tab.Click(".near button")
	tab.WaitText("#near .cmd", "relay -allow-origin "+origin)
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
	link(own, "Linked")
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
	phone.Expect("WebSocket connection to")
	phone.WaitText(".status", "no relay")
	phone.Click(".near button")
	fits(phone)
	phone.Shot("near-phone")
}

// A relay without a native server says so, and its pages play recordings.
func TestRelayWithoutANativeServer(t *testing.T) {
	b := browser.Start(t)
	_, address := start(t, "-server=none")
	tab := b.Open(t, "http://"+address+"/lab/select", browser.Desk)
	tab.WaitText(".status", "no server for this page")
	tab.WaitText(".say", "started without a native server: it plays recordings")
	tab.WaitText(".state", "a recording")
	tab.Key("w")
	tab.Wait(`document.querySelector(".pos b").textContent !== "0"`)
	tab.Shot("no-server")
}
