package site

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"

	"sockscope/web/visit"
)

// MaxOffline is how many bytes a trace may have to go into a page of its own: a browser
// takes the page apart as a whole.
const MaxOffline = 16 << 20

//go:embed offline.js
var offlineJS []byte

// Offline returns a page that is one file and plays a trace: the app is in it, and it
// takes nothing from anywhere.
func (s *Site) Offline(trace []byte) ([]byte, error) {
	if len(trace) > MaxOffline {
		return nil, fmt.Errorf("this trace has %d MiB, and a page of its own takes %d", len(trace)>>20, MaxOffline>>20)
	}
	page, err := s.offline()
	if err != nil {
		return nil, err
	}
	return visit.Carry(page, trace)
}

// makeOffline puts the app into one page. Its policy allows the scripts and the style
// sheets that are in it, by their hashes, and nothing from anywhere.
func (s *Site) makeOffline() ([]byte, error) {
	if !s.built {
		return nil, ErrNotBuilt
	}
	app := s.files["/app.js"].plain
	for old, new := range map[string]string{
		base:                            `const siteBase = "/";` + "\n",
		"\ngoappInitServiceWorker();\n": "\n", // a file has none
	} {
		if bytes.Count(app, []byte(old)) != 1 {
			return nil, fmt.Errorf("app.js doesn't have once: %.60s", old)
		}
		app = bytes.Replace(app, []byte(old), []byte(new), 1)
	}
	policy := "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"
	elements := func(tag, directive string, contents ...[]byte) (html string) {
		for i, c := range contents {
			if bytes.Contains(bytes.ToLower(c), []byte("</"+tag)) {
				panic("a script or style sheet would end before its end")
			}
			if i == 0 {
				policy += "; " + directive
			}
			sum := sha256.Sum256(c)
			policy += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			html += "<" + tag + ">" + string(c) + "</" + tag + ">\n"
		}
		return html
	}
	var assets struct{ css, js [][]byte }
	for _, name := range topLevel(s.files, ".css") {
		assets.css = append(assets.css, s.files[name].plain)
	}
	for _, name := range topLevel(s.files, ".js") {
		assets.js = append(assets.js, s.files[name].plain)
	}
	styles := elements("style", "style-src", append([][]byte{s.files["/app.css"].plain}, assets.css...)...)
	scripts := elements("script", "script-src 'wasm-unsafe-eval'", append(assets.js, s.files["/wasm_exec.js"].plain, append(offlineJS, app...))...)
	var page strings.Builder
	page.WriteString(`<!doctype html>
<html lang="en" data-alone>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="` + policy + `">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + Name + `</title>
<link rel="icon" href="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(s.files["/web/icon.svg"].plain) + `">
` + styles + visit.TracePlace + `</script>
<script type="text/plain" id="wasm">` + base64.StdEncoding.EncodeToString(s.files["/web/app.wasm"].gzip) + `</script>
</head>
<body>
<div><noscript>This page plays a run with JavaScript, which is switched off.</noscript></div>
<aside id="app-wasm-loader"><p id="app-wasm-loader-label"></p><i id="app-wasm-loader-icon"></i></aside>
` + scripts + `</body>
</html>
`)
	return []byte(page.String()), nil
}
