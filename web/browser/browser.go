// Package browser drives a real Chromium in tests: pages are opened, clicked
// and read as a person would, and everything the page complains of is kept.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Patience is how long a test waits for something that should happen soon, on a
// machine that may be slow.
const Patience = 2 * time.Minute

// Browser is a visitor's Chromium: it knows nothing of what other visitors did.
type Browser struct{ ctx context.Context }

// shared is the one Chromium process of a test binary, and what ends it.
var shared struct {
	sync.Once
	ctx context.Context
	end func()
	err error
}

// Run runs a package's tests and then ends the Chromium that they shared. It
// returns the status to exit with. TestMain calls it, in each package that
// calls Start.
func Run(m *testing.M) (status int) {
	status = m.Run()
	if shared.end != nil {
		shared.end()
	}
	return status
}

// Start gives a test a browser with a cache and a storage of its own. The tests
// of a package share one Chromium process, which the first of them starts.
// With -short, and where there is no Chromium, it skips the test and says why.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser, and -short has none")
	}
	path, err := exec.LookPath("chromium-headless-shell") // a page takes half as long in it: it has no window around it
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err != nil {
		t.Skip("needs Chromium: install Debian's package chromium-headless-shell, or any that puts it or `chromium` on the PATH")
	}
	shared.Do(func() { shared.ctx, shared.end, shared.err = start(path) })
	if shared.err != nil {
		t.Fatalf("%s does not start: %v", path, shared.err)
	}
	ctx, leave := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return &Browser{ctx}
}

func start(path string) (ctx context.Context, end func(), err error) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.WSURLReadTimeout(Patience),
		chromedp.Flag("no-sandbox", os.Getuid() == 0), // Chromium's sandbox refuses to run as root
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	return ctx, func() {
		closeBrowser()
		stop()
	}, chromedp.Do(ctx)
}

// Tab is one page.
type Tab struct {
	testing.TB
	ctx context.Context

	// Close closes the tab before its test ends.
	Close func()

	mu         sync.Mutex
	complaints []string
	expected   []string
}

// View is the size and the colours a tab shows itself in.
type View struct {
	Width, Height int64
	Dark, Touch   bool
}

// The two views every page is judged in.
var (
	Desk  = View{Width: 1440, Height: 900}
	Phone = View{Width: 390, Height: 844, Touch: true}
)

// Open opens url in a new tab and waits until the app has taken over from the
// prerendered page. When the test ends the tab is closed; console errors and
// failed requests fail the test.
func (b *Browser) Open(t testing.TB, url string, v View) *Tab {
	t.Helper()
	return b.open(t, url, v)
}

// Private is Open for a visitor of whom the browser knows nothing: no cache, no
// storage.
func (b *Browser) Private(t testing.TB, url string, v View) *Tab {
	t.Helper()
	return b.open(t, url, v, chromedp.WithNewBrowserContext())
}

func (b *Browser) open(t testing.TB, url string, v View, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, options...)
	tab := &Tab{TB: t, ctx: ctx, Close: closeTab}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning {
				tab.complain("console " + m.String())
			}
		}
	}()
	tab.Resize(v)
	tab.Navigate(url)
	t.Cleanup(func() {
		closeTab()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, c := range tab.complaints {
			t.Errorf("the page complained: %s", c)
		}
	})
	return tab
}

// Expect says that complaints that contain text are part of the test.
func (t *Tab) Expect(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = append(t.expected, text)
	kept := t.complaints[:0]
	for _, c := range t.complaints {
		if !strings.Contains(c, text) {
			kept = append(kept, c)
		}
	}
	t.complaints = kept
}

func (t *Tab) complain(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.expected {
		if strings.Contains(text, e) {
			return
		}
	}
	t.complaints = append(t.complaints, text)
}

func (t *Tab) hear(ev any) {
	switch ev := ev.(type) {
	case *network.EventLoadingFailed:
		if !ev.Canceled { // a navigation cancels what was under way
			t.complain("request failed: " + ev.ErrorText)
		}
	case *network.EventResponseReceived:
		if ev.Response.Status >= 400 {
			t.complain(fmt.Sprintf("%d for %s", ev.Response.Status, ev.Response.URL))
		}
	}
}

// Resize gives the tab another view.
func (t *Tab) Resize(v View) {
	t.Helper()
	var opts []chromedp.EmulateViewportOption
	if v.Touch {
		opts = append(opts, chromedp.EmulateTouch, chromedp.EmulateMobile)
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	t.must(chromedp.EmulateViewport(v.Width, v.Height, opts...))
	t.must(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// Navigate opens url in this tab and waits for the app.
func (t *Tab) Navigate(url string) {
	t.Helper()
	t.Load(url)
	t.WaitApp()
}

// Load opens url in this tab. The app may still have to come.
func (t *Tab) Load(url string) {
	t.Helper()
	t.must(chromedp.Navigate(url))
}

// Before has a script run in each document that comes, before its own.
func (t *Tab) Before(script string) {
	t.Helper()
	t.must(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// Slow lets the page have one so many'th of a processor.
func (t *Tab) Slow(times float64) {
	t.Helper()
	t.must(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: times})
		return err
	}))
}

// Upload chooses a file for the first element of the selector.
func (t *Tab) Upload(selector, file string) {
	t.Helper()
	t.must(chromedp.SetUploadFiles(chromedp.CSS(selector), []string{file}))
}

// Back goes back in the history, Reload loads the page again; both wait for
// the app.
func (t *Tab) Back()   { t.Helper(); t.must(chromedp.NavigateBack()); t.WaitApp() }
func (t *Tab) Reload() { t.Helper(); t.must(chromedp.Reload()); t.WaitApp() }

// WaitApp waits until the WebAssembly has replaced the prerendered page.
func (t *Tab) WaitApp() {
	t.Helper()
	t.Wait(`document.readyState === "complete" && !document.getElementById("app-wasm-loader")`)
}

// Wait waits until the JavaScript expression is true.
func (t *Tab) Wait(expression string) {
	t.Helper()
	poll := chromedp.Poll[bool]("(()=>{try{return !!("+expression+")}catch(e){return false}})()", chromedp.WithPollingTimeout(Patience))
	if _, err := chromedp.Run(t.ctx, poll); err != nil {
		t.Shot("failed")
		t.Fatalf("waited for %s: %v\nthe page says: %.2000s", expression, err, t.Eval(`document.body.innerText`))
	}
}

// WaitText waits until the first element of the selector contains text.
func (t *Tab) WaitText(selector, text string) {
	t.Helper()
	t.Wait(fmt.Sprintf(`document.querySelector(%q).textContent.includes(%q)`, selector, text))
}

// Eval returns what the JavaScript expression gives, as text.
func (t *Tab) Eval(expression string) string {
	t.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Await returns what the promise that the expression gives is fulfilled with,
// as text.
func (t *Tab) Await(expression string) string {
	t.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[string]("("+expression+").then(String)", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Text returns the text of the first element of the selector.
func (t *Tab) Text(selector string) string {
	t.Helper()
	return t.Eval(fmt.Sprintf(`document.querySelector(%q)?.textContent ?? "(no %s)"`, selector, strings.ReplaceAll(selector, `"`, `'`)))
}

// Count returns how many elements the selector finds.
func (t *Tab) Count(selector string) string {
	t.Helper()
	return t.Eval(fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// Click clicks the middle of the first element of the selector, with the mouse.
func (t *Tab) Click(selector string) {
	t.Helper()
	t.Wait(fmt.Sprintf(`document.querySelector(%q)`, selector))
	t.must(chromedp.Click(chromedp.CSS(selector)))
}

// Key presses keys, one after the other; see package kb for those with names.
func (t *Tab) Key(keys string) {
	t.Helper()
	t.must(chromedp.KeyEvent(keys))
}

// Type replaces the text of an input by text, key by key.
func (t *Tab) Type(selector, text string) {
	t.Helper()
	t.Eval(fmt.Sprintf(`(()=>{const e=document.querySelector(%q);e.focus();e.select()})()`, selector))
	t.Key(text)
}

// Choose sets a select element, as choosing from its list does.
func (t *Tab) Choose(selector, value string) {
	t.Helper()
	t.Eval(fmt.Sprintf(`(()=>{const e=document.querySelector(%q);e.value=%q;e.dispatchEvent(new Event("change",{bubbles:true}))})()`, selector, value))
}

// Part is an element as a screen reader has it.
type Part struct{ Role, Name string }

// Parts returns the accessibility tree, from its beginning.
func (t *Tab) Parts() []Part {
	t.Helper()
	var parts []Part
	t.must(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		tree, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			return err
		}
		text := func(v *accessibility.Value) (s string) {
			if v != nil {
				json.Unmarshal(v.Value, &s) // what is no text counts as none
			}
			return s
		}
		for _, n := range tree.Nodes {
			if !n.Ignored {
				parts = append(parts, Part{text(n.Role), text(n.Name)})
			}
		}
		return nil
	}))
	return parts
}

// Shot saves a screenshot as NAME.png in the folder that SHOTS names; without
// it nothing is done.
func (t *Tab) Shot(name string) {
	t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Errorf("screenshot: %v", err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Error(err)
	}
}

func (t *Tab) must(a chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		t.Shot("failed")
		t.Fatal(err)
	}
}
