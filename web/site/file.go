package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// file is one answer of the site, in every encoding there is of it.
type file struct {
	contentType string
	version     string // of the content, for the ETag and for ?v=
	size        int    // of the plain content, in bytes
	plain       []byte // nil when only the compressed ones are kept
	gzip        []byte // may be nil
	brotli      []byte // may be nil
}

var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
}

// newFile returns a file whose type follows from its name.
func newFile(name string, data []byte) *file {
	f := &file{
		contentType: contentTypes[path.Ext(name)],
		version:     hash(data),
		size:        len(data),
		plain:       data,
	}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if path.Ext(name) == ".bin" { // it is packed
		return f
	}
	if z := zip(data); len(z) < len(data)*9/10 {
		f.gzip = z
	}
	return f
}

func zip(data []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // errs only on an unknown level
	w.Write(data)
	w.Close()
	return out.Bytes()
}

// hash shortens SHA-256 to 64 bits: it tells versions of a file apart and
// keeps no secret.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// serve answers with the best encoding that the client takes. A request that
// names the file's version in ?v= may keep the answer for ever; any other asks
// again each time and is told when nothing changed (RFC 9111, RFC 9110
// section 13.1.2).
func (f *file) serve(w http.ResponseWriter, r *http.Request, status int) {
	body, encoding := f.plain, ""
	switch {
	case f.brotli != nil && accepts(r.Header, "br"):
		body, encoding = f.brotli, "br"
	case f.gzip != nil && accepts(r.Header, "gzip"):
		body, encoding = f.gzip, "gzip"
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	if f.gzip != nil || f.brotli != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	if status == http.StatusOK {
		etag := `"` + strings.TrimSuffix(f.version+"-"+encoding, "-") + `"`
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		if r.URL.RawQuery == "v="+f.version {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		if matches(r.Header.Get("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	} else {
		h.Set("Cache-Control", "no-store")
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if body == nil {
		f.serveUnzipped(w, r, status)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// serveUnzipped is for the rare client that takes neither encoding.
func (f *file) serveUnzipped(w http.ResponseWriter, r *http.Request, status int) {
	w.Header().Set("Content-Length", strconv.Itoa(f.size))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if z, err := gzip.NewReader(bytes.NewReader(f.gzip)); err == nil {
		io.Copy(w, z)
	}
}

// accepts reports whether a request's Accept-Encoding names the coding with a
// weight above 0 (RFC 9110 section 12.5.3). A bare * isn't taken as a wish.
func accepts(h http.Header, coding string) bool {
	for _, value := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(value, ",") {
			name, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), coding) {
				continue
			}
			weight, has := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			if !has {
				return true
			}
			q, err := strconv.ParseFloat(weight, 64)
			return err == nil && q > 0
		}
	}
	return false
}

// matches reports whether an If-None-Match header lists the ETag, weakly
// compared (RFC 9110 section 8.8.3.2).
func matches(header, etag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == etag {
			return true
		}
	}
	return false
}
