package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"

	_ "embed"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Name and Description introduce the site, in the pages' heads and in the
// manifest.
const (
	Name        = "Sockscope"
	Description = "Real socket programs on a real kernel: see every call they make, when it sleeps, and what wakes it."
)

//go:embed worker.js
var workerJS string

//go:embed start.js
var startJS string

// shell is what go-app makes of the site: the pages, and the files that start
// app.wasm in the browser.
type shell struct {
	pages []page
	files map[string][]byte
}

// render has go-app's own handler render each page and each file once. The
// handler never sees a visitor's request: it quotes attributes in a way that
// text from outside could break out of, so none is given to it, and a page's
// query is the business of the browser.
func render(files map[string]*file, pages []string) (*shell, error) {
	h := &app.Handler{
		Name:                  Name,
		Title:                 Name,
		Description:           Description,
		Icon:                  app.Icon{Default: "/web/icon.svg", Large: "/web/icon.svg", SVG: "/web/icon.svg", Maskable: "/web/icon.svg"},
		BackgroundColor:       "#f3efe6",
		ThemeColor:            "#f3efe6",
		LoadingLabel:          "loading",
		Resources:             versioned(files),
		ServiceWorkerTemplate: workerJS,
		Version:               version(files),
		WasmContentLength:     strconv.Itoa(files["/web/app.wasm"].size),
	}
	for _, name := range topLevel(files, ".css") {
		h.Styles = append(h.Styles, h.Resources.Resolve(name))
	}
	for _, name := range topLevel(files, ".js") {
		h.Scripts = append(h.Scripts, h.Resources.Resolve(name))
	}

	wasm := h.Resources.Resolve("/web/app.wasm")
	s := &shell{files: map[string][]byte{
		"/manifest.webmanifest": manifest(),
		"/start.js":             []byte(strings.Replace(startJS, "{{.Wasm}}", wasm[1:], 1)),
	}}
	// It is on its way before there is a script that asks for it.
	start := `<link rel="preload" as="fetch" type="application/wasm" crossorigin href="` + wasm + `">
    <script src="/start.js"></script>`
	for _, name := range []string{"/app.js", "/app.css", "/app-worker.js", "/wasm_exec.js"} {
		data, err := get(h, name)
		if err != nil {
			return nil, err
		}
		s.files[name] = data
	}
	var err error
	if s.files["/app.js"], err = anywhere(s.files["/app.js"], wasm); err != nil {
		return nil, err
	}
	for _, p := range pages {
		html, err := get(h, p)
		if err != nil {
			return nil, err
		}
		const head = `<meta charset="UTF-8">`
		if bytes.Count(html, []byte(head)) != 1 {
			return nil, fmt.Errorf("page %s: go-app begins it in another way than render knows", p)
		}
		html = bytes.Replace(html, []byte(head), []byte(head+"\n    "+start), 1)
		s.pages = append(s.pages, page{p, homeless().ReplaceAll(html, nil)})
	}
	return s, nil
}

// homeless matches the Open Graph elements that go-app fills with the site's
// domain. The site doesn't know where it is hosted, and says nothing instead.
var homeless = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s*<meta [^>]*property="og:(?:url|image)"[^>]*>`) })

// versioned resolves addresses as go-app's LocalDir does, and adds to a file
// its version, so that a browser may keep it until it changes.
type versioned map[string]*file

func (v versioned) Resolve(location string) string {
	if f := v[location]; f != nil && strings.HasPrefix(location, "/web/") {
		return location + "?v=" + f.version
	}
	return location
}

// version names everything that the browser loads, together.
func version(files map[string]*file) string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	var all bytes.Buffer
	for _, name := range names {
		fmt.Fprintln(&all, name, files[name].version)
	}
	return hash(all.Bytes())
}

// topLevel lists the files with the extension that lie directly in /web/.
func topLevel(files map[string]*file, ext string) []string {
	var names []string
	for name := range files {
		if path.Dir(name) == "/web" && path.Ext(name) == ext {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// manifest is the web app manifest. Its addresses are relative to its own.
func manifest() []byte {
	m := map[string]any{
		"name": Name, "short_name": Name, "description": Description,
		"start_url": "./", "scope": "./", "display": "standalone",
		"background_color": "#f3efe6", "theme_color": "#f3efe6",
		"icons": []map[string]string{{"src": "web/icon.svg", "type": "image/svg+xml", "sizes": "any", "purpose": "any"}},
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // a map of strings
	}
	return append(data, '\n')
}

// base finds the site's root from where this script came, and makes the page's
// relative addresses whole: the app moves to other pages without loading them,
// and what is loaded later would be looked for beside the new address. A page
// hosted as a folder has an address that ends in a slash or in index.html, which no
// route has: they go.
const base = `const siteBase = new URL(".", document.currentScript.src).pathname;
for (const e of document.querySelectorAll("a[href], link[rel=manifest], link[rel~=icon], link[rel=apple-touch-icon]")) e.href = e.href;
for (const e of document.querySelectorAll("img[src]")) e.src = e.src;
let page = location.pathname.replace(/\/index\.html$/, "/");
if (page !== siteBase && page.endsWith("/")) page = page.slice(0, -1);
if (page !== location.pathname) history.replaceState(null, "", page + location.search + location.hash);
`

// anywhere rewrites go-app's app.js, which has the addresses of one place in
// it, to work wherever it is loaded from. It takes app.wasm from start.js.
func anywhere(js []byte, wasm string) ([]byte, error) {
	for _, r := range []struct{ old, new string }{
		{`fetchWithProgress("` + wasm + `", showProgress)`, "siteWasm()"},
		{"let instantiateStreaming = WebAssembly.instantiateStreaming;", "let instantiateStreaming = async (module, imports) => ({ instance: await WebAssembly.instantiate(await module, imports) });"},
		{"    go.run(wasm.instance);\n", "    await siteShown;\n    go.run(wasm.instance);\n"},
		{`"GOAPP_ROOT_PREFIX":"/"`, `"GOAPP_ROOT_PREFIX":siteBase`},
		{`"GOAPP_STATIC_RESOURCES_URL":"/web"`, `"GOAPP_STATIC_RESOURCES_URL":siteBase+"web"`},
		{`"/app-worker.js"`, `siteBase + "app-worker.js"`},
	} {
		if n := bytes.Count(js, []byte(r.old)); n != 1 {
			return nil, fmt.Errorf("go-app's app.js has %s %d times instead of once: this version of go-app is another than anywhere knows", r.old, n)
		}
		js = bytes.Replace(js, []byte(r.old), []byte(r.new), 1)
	}
	return append([]byte(base), js...), nil
}

// get asks a handler for a path, without a connection.
func get(h http.Handler, path string) ([]byte, error) {
	w := &answer{status: http.StatusOK, header: http.Header{}}
	h.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}, Host: "localhost"})
	if w.status != http.StatusOK {
		return nil, fmt.Errorf("page %s: status %d: %w", path, w.status, errors.New(strings.TrimSpace(w.body.String())))
	}
	return w.body.Bytes(), nil
}

// answer keeps what a handler writes.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
