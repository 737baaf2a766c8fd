package scope_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Run(m)) }

// nothing is the page as the server prerenders it.
type nothing struct{ app.Compo }

func (nothing) Render() app.UI { return app.Div() }

var (
	route   sync.Once
	compile = sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "harness")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		out := filepath.Join(dir, "app.wasm")
		build := exec.Command("go", "build", "-o", out, "./testdata/harness")
		build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		if said, err := build.CombinedOutput(); err != nil {
			return said, err
		}
		return os.ReadFile(out)
	})
)

// serve serves the harness and returns its address.
func serve(t testing.TB) string {
	t.Helper()
	wasm, err := compile()
	if err != nil {
		t.Fatalf("%v\n%s", err, wasm)
	}
	route.Do(func() { app.Route("/", func() app.Composer { return &nothing{} }) })
	mux := http.NewServeMux()
	mux.HandleFunc("/web/app.wasm", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/wasm")
		w.Write(wasm)
	})
	mux.HandleFunc("/web/harness.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "testdata/harness/harness.css")
	})
	mux.Handle("/web/", http.StripPrefix("/web/", http.FileServer(http.Dir("../assets"))))
	mux.Handle("/", &app.Handler{
		Name: "harness", Version: "1",
		Scripts: []string{"/web/canvas.js"},
		Styles:  []string{"/web/app.css", "/web/harness.css"},
		Icon:    app.Icon{Default: "/web/icon.svg", Large: "/web/icon.svg", SVG: "/web/icon.svg", Maskable: "/web/icon.svg"},
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}
