package site

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockscope/web/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Run(m)) }

// export writes a site with the entry page of this repository.
func export(t *testing.T, s *Site) string {
	t.Helper()
	entry, err := os.ReadFile("../../index.html")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Export(entry, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The same files work at a host's root and beneath a path.
func TestExport(t *testing.T) {
	dir := export(t, rendered(t))
	files := http.FileServer(http.Dir(dir))
	t.Run("at the root", func(t *testing.T) { crawl(t, files, "/") })
	t.Run("beneath a path", func(t *testing.T) { crawl(t, http.StripPrefix("/sockscope", files), "/sockscope/") })

	html, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(html), "make dist") || !strings.Contains(string(html), `id="app-wasm-loader"`) {
		t.Errorf("the entry page isn't the home page:\n%s", html)
	}
	for _, name := range []string{"web/app.wasm", "web/app.wasm.br", "web/app.wasm.gz", "manifest.webmanifest", "lab/echo/index.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestEntryPageNeedsItsElements(t *testing.T) {
	if err := rendered(t).Export([]byte("<p>Hello"), t.TempDir()); err == nil {
		t.Error("an entry page without head and body is taken")
	}
}

// In a browser the app takes over from each page, at the served site and at
// the exported one, and neither the policy nor a missing file complains.
func TestInBrowser(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if !s.Built() {
		t.Skip("needs app.wasm: make builds it")
	}
	chromium := browser.Start(t)
	files := http.FileServer(http.Dir(export(t, s)))
	for _, tt := range []struct {
		name, root string
		handler    http.Handler
	}{
		{"served", "/", s},
		{"exported", "/", files},
		{"exported beneath a path", "/sockscope/", http.StripPrefix("/sockscope", files)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			t.Cleanup(server.Close) // after the tabs, which go on asking for a relay
			for _, page := range []string{"", "lab/echo"} {
				tab := chromium.Open(t, server.URL+tt.root+page, browser.Desk)
				if tt.name == "served" { // plain files don't look for one beside them
					tab.Expect("/relay/") // there is none here, and the page has its own word for it
					tab.Expect("405")
				}
				if path := tab.Eval(`location.pathname`); path != tt.root+page {
					t.Errorf("%s is shown at %s", tt.root+page, path)
				}
				// The app has taken over: its links stay beneath the site's root.
				if out := tab.Eval(`[...document.querySelectorAll("a[href]")].map(a => new URL(a.href)).filter(u => u.origin === location.origin && !u.pathname.startsWith("` + tt.root + `")).join(" ")`); out != "" {
					t.Errorf("%s leads to %s", tt.root+page, out)
				}
			}
			if tt.name != "served" {
				tab := chromium.Open(t, server.URL+tt.root+"lab/echo/index.html", browser.Desk)
				tab.WaitText("h1", "echo")
				if path := tab.Eval(`location.pathname`); path != tt.root+"lab/echo" {
					t.Errorf("its index.html is shown at %s", path)
				}
			}
		})
	}
}
