package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Imports point one way. The table says which packages must not reach which,
// by however many steps; a name that ends in "/..." stands for all beneath it
// but the package itself.
func TestImports(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	const (
		ours   = "sockscope/..."
		demo   = "sockscope/server/demo/..."
		socket = "sockscope/server/socket"
		run    = "sockscope/server/run"
		proc   = "sockscope/server/process"
		labs   = "sockscope/server/lab"
		relay  = "sockscope/relay/..."
		web    = "sockscope/web/..."
		goApp  = "github.com/maxence-charriere/..."
	)
	for _, rule := range []struct {
		pkg     string
		js      bool // as built for the browser
		mustNot []string
		why     string
	}{
		{"./server/trace", false, []string{ours, "net", "golang.org/x/sys/..."}, "the event model is for every part, and compiles everywhere"},
		{"./server/trace/strace", false, []string{demo, socket, run, labs, web, relay, "sockscope/server/ring", "net", "golang.org/x/sys/..."}, "strace's text is read and written wherever events are"},
		{"./server/packet", false, []string{ours, "net", "golang.org/x/sys/..."}, "packets are read wherever events are"},
		{"./server/capture", false, []string{demo, socket, labs, proc, run, web, relay}, "who captures packets knows no program"},
		{"./server/ring", false, []string{demo, socket, run, labs, web, relay, "net", "golang.org/x/sys/..."}, "the ring knows memory, not who maps it"},
		{"./server/socket", false, []string{demo, run, labs, web, relay}, "the socket calls know who traces them, not who makes them"},
		{"./server/socket", false, []string{"net"}, "package net's poller would hide what blocks"},
		{"./server/console", false, []string{ours, "golang.org/x/sys/..."}, "a machine and its page have the same console, and one of them is in a browser"},
		{"./server/knob", false, []string{ours, "golang.org/x/sys/..."}, "labs and programs take their knobs from it, and it compiles everywhere"},
		{"./server/byhand", false, []string{demo, socket, run, labs, web, relay, "net", "golang.org/x/sys/..."}, "the page offers what the run checks by it"},
		{"./server/demo", false, []string{run, labs, web, relay}, "a program is what a learner reads; which may use package net is TestSourcesReadLikeATextbook's business"},
		{"./server/told", false, []string{demo, run, labs, web, relay}, "who tells knows neither the programs nor who listens"},
		{"./server/scaling", false, []string{demo, run, labs, web, relay}, "what is measured is sockets and raw waits, nothing else"},
		{"./server/confine", false, []string{demo, socket, labs, proc, run, web, relay}, "what sets a process apart doesn't know what the process does"},
		{"./server/sockdiag", false, []string{demo, socket, labs, proc, run, web, relay}, "the kernel's table is nobody's"},
		{"./server/witness", false, []string{demo, labs, proc, run, web, relay}, "who watches from outside knows no program"},
		{"./server/agent", false, []string{demo, labs, proc, run, web, relay}, "an agent makes any call, for any run"},
		{"./server/process", false, []string{run, web, relay, "net/http"}, "a process doesn't know the run that it is part of"},
		{"./web/plot", false, []string{goApp, "net"}, "the layout is tested without a browser"},
		{"./server/lab", false, []string{demo, socket, proc, run, web, relay}, "a lab is data, for the browser too"},
		{"./server/run", false, []string{web, relay, goApp}, "the native side serves any client"},
		{"./server", false, []string{web, relay, goApp, "net/http"}, "the native server speaks TCP"},
		{"./relay/bridge", false, []string{ours}, "the bridge carries bytes, and can't know events"},
		{"./relay", false, []string{"net/http/pprof", "github.com/andybalholm/...", "github.com/chromedp/..."}, "the tools of the build and the tests stay out of what people run"},
		{"./web", false, []string{demo, socket, proc, run, relay, "sockscope/server/ring", "sockscope/web/site", "sockscope/web/browser"}, "the pages compile to WebAssembly, and are served, tested by others"},
		{"./web/play", false, []string{goApp, "net", "sockscope/web/play/audit"}, "the model of a run is tested without a browser"},
		{"./web/play/audit", false, []string{goApp, "net", run, demo, socket}, "what checks an explanation has nothing but the trace and what was claimed"},
		{"./web/timeline", false, []string{goApp, "net"}, "the layout is tested without a browser"},
		{"./web/words", false, []string{ours}, "what writes a number knows nothing of sockets"},
		{"./web/icon", false, []string{ours}, "a drawing is a constant"},
		{"./web/dom", false, []string{"sockscope/server/...", web}, "an element knows nothing of what it shows"},
		{"./web/visit", false, []string{goApp, demo, socket, proc, run, relay, "sockscope/web/dom", "sockscope/web/pane", "sockscope/web/scope"}, "what a page does is tested without a browser"},
		{"./web/pane", false, []string{"sockscope/web", "sockscope/web/scope"}, "a pane draws what it is given, on any page"},
		{"./wasm", true, []string{demo, socket, run, relay, "sockscope/web/site", "sockscope/web/browser", "sockscope/web/assets"}, "none of it can run in a browser"},
		{"./wasm", true, []string{"text/template", "html/template"}, "with templates the linker keeps every method, and app.wasm doubles"},
		{"./wasm", true, []string{"github.com/fxamacker/..."}, "the page writes and reads its messages by hand: package cbor is 700 KB of app.wasm"},
		{"./wasm", true, []string{"net/http/pprof", "net/http/httptest", "testing", "os/exec", "log/slog", "github.com/andybalholm/...", "github.com/gorilla/...", "github.com/chromedp/..."}, "app.wasm is small"},
	} {
		for _, dep := range deps(t, rule.pkg, rule.js) {
			for _, not := range rule.mustNot {
				if reaches(dep, not, rule.pkg) {
					t.Errorf("%s reaches %s: %s", rule.pkg, dep, rule.why)
				}
			}
		}
	}
}

// reaches reports whether dep is what not names, and isn't pkg itself.
func reaches(dep, not, pkg string) bool {
	if dep == "sockscope"+strings.TrimPrefix(pkg, ".") {
		return false
	}
	if beneath, ok := strings.CutSuffix(not, "/..."); ok {
		return dep == beneath || strings.HasPrefix(dep, beneath+"/")
	}
	return dep == not
}

// deps lists all that a package imports, itself too.
func deps(t *testing.T, pkg string, js bool) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", pkg)
	cmd.Dir = ".."
	if js {
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}
