package site

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// plainHost is a host name or address with an optional port: what may be
// copied into a header.
var plainHost = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9.\-\[\]:]+$`) })

// setSecurity sets the headers that confine the pages to this site.
//
// 'wasm-unsafe-eval' lets WebAssembly be compiled and nothing be evaluated. In
// connect-src, 'self' alone leaves out WebSockets in older browsers, so the
// host is named once more with their schemes. The framers are further origins whose pages
// may have these in a frame.
func setSecurity(h http.Header, host string, framers []string) {
	sockets := ""
	if plainHost().MatchString(host) {
		sockets = " ws://" + host + " wss://" + host
	}
	h.Set("Content-Security-Policy", "default-src 'self'; "+
		"script-src 'self' 'wasm-unsafe-eval'; "+
		"style-src 'self'; "+
		"img-src 'self' data:; "+
		"connect-src 'self'"+sockets+"; "+
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "+strings.Join(append([]string{"'self'"}, framers...), " "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}
