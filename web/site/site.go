// Package site serves the pages of Sockscope: the prerendered HTML, app.wasm,
// and the assets.
//
// Everything is a [file] made when the program starts, under one address
// each. Serving is a lookup: nothing that a visitor sends is parsed, rendered
// or compressed, and no request costs more than the bytes of its answer. The
// same files, written to a folder, are the site for plain hosting; see [Site.Export].
//
// Every address within the files is relative, or worked out from where app.js
// was loaded, so that the site also works beneath a path such as /sockscope/.
package site

import (
	"bytes"
	_ "embed"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"sockscope/server/lab"
	"sockscope/web"
	"sockscope/web/assets"
	"sockscope/web/visit"
)

//go:embed notfound.html
var notFoundHTML []byte

//go:embed unbuilt.html
var unbuiltHTML []byte

// Site is an http.Handler for every address of the site. It answers 404 to
// any other, and 503 to its pages in a binary that was built without app.wasm.
type Site struct {
	// Framers are the origins, beside this one, whose pages may have the site's in a
	// frame: "https://example.org". It is set before the first request.
	Framers []string

	files    map[string]*file // by the address's path
	pages    []page
	built    bool
	notFound *file
	unbuilt  *file

	// offline is the page that is one file, without a trace; carrier is that as a file of
	// the site. They are made when somebody asks for them.
	offline func() ([]byte, error)
	carrier func() *file
}

// page is one page as go-app renders it, with addresses that begin with "/".
type page struct {
	path string
	html []byte
}

// New renders the pages and takes in the assets.
func New() (*Site, error) { return newSite(built) }

func newSite(built fs.FS) (*Site, error) {
	s := &Site{
		files:    map[string]*file{},
		notFound: newFile("404.html", notFoundHTML),
		unbuilt:  newFile("503.html", unbuiltHTML),
	}
	s.offline = sync.OnceValues(s.makeOffline)
	s.carrier = sync.OnceValue(func() *file {
		page, err := s.offline()
		if err != nil {
			return nil
		}
		return newFile(visit.OfflinePage, page)
	})
	if err := s.addAssets(); err != nil {
		return nil, err
	}
	wasm, err := builtWasm(built)
	if errors.Is(err, fs.ErrNotExist) {
		for _, p := range pagePaths() {
			s.files[p] = s.unbuilt
		}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.built = true
	s.files["/web/app.wasm"] = wasm

	web.Routes()
	shell, err := render(s.files, pagePaths())
	if err != nil {
		return nil, err
	}
	for name, data := range shell.files {
		s.files[name] = newFile(name, data)
	}
	s.pages = shell.pages
	for _, p := range s.pages {
		s.files[p.path] = s.pageFile(&p)
	}
	return s, nil
}

// pageFile is a page as it is served.
func (s *Site) pageFile(p *page) *file {
	return newFile("index.html", relative(p.html, strings.Count(p.path, "/")-1))
}

// Built reports whether app.wasm is in this binary.
func (s *Site) Built() bool { return s.built }

// ServeHTTP serves the file at the request's path.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurity(w.Header(), r.Host, s.Framers)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this address answers GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	f, ok := s.files[r.URL.Path]
	if r.URL.Path == visit.OfflinePage {
		f = s.carrier()
		ok = f != nil
	}
	near := s.nearby(r.URL.Path)
	switch {
	case !ok && near != "":
		if r.URL.RawQuery != "" && !strings.Contains(near, "#") {
			near += "?" + r.URL.RawQuery
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", near)
		w.WriteHeader(http.StatusMovedPermanently)
	case !ok:
		s.notFound.serve(w, r, http.StatusNotFound)
	case f == s.unbuilt:
		f.serve(w, r, http.StatusServiceUnavailable)
	default:
		f.serve(w, r, http.StatusOK)
	}
}

// lists are, by a folder of pages, where the home page has its list.
var lists = map[string]string{"/lab": "#labs", "/watch": "#own"}

// nearby returns, relative to an address that is none, the one that is meant:
// that of the list for a folder of pages, and that of a page for the same with
// a slash behind it; "" for none. (http.Redirect would make it begin with "/",
// which is wrong beneath a path.)
func (s *Site) nearby(at string) string {
	switch page := strings.TrimSuffix(at, "/"); {
	case at == page && lists[at] != "":
		return "./" + lists[at]
	case lists[page] != "":
		return "../" + lists[page]
	case page != at && page != "" && s.files[page] != nil && path.Ext(page) == "":
		return "../" + path.Base(page)
	}
	return ""
}

// pagePaths lists the addresses of the pages.
func pagePaths() []string {
	paths := []string{"/"}
	for _, l := range lab.All {
		paths = append(paths, "/lab/"+l.ID)
	}
	for _, l := range lab.Standing {
		paths = append(paths, "/watch/"+l.Server())
	}
	return append(paths, visit.Path(lab.Hand), visit.Path(lab.Yours))
}

func (s *Site) addAssets() error {
	return fs.WalkDir(assets.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".go" || path.Ext(name) == ".md" {
			return err // for those who read the sources
		}
		data, err := assets.Files.ReadFile(name)
		if err != nil {
			return err
		}
		s.files["/web/"+name] = newFile(name, data)
		return nil
	})
}

var rooted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`( (?:href|src)=")/([^/"][^"]*)?"`) })

// relative makes the addresses in a page relative, for a page that lies depth
// folders beneath the site's root.
func relative(html []byte, depth int) []byte {
	up := "./"
	if depth > 0 {
		up = strings.Repeat("../", depth)
	}
	return rooted().ReplaceAll(bytes.Clone(html), []byte(`${1}`+up+`${2}"`))
}
