package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sockscope/relay/bridge"
	"sockscope/server/lab"
	"sockscope/web/browser"
	"sockscope/web/site"
)

var machineAt = flag.String("machine", "", "the `folder` of a machine for the tab, to be tested")

// asked are the requests that a host has got.
type asked struct {
	sync.Mutex
	paths []string
}

func (a *asked) forget() {
	a.Lock()
	defer a.Unlock()
	a.paths = nil
}

// siteWithMachine is the site with a machine for the tab.
func siteWithMachine(t *testing.T) *site.Site {
	t.Helper()
	if *machineAt == "" {
		t.Skip("needs a machine for the tab: make test-tab builds it")
	}
	s, err := site.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddMachine(os.DirFS(*machineAt)); err != nil {
		t.Fatal(err)
	}
	return s
}

// machineSite hosts the site with a machine for the tab as plain files, beneath a path.
func machineSite(t *testing.T) (home string, requests *asked) {
	t.Helper()
	s := siteWithMachine(t)
	entry, err := os.ReadFile("../index.html")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Export(entry, dir); err != nil {
		t.Fatal(err)
	}
	requests = new(asked)
	files := http.StripPrefix("/sockscope", http.FileServer(http.Dir(dir)))
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Lock()
		requests.paths = append(requests.paths, r.URL.Path)
		requests.Unlock()
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(host.Close)
	return host.URL + "/sockscope/", requests
}

// inTab waits until the page runs on the tab's own machine.
func inTab(tab *browser.Tab) {
	tab.Helper()
	tab.WaitText(".status", "emulated in this tab")
	live(tab)
}

// goTo follows a link within the site, as a visitor does.
func goTo(tab *browser.Tab, href string) {
	tab.Helper()
	tab.Eval(fmt.Sprintf(`(() => {
		const a = document.createElement("a");
		a.href = %q;
		document.body.append(a);
		a.click();
		a.remove();
	})()`, href))
}

// A page of plain files runs labs in the tab itself: it asks once, and then takes nothing
// from the network.
func TestMachineInTheTab(t *testing.T) {
	home, requests := machineSite(t)
	b := browser.Start(t)
	tab := b.Private(t, home+"lab/select", browser.Desk)
	tab.WaitText(".state", "a recording")
	tab.WaitText(".machine", "Run in this tab: a real Linux, emulated (")
	tab.Shot("tab-offer")
	began := time.Now()
	tab.Click(".machine button")
	tab.WaitText(".status", "emulated in this tab")
	t.Logf("chosen and ready in %v", time.Since(began).Round(10*time.Millisecond))
	tab.WaitText(".state", "recorded, ")
	t.Logf("and its first run over in %v", time.Since(began).Round(10*time.Millisecond))
	tab.WaitText(".state", "times are an emulator's")
	tab.Shot("tab-select")

	tab.Reload()
	began = time.Now()
	inTab(tab) // it is remembered
	t.Logf("after a reload live in %v", time.Since(began).Round(10*time.Millisecond))
	requests.forget()
	runToEnd(tab)
	runToEnd(tab)
	requests.Lock()
	for _, path := range requests.paths {
		if !strings.HasSuffix(path, "/app-worker.js") { // by which a page learns of a new version
			t.Errorf("%s was asked for after the machine was loaded", path)
		}
	}
	requests.Unlock()

	second := b.Open(t, home+"lab/poll", browser.Desk) // a tab of another visitor, who has to choose
	second.Click(".machine button")
	inTab(second)
	runToEnd(second)
	second.Close()

	goTo(tab, home+"lab/compare")
	tab.WaitText(".q h1", "compare")
	runToEndOf(tab)
	tab.WaitText(".tally", "it would be the emulator's")
	tab.Shot("tab-compare")
	goTo(tab, home+"watch/mux")
	tab.WaitText(".say", "no standing servers")
	goTo(tab, home)
	tab.WaitText(".own", "no standing servers")
	tab.Shot("tab-home")
	goTo(tab, home+"lab/echo")
	tab.WaitText(".q h1", "echo")
	beClient(tab)
	goTo(tab, home+"hand")
	tab.WaitText(".bar", "hand")
	byHand(tab)
}

// Behind a relay without a native server, with that one's policy, the machine runs as well.
func TestMachineOfARelay(t *testing.T) {
	s := siteWithMachine(t)
	targets, err := noServer("there is no native server here")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(nil)
	mux := http.NewServeMux()
	mux.Handle(bridge.Prefix, bridge.New(bridge.Config{Targets: map[string]bridge.Target{"lab": {Address: targets["lab"]}}, Listen: web.Listener.Addr().String()}))
	mux.Handle("/", s)
	web.Config.Handler = mux
	web.Start()
	t.Cleanup(web.Close)
	tab := browser.Start(t).Private(t, web.URL+"/lab/threads", browser.Phone)
	tab.WaitText(".say", "There is no native server here")
	fits(tab)
	tab.Shot("tab-phone")
	tab.Click(".machine button")
	tab.WaitText(".status", "emulated")
	runToEnd(tab)
	tab.Reload()
	tab.WaitText(".status", "emulated") // chosen before, where no server is
	runToEnd(tab)
	fits(tab)
	tab.Shot("tab-phone-run")
}

// Each lab runs to its end on the tab's own machine, or says why it doesn't.
func TestMachineRunsEachLab(t *testing.T) {
	home, _ := machineSite(t)
	b := browser.Start(t)
	tab := b.Private(t, home, browser.Desk)
	tab.Eval(`localStorage.setItem("machine", "tab")`)
	tab.Reload()
	tab.WaitText(".status", "emulated in this tab")
	for _, l := range lab.All {
		if l.Compares {
			continue
		}
		t.Run(l.ID, func(t *testing.T) {
			tab.TB = t
			query := neturl.Values{}
			for name, value := range l.Unattended.Map() {
				query.Set(name, value)
			}
			goTo(tab, home+"lab/"+l.ID+"?"+query.Encode())
			tab.WaitText(".q h1", l.Question)
			if l.ID == "scaling" || l.ID == "runtime" || l.ID == "kqueue" {
				tab.Wait(`document.querySelector(".runb").disabled`)
				tab.WaitText(".say", map[string]string{"scaling": "the emulator's", "runtime": "strace", "kqueue": "Linux, which has no kqueue"}[l.ID])
				return
			}
			began := time.Now()
			runToEnd(tab)
			took := time.Since(began)
			if at, of := pos(tab); of < 10 || at != of {
				t.Errorf("at %d of %d when the run ended", at, of)
			}
			if said := tab.Text(".say"); strings.Contains(said, "early") || strings.Contains(said, "limit") {
				t.Errorf("the page says %q", said)
			}
			t.Logf("%v", took.Round(10*time.Millisecond))
		})
	}
	tab.TB = t
}

// runToEndOf runs a comparison.
func runToEndOf(tab *browser.Tab) {
	tab.Helper()
	live(tab)
	tab.Key("r")
	tab.Wait(`document.querySelector(".runb").textContent.includes("Stop")`)
	tab.Wait(`!document.querySelector(".runb").textContent.includes("Stop")`)
}

// The machine stands still while it has nothing to do, and goes on when it has.
func TestMachineRests(t *testing.T) {
	home, _ := machineSite(t)
	b := browser.Start(t)
	tab := b.Private(t, home+"lab/first", browser.Desk)
	tab.Eval(`(() => { window.told = []; const post = Worker.prototype.postMessage;
		Worker.prototype.postMessage = function (m, ...rest) { if (m.run !== undefined) told.push(m.run); return post.call(this, m, ...rest); } })()`)
	tab.Click(".machine button")
	tab.WaitText(".state", "recorded, ")
	for _, hidden := range []string{"true", "false"} {
		tab.Eval(`Object.defineProperty(document, "hidden", {configurable: true, get: () => ` + hidden + `}), document.dispatchEvent(new Event("visibilitychange"))`)
		tab.Wait(`told.at(-1) === !document.hidden`)
	}
	tab.Wait(`told.at(-1) === false`)
	if told, err := strconv.Atoi(tab.Eval(`told.length`)); err != nil || told < 2 {
		t.Errorf("the machine was told %s", tab.Eval(`told`))
	}
	runToEnd(tab)
	tab.Wait(`told.at(-1) === false`)
	tab.Click(".near button")
	tab.WaitText("#near", "Each tab has its own")
	tab.Shot("tab-sheet")
	tab.Eval(`[...document.querySelectorAll("#near button")].find(b => b.textContent === "Switch it off").click()`)
	tab.WaitText(".status", "no relay")
	tab.Wait(`localStorage.getItem("machine") === null`)
}
