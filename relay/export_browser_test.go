package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// A page of its own plays from a folder, whatever the folder is called, and asks nobody for
// anything: its policy would complain.
func TestOfflinePage(t *testing.T) {
	t.Parallel()
	chromium := browser.Start(t)
	pages, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	if !pages.Built() {
		t.Skip("needs app.wasm: make builds it")
	}
	name := filepath.Join(t.TempDir(), "a folder, ü%", "my run.html")
	if err := os.Mkdir(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := exported(t, "", "-as", "html", "-o", name, recordingsDir+"select.trace"); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(page) > 6<<20 || !strings.Contains(string(page), `default-src 'none'`) {
		t.Errorf("the page has %d bytes", len(page))
	}
	if m := regexp.MustCompile(`(?:src|href)="(?:[^"d#]|d[^"a])[^"]*"`).Find(page); m != nil {
		t.Errorf("it refers to %s", m)
	}
	trace, err := os.ReadFile(recordingsDir + "select.trace")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := chromium.Open(t, "file://"+strings.ReplaceAll(name, "%", "%25"), v)
		tab.WaitText("h1", "select")
		tab.Wait(`/ of \d\d/.test(document.querySelector(".pos").textContent)`)
		tab.Key(kb.End)
		tab.Wait(`/^(\d+) of \1/.test(document.querySelector(".pos").textContent.trim())`)
		if n := tab.Eval(`performance.getEntriesByType("resource").filter(r => !/^(data|blob):/.test(r.name)).length`); n != "0" {
			t.Errorf("it asked for %s things", n)
		}
		if out := tab.Eval(`[...document.querySelectorAll("a[href]")].map(a => a.href).filter(h => !/^https?:/.test(h)).join(" ")`); out != "" {
			t.Errorf("it leads to %s", out)
		}
		if had := tab.Eval(`document.getElementById("trace").textContent`); had != base64.StdEncoding.EncodeToString(trace) {
			t.Error("the trace in it is another")
		}
		tab.Shot(fmt.Sprintf("offline-%d", v.Width))
	}
}

// A run shows in the frame of a page from elsewhere where a flag allows that, else not.
func TestEmbedding(t *testing.T) {
	t.Parallel()
	course := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>course</title><link rel="icon" href="data:,"><iframe id="f" src="%s/lab/select?embed" width="900" height="560"></iframe>`, r.URL.Query().Get("of"))
	}))
	t.Cleanup(course.Close)
	b, _, base := alone(t, "-frame-ancestors", course.URL)
	tab := b.Open(t, base+"/lab/select?embed", browser.Desk)
	tab.Wait(`document.querySelector(".pos").textContent.includes("of 2")`) // the recording has come
	shows := `[".scope", ".trans", ".p-source", ".bar", ".q", ".walk", ".scopehead", ".p-kernel", ".p-log"].map(s => document.querySelector(s)?.checkVisibility() ? s : "").join("")`
	if got := tab.Eval(shows); got != ".scope.trans.p-source" {
		t.Errorf("embedded it shows %s", got)
	}
	if n := tab.Eval(`performance.getEntriesByType("resource").filter(r => r.name.includes("/relay/")).length`); n != "0" {
		t.Error("it looks for a relay")
	}
	framed := func(base string) *browser.Tab { return b.Open(t, course.URL+"?of="+base, browser.Desk) }
	allowed := framed(base)
	allowed.Wait(`document.getElementById("f").contentDocument === null && frames.length === 1`) // it is another origin's
	other, _, elsewhere := alone(t)
	_ = other
	refused := framed(elsewhere)
	refused.Expect("frame-ancestors")
	refused.Expect("request failed")
	refused.Wait(`frames.length === 1`)
	for base, want := range map[string]string{base: "frame-ancestors 'self' " + course.URL, elsewhere: "frame-ancestors 'self'"} {
		r, err := http.Get(base + "/lab/select?embed")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if policy := r.Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, want) {
			t.Errorf("the policy is %s, want %s", policy, want)
		}
	}
}

// The page's menu gives the same files as the command line.
func TestTakingAway(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t)
	tab := b.Open(t, base+"/lab/echo?embed", browser.Desk) // plays the recording
	tab.Wait(`document.querySelector("#take li button")`)
	tab.Eval(`(() => { window.saved = {}; URL.createObjectURL = (blob) => { blob.text().then((text) => { saved.last = text; }); return "data:,"; };
		HTMLAnchorElement.prototype.click = function () { saved[this.download.slice(this.download.lastIndexOf("."))] = this.href; }; })()`)
	take := func(name string) string {
		tab.Eval(`(() => { saved.last = undefined; [...document.querySelectorAll("#take li button")].find(b => b.textContent === "` + name + `").click(); })()`)
		tab.Wait(`saved.last !== undefined`)
		return tab.Eval(`saved.last`)
	}
	for as, name := range map[string]string{"strace": "strace text", "perfetto": "trace events"} {
		want, _, err := exported(t, "", "-as", as, recordingsDir+"echo.trace")
		if err != nil {
			t.Fatal(err)
		}
		if got := take(name); got != want {
			t.Errorf("%s on the page is\n%.300s\nand by the command line\n%.300s", as, got, want)
		}
	}
	if svg := take("drawing"); !strings.HasPrefix(svg, "<svg xmlns=") || !strings.Contains(svg, ">accept") {
		t.Errorf("%.300s", svg)
	}
	tab.Eval(`[...document.querySelectorAll("#take li button")].find(b => b.textContent === "picture").click()`)
	tab.Wait(`saved[".png"].startsWith("data:image/png")`)
	if page := take("page"); !strings.Contains(page, `data-alone`) || !strings.Contains(page, `id="trace">AAA`) {
		t.Errorf("the page has %d bytes", len(page))
	}
	tab.Eval(`[...document.querySelectorAll(".files button")].find(b => b.textContent === "take it away").click()`)
	tab.Wait(`document.getElementById("take").open && document.getElementById("snippet").value.startsWith("<iframe ")`)
	if text := tab.Eval(`document.getElementById("snippet").value`); !strings.Contains(text, `src="`+base+`/lab/echo?embed`) {
		t.Error(text)
	}
}
