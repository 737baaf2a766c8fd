package site

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sockscope/web/visit"
)

// ErrNotBuilt is returned by Export when app.wasm isn't in this binary.
var ErrNotBuilt = errors.New("app.wasm is not built: make builds it")

// Export writes the site into the folder dir as plain files: app.wasm with its
// compressed versions beside it, and each page as an index.html. The entry
// page is given: it gets the home page's head and body. The files work at the
// root of a host and beneath any path of it.
func (s *Site) Export(entry []byte, dir string) error {
	if !s.built {
		return ErrNotBuilt
	}
	for name, f := range s.files {
		if strings.HasSuffix(f.contentType, "html; charset=utf-8") && !strings.HasPrefix(name, "/web/") {
			continue
		}
		if err := f.export(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	if err := s.carrier().export(filepath.Join(dir, filepath.FromSlash(visit.OfflinePage))); err != nil {
		return err
	}
	for _, p := range s.pages {
		// A folder's page has one level more than its address in the served site.
		html := relative(p.html, strings.Count(strings.TrimSuffix(p.path, "/"), "/"))
		if p.path == "/" {
			var err error
			if html, err = fill(entry, html); err != nil {
				return err
			}
		}
		html = bytes.Replace(html, []byte("<head>"), []byte(filesMark), 1)
		if err := write(filepath.Join(dir, filepath.FromSlash(p.path), "index.html"), html); err != nil {
			return err
		}
	}
	return nil
}

// filesMark tells the page that no relay can run beside it, so that it offers to
// link one elsewhere; and it confines the page, since a host of plain files sends
// no headers of ours. Loopback is where a visitor's own relay may be.
const filesMark = `<head>
<meta name="hosting" content="files">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; ` +
	`connect-src 'self' ws://127.0.0.1:* ws://localhost:* wss://127.0.0.1:* wss://localhost:* http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:*; object-src 'none'; base-uri 'none'; form-action 'self'">`

// fill puts the head and the body of a page into the entry page.
func fill(entry, page []byte) ([]byte, error) {
	for _, name := range []string{"head", "body"} {
		before, _, after, ok := element(entry, name)
		_, inner, _, has := element(page, name)
		if !ok || !has {
			return nil, fmt.Errorf("no <%s> in the entry page, or none in the home page", name)
		}
		entry = bytes.Join([][]byte{before, inner, after}, nil)
	}
	return entry, nil
}

// element cuts html around the content of the first element with the name.
func element(html []byte, name string) (before, inner, after []byte, ok bool) {
	open, shut := []byte("<"+name+">"), []byte("</"+name+">")
	from, to := bytes.Index(html, open)+len(open), bytes.Index(html, shut)
	if from < len(open) || to < from {
		return nil, nil, nil, false
	}
	return html[:from], html[from:to], html[to:], true
}

// export writes a file, and app.wasm's compressed versions too, for hosts that
// serve those when they find them.
func (f *file) export(name string) error {
	plain := f.plain
	if plain == nil {
		z, err := gzip.NewReader(bytes.NewReader(f.gzip))
		if err != nil {
			return err
		}
		if plain, err = io.ReadAll(z); err != nil {
			return err
		}
		if err := errors.Join(write(name+".gz", f.gzip), write(name+".br", f.brotli)); err != nil {
			return err
		}
	}
	return write(name, plain)
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
