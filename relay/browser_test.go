package main

import (
	"fmt"
	neturl "net/url"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/server/lab"
	"sockscope/web/browser"
)

// live waits until the page has a server to run things on.
func live(tab *browser.Tab) {
	tab.Helper()
	tab.WaitText(".status", "live")
	tab.Wait(`!document.querySelector(".runb").disabled`)
}

// runToEnd presses R, waits until the run is a recording, and leaves the stop of its walk that it comes to for the run's end.
func runToEnd(tab *browser.Tab) {
	tab.Helper()
	live(tab)
	const state = `(document.querySelector(".state")?.textContent ?? "")`
	before := tab.Eval(state) // it may tell of an earlier run
	tab.Key("r")
	tab.Wait(state + ` !== ` + strconv.Quote(before))
	tab.WaitText(".state", "recorded, ")
	toEnd(tab)
}

// toEnd goes to the end of a run that is over.
func toEnd(tab *browser.Tab) {
	tab.Helper()
	tab.Key(kb.End)
	tab.Wait(`(([at, of]) => at === of)(document.querySelector(".pos").innerText.match(/\d+/g))`)
}

// pos returns the position and the number of steps.
func pos(tab *browser.Tab) (at, of int) {
	tab.Helper()
	fmt.Sscanf(tab.Eval(`document.querySelector(".pos").innerText`), "%d of %d", &at, &of)
	return at, of
}

func waitPos(tab *browser.Tab, n int) {
	tab.Helper()
	tab.Wait(`document.querySelector(".pos b").textContent === "` + strconv.Itoa(n) + `"`)
}

func TestHomeLeadsToEveryLab(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone, {Width: 1440, Height: 900, Dark: true}} {
		tab := b.Open(t, base+"/", v)
		tab.WaitText(".status", "live")
		for _, l := range lab.All {
			tab.Wait(`document.querySelector('a[href="/lab/` + l.ID + `"]')`)
		}
		fits(tab)
		if wide := tab.Eval(`[...document.querySelectorAll("#own *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.className || e.tagName)`); wide != "" {
			t.Errorf("at %d px these reach beyond the page: %s", v.Width, wide)
		}
		tab.Shot(fmt.Sprintf("home-%d-dark=%v", v.Width, v.Dark))
	}
	tab := b.Open(t, base+"/", browser.Desk)
	for _, l := range lab.All {
		tab.Click(`.idx a[href="/lab/` + l.ID + `"]`)
		tab.WaitText(".q h1", l.Question)
		if l.Instead == "" {
			live(tab)
		}
		tab.Wait(`document.title.startsWith("` + l.ID + `")`)
		tab.Click("a.brand")
		tab.Wait(`document.querySelector(".idx")`)
	}
}

// wholeLines fails when a pane with a program cuts its lines of 72 columns.
func wholeLines(tab *browser.Tab) {
	tab.Helper()
	if over := tab.Eval(`Math.max(...[...document.querySelectorAll(".src")].map(e => e.offsetWidth - e.parentElement.clientWidth))`); over != "0" && !strings.HasPrefix(over, "-") {
		tab.Errorf("the program's lines are %s px wider than their pane", over)
	}
}

// fits fails when the page is wider than the window.
func fits(tab *browser.Tab) {
	tab.Helper()
	if w := tab.Eval(`document.documentElement.scrollWidth - window.innerWidth`); w != "0" && !strings.HasPrefix(w, "-") {
		tab.Errorf("the page is %s px wider than the window", w)
	}
}

// Every lab runs to its end, and can then be walked from its start to its end and back.
// One page goes from lab to lab, as a visitor does.
func TestEveryLabRunsAndReplays(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/", browser.Desk)
	for _, l := range lab.All {
		// These have no calls to walk through here: see the tests of each.
		if l.Compares || l.Measures || l.ID == "kqueue" && runtime.GOOS == "linux" {
			continue
		}
		t.Run(l.ID, func(t *testing.T) {
			if _, err := exec.LookPath("strace"); l.ID == "runtime" && err != nil {
				t.Skip("strace(1) is not installed")
			}
			tab.TB = t
			values, err := l.Set(l.Unattended.Map())
			if err != nil {
				t.Fatal(err)
			}
			query := neturl.Values{}
			for name, value := range l.Unattended.Map() {
				query.Set(name, value)
			}
			tab.Eval(fmt.Sprintf(`(() => {
				const a = document.createElement("a");
				a.href = "/lab/%s?%s";
				document.body.append(a);
				a.click();
				a.remove();
			})()`, l.ID, query.Encode()))
			tab.WaitText(".q h1", l.Question)
			tab.WaitText(".p-source", "package ")
			wholeLines(tab)
			runToEnd(tab)
			at, of := pos(tab)
			if of < 10 || at != of {
				t.Fatalf("at %d of %d when the run ended", at, of)
			}
			lanes := len(l.Processes(values))
			got, _ := strconv.Atoi(tab.Count(".lanes li"))
			if slices.Contains([]string{"threads", "processes", "robot", "upload", "wake", "herd", "race", "runtime"}, l.ID) {
				if got <= lanes { // their programs make threads, or processes
					t.Errorf("%d lanes of %d processes", got, lanes)
				}
			} else if got != lanes {
				t.Errorf("%d lanes, want %d", got, lanes)
			}
			tab.Shot("end-" + l.ID)

			end := tab.Text(".p-log .cur")
			tab.Key(kb.Home)
			waitPos(tab, 0)
			for n := 1; n <= 5; n++ {
				tab.Key(kb.ArrowRight)
				waitPos(tab, n)
			}
			tab.Key(kb.ArrowLeft)
			waitPos(tab, 4)
			tab.Wait(`document.querySelector(".p-log .cur")`)
			tab.Key("w") // to the first call that slept
			tab.WaitText(".p-log .cur", "slept")
			tab.Shot("wake-" + l.ID)
			first, _ := pos(tab)
			tab.Key(kb.ArrowRight)
			waitPos(tab, first+1)
			tab.Key("W") // and back to it
			waitPos(tab, first)
			tab.Key(kb.End)
			waitPos(tab, of)
			if again := tab.Text(".p-log .cur"); again != end {
				t.Errorf("the end was %q, and is %q after going back", end, again)
			}
		})
	}
	tab.TB = t
}

// A lab that the server's system doesn't have is there to be read: its program, its
// text, why it can't run, and where the like can.
func TestALabThatCannotRunHere(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system may have kqueue")
	}
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone, {Width: 1440, Height: 900, Dark: true}} {
		tab := b.Open(t, base+"/lab/kqueue", v)
		tab.Expect("404") // of its recording, which is looked for
		tab.WaitText(".say", "Linux, which has no kqueue")
		tab.WaitText(".empty", "No recording of this lab has been made")
		tab.Wait(`document.querySelector(".q .runb").disabled`)
		tab.Wait(`document.querySelector(".p-source").textContent.includes("socket.NewKqueue()")`)
		tab.Wait(`document.body.textContent.includes("EV_CLEAR makes an interest edge-triggered")`)
		tab.Key("r") // does nothing
		fits(tab)
		tab.Shot(fmt.Sprintf("kqueue-%d-dark=%v", v.Width, v.Dark))
		tab.Click(`.empty a`)
		tab.WaitText(".q h1", "epoll")
	}
}

func TestSelectEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?timeout=100ms", browser.Desk)
	runToEnd(tab)
	tab.WaitText("body", "Time out!")
	tab.Key(kb.Home)
	// The first wake of select is the listener, for a client in the backlog.
	tab.Key("w")
	tab.WaitText(".p-kernel", "Sets out")
	// The same bit by bit: the kernel wrote over what it was given.
	tab.WaitText(".bits tbody .in:nth-child(1)", "in0001")
	tab.WaitText(".bits tbody .out:nth-child(2)", "out0001")
	tab.Wait(`[...document.querySelectorAll(".p-kernel .m.lit")].map(e => e.textContent).join() === "3"`)
}

func TestEveryKey(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?timeout=100ms&clients=2", browser.Desk)
	runToEnd(tab)
	_, of := pos(tab)
	pressed := `document.querySelector(".scopehead .seg [aria-pressed=true]").textContent`

	tab.Key(kb.Home)
	waitPos(tab, 0)
	for range 12 {
		tab.Key(kb.ArrowRight)
	}
	waitPos(tab, 12)
	tab.Key("t")
	tab.Wait(pressed + ` === "by time"`)
	tab.Key("t")
	tab.Wait(pressed + ` === "by step"`)
	for _, key := range []string{"+", "+", "-", "0"} {
		tab.Key(key)
	}
	waitPos(tab, 12)

	speed := func() string { return tab.Eval(`document.querySelector(".speed select").selectedIndex`) }
	was := speed()
	tab.Key("]")
	tab.Wait(`document.querySelector(".speed select").selectedIndex > ` + was)
	tab.Key("[")
	tab.Wait(`document.querySelector(".speed select").selectedIndex == ` + was)

	tab.Key(kb.ArrowDown)
	tab.WaitText(".lanes .on", "client 1")
	tab.Key(kb.ArrowUp)
	tab.WaitText(".lanes .on", "server")

	tab.Key(" ")
	tab.Wait(`document.querySelector(".trans .play").ariaLabel.startsWith("Pause")`)
	tab.Wait(`+document.querySelector(".pos b").textContent > 12`)
	tab.Key(" ")
	tab.Wait(`document.querySelector(".trans .play").ariaLabel.startsWith("Play")`)

	tab.Key("?")
	tab.Wait(`document.getElementById("keys").open`)
	tab.Shot("keys")
	tab.Key(kb.Escape)
	tab.Wait(`!document.getElementById("keys").open`)
	for _, key := range []string{"1", "2", "3", "4"} {
		tab.Key(key)
	}
	tab.Key(kb.End)
	waitPos(tab, of)
}

func TestScrubbing(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/iterative", browser.Desk)
	runToEnd(tab)
	_, of := pos(tab)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Click(".scrub canvas") // its middle
	tab.Wait(`+document.querySelector(".pos b").textContent > 0`)
	if at, _ := pos(tab); at < of*2/5 || at > of*3/5 {
		t.Errorf("the middle of the overview is step %d of %d", at, of)
	}
	before, _ := pos(tab)
	tab.Click(".screen canvas")
	tab.Wait(fmt.Sprintf(`+document.querySelector(".pos b").textContent !== %d`, before))
}

func TestALinkIsASetUp(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?clients=2&messages=1&timeout=100ms", browser.Desk)
	tab.Wait(`document.querySelector("[name=clients]").value === "2"`)
	tab.Choose("[name=clients]", "3")
	tab.Wait(`location.search.includes("clients=3") && location.search.includes("timeout=100ms")`)
	runToEnd(tab)
	if n := tab.Count(".lanes li"); n != "4" {
		t.Errorf("%s lanes for a server and 3 clients", n)
	}
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key(kb.ArrowRight)
	waitPos(tab, 1)
	tab.Reload() // the tab has kept the run
	tab.Wait(`document.querySelector("[name=clients]").value === "3" && document.querySelector("[name=messages]").value === "1"`)
	tab.WaitText(".state", "kept in this tab")
	waitPos(tab, 1)

	live(tab)
	tab.Click(`a[rel=prev]`)
	tab.Wait(`document.querySelector(".q h1 code").textContent !== "select"`)
	live(tab)
	tab.Back()
	tab.WaitText(".q h1 code", "select")
	tab.Wait(`document.querySelector("[name=clients]").value === "3"`)
	waitPos(tab, 1)

	// One that was under way comes back as far as it had come.
	tab = b.Open(t, base+"/lab/backlog", browser.Desk)
	live(tab)
	tab.Key("r")
	tab.Wait(`document.querySelectorAll(".log li").length > 8`)
	tab.Reload()
	tab.WaitText(".say", "the page was left")
	tab.Wait(`document.querySelectorAll(".log li").length > 8`)

	// What is ours and can't be read is said; what others have added is not.
	tab = b.Open(t, base+"/lab/select?clients=99&amp;messages=1&volume=11&fbclid=%", browser.Desk)
	tab.WaitText(".say", "1 to 8")
	tab.Wait(`document.querySelector("[name=clients]").value === "4" && document.querySelector("[name=messages]").value === "1"`)
	if said := tab.Text(".say"); strings.Contains(said, "volume") || strings.Contains(said, "fbclid") {
		t.Errorf("the page says %q", said)
	}
}

// The browser is the client: what it asks for are real calls, and the server's
// own calls move its bytes.
func TestBrowserAsClient(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	beClient(b.Open(t, base+"/lab/echo", browser.Desk))
}

// press presses a button of the client's hands when it can be. It looks and presses in one
// step: soon after it was found a button may be off again.
func press(tab *browser.Tab, name string) {
	tab.Helper()
	tab.Wait(fmt.Sprintf(`[...document.querySelectorAll(".hands button")].some(b => b.textContent === %q && !b.disabled && (b.click(), true))`, name))
}

// beClient has the tab be the client of lab echo.
func beClient(tab *browser.Tab) {
	t := tab.TB
	live(tab)
	tab.Key("r")
	button := func(name string) { press(tab, name) }
	log := func(text string) { // the columns of a line are elements of their own
		t.Helper()
		tab.Wait(fmt.Sprintf(`document.querySelector(".p-log .log").textContent.replaceAll(" ", "").includes(%q)`, strings.ReplaceAll(text, " ", "")))
	}

	tab.Wait(`document.querySelector(".lanes li").textContent.includes("accept")`)
	button("socket")
	button("connect")
	log("connect(3, {127.0.0.1:9999}")
	tab.Type(".hands input", "ping from a browser")
	button("send")
	log(`recv(4, "ping from a browser", 1024) = 19`)
	button("recv")
	log(`recv(3, "ping from a browser", 1024) = 19`)
	button("recv") // nothing to read: it blocks, truthfully
	tab.WaitText(".hands .why", "You are in recv")
	tab.Shot("echo-blocked")
	tab.Click(".runb") // stop
	tab.WaitText(".say", "stopped")

	tab.Click(".runb")
	button("socket")
	button("connect")
	button("send")
	button("shutdown")
	log("shutdown(3, SHUT_WR) = 0")
	log(`recv(4, "", 1024) = 0`)
	button("recv")
	button("recv")
	log(`recv(3, "", 1024) = 0`)
	button("close")
	log("close(3) = 0")
	tab.Shot("echo-closed")
	tab.Click(".runb")
	tab.WaitText(".state", "recorded, ")
}

// The relay dies in the middle of a run: what has arrived stays, and the page
// finds the relay again by itself.
func TestRelayGoneAndBack(t *testing.T) {
	t.Parallel()
	b, cmd, base := alone(t)
	tab := b.Open(t, base+"/lab/select?timeout=20s&clients=2", browser.Desk)
	tab.Expect("WebSocket")
	tab.Expect("ERR_CONNECTION_REFUSED")
	tab.Expect("Failed to load resource")
	live(tab)
	tab.Key("r")
	tab.WaitText(".lanes li:nth-child(3)", "exited")
	cmd.Process.Kill()
	cmd.Wait()
	tab.WaitText(".status", "no relay")
	tab.Shot("relay-gone")
	_, of := pos(tab)
	if of < 20 {
		t.Fatalf("%d steps are left", of)
	}
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key(kb.End)
	waitPos(tab, of)

	alone(t, "-http="+strings.TrimPrefix(base, "http://"))
	live(tab)
	tab.Choose("[name=timeout]", "100ms")
	runToEnd(tab)
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	one := b.Open(t, base+"/lab/select?clients=2&timeout=500ms", browser.Desk)
	two := b.Open(t, base+"/lab/iterative?clients=3", browser.Desk)
	live(one)
	live(two)
	one.Key("r")
	two.Key("r")
	one.WaitText(".state", "recorded, ")
	two.WaitText(".state", "recorded, ")
	if a, b := one.Count(".lanes li"), two.Count(".lanes li"); a != "3" || b != "4" {
		t.Errorf("%s and %s lanes, want 3 and 4", a, b)
	}
	at, _ := pos(two)
	one.Key(kb.Home)
	waitPos(one, 0)
	waitPos(two, at)
}

func TestPhone(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, dark := range []bool{false, true} {
		v := browser.Phone
		v.Dark = dark
		tab := b.Open(t, base+"/lab/select?timeout=100ms", v)
		live(tab)
		fits(tab)
		tab.Shot(fmt.Sprintf("phone-before-dark=%v", dark))
		tab.Click(".runb")
		tab.WaitText(".status", "live")
		tab.WaitText(".state", "recorded, ")
		toEnd(tab)
		for _, pane := range []string{"source", "kernel", "bytes", "log"} {
			tab.Eval(fmt.Sprintf(`[...document.querySelectorAll(".tabs button")].find(b => b.textContent === %q).click()`, pane))
			tab.Wait(`document.querySelector(".panes").dataset.tab === "` + pane + `"`)
			fits(tab)
			tab.Shot(fmt.Sprintf("phone-%s-dark=%v", pane, dark))
		}
		_, of := pos(tab)
		tab.Click(`.trans [aria-label^="Step back"]`)
		waitPos(tab, of-1)
		// Turned, and made a desk: nothing is lost.
		tab.Resize(browser.View{Width: 844, Height: 390, Dark: dark, Touch: true})
		fits(tab)
		tab.Resize(browser.Desk)
		waitPos(tab, of-1)
		fits(tab)
	}
}

// A relay that is told to stop says so on the page, and doesn't wait for a page
// that only looks.
func TestRelayDrains(t *testing.T) {
	t.Parallel()
	b, cmd, base := alone(t, "-drain=1h")
	idle := b.Open(t, base+"/lab/echo", browser.Desk)
	busy := b.Open(t, base+"/lab/select?timeout=20s&clients=2", browser.Desk)
	for _, tab := range []*browser.Tab{idle, busy} {
		tab.Expect("WebSocket")
		tab.Expect("ERR_CONNECTION_REFUSED")
		tab.Expect("Failed to load resource")
		live(tab)
	}
	busy.Key("r")
	busy.WaitText(".lanes li:nth-child(3)", "exited")
	cmd.Process.Signal(syscall.SIGTERM)
	idle.WaitText(".say", "The relay was told to stop")
	idle.WaitText(".status", "no relay")
	busy.WaitText(".say", "The relay was told to stop")
	busy.WaitText(".status", "live") // its run goes on
	busy.Shot("draining")
	busy.Click(".runb") // stop
	busy.WaitText(".say", "stopped")
	busy.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the relay ends with %v", err)
	}
}

// A relay whose places are taken says so on the page, which tries again later.
func TestRelayIsFull(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-sessions=1")
	taken := dial(t, strings.TrimPrefix(base, "http://"), "mux")
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/echo", v)
		tab.WaitText(".say", "The relay has 1 connection open, and may have no more; try again later.")
		tab.WaitText(".status", "no server")
		tab.Wait(`+document.querySelector(".pos").innerText.split(" of ")[1].split("\n")[0] > 0`) // the recording is there
		tab.WaitText(".say", "The relay has 1 connection open")
		tab.Shot(fmt.Sprintf("full-%d", v.Width))
		tab.Close()
	}
	taken.Close()
	live(b.Open(t, base+"/lab/echo", browser.Desk))
}

// On a phone on its side and on a tablet the log has room, and no head lies over
// another.
func TestTwoPanesHaveRoom(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{{Width: 844, Height: 390, Touch: true}, {Width: 1024, Height: 768, Touch: true}} {
		tab := b.Open(t, base+"/lab/select?timeout=100ms", v)
		runToEnd(tab)
		fits(tab)
		if tab.Eval(`document.querySelector("#log").clientHeight >= 120`) != "true" {
			t.Errorf("at %d px the log is %s px high", v.Width, tab.Eval(`document.querySelector("#log").clientHeight`))
		}
		over := `(()=>{
			const heads = [...document.querySelectorAll(".ph2")].map(e => e.getBoundingClientRect()).filter(r => r.height)
			return heads.some((a, i) => heads.some((b, k) => i < k && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom))
		})()`
		if tab.Eval(over) != "false" {
			t.Errorf("at %d px heads of panes lie over each other", v.Width)
		}
		tab.Shot(fmt.Sprintf("two-panes-%d", v.Width))
	}
}

// A line of the log that is cut is shown whole when it is clicked, on any screen.
func TestALongLineOfTheLogIsReadWhole(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/selectors?connections=4", v)
		runToEnd(tab)
		tab.Key(kb.Home)
		tab.Key("4")
		const long = `[...document.querySelectorAll(".log li")].find(e => e.textContent.includes("setsockopt"))`
		tab.Wait(long)
		tab.Eval(long + `.click()`)
		tab.WaitText(".whole", "SO_REUSEADDR")
		tab.WaitText(".whole", "= 0 <0.")
		tab.Shot(fmt.Sprintf("whole-%d", v.Width))
		tab.Key(kb.ArrowRight)
		tab.Wait(`!document.querySelector(".whole")`)
	}
}

// Knobs that were changed are said to be of the next run, where everybody can read
// it.
func TestChangedKnobsAreReadable(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/select?timeout=100ms", v)
		runToEnd(tab)
		tab.Choose("select[name=clients]", "2")
		tab.WaitText(".say", "Run takes those above.")
		if tab.Eval(`(()=>{const e=document.querySelector(".say span");return e.offsetHeight > 0 && e.scrollWidth <= e.clientWidth+1 || e.getClientRects().length > 0 && e.getBoundingClientRect().right <= window.innerWidth})()`) != "true" {
			t.Errorf("at %d px it is cut", v.Width)
		}
		tab.Key("r")
		tab.Wait(`document.querySelector(".say:not(.none)") === null`)
	}
}

// Run answers before the app runs: a press is kept, and says so.
func TestRunIsPressedEarly(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for name, press := range map[string]func(tab *browser.Tab){
		"a click": func(tab *browser.Tab) { tab.Click(".q .runb") },
		"a key":   func(tab *browser.Tab) { tab.Key("r") },
	} {
		tab := b.Open(t, base+"/", browser.Desk)
		tab.Before(`const stream = WebAssembly.compileStreaming
			WebAssembly.compileStreaming = async (...a) => { await new Promise((go) => window.go = go); return stream.apply(WebAssembly, a) }`)
		tab.Load(base + "/lab/select?timeout=100ms&clients=1")
		tab.Wait(`window.go && !document.querySelector(".q .runb").disabled`)
		press(tab)
		tab.Wait(`document.querySelector(".q .runb").ariaBusy === "true"`)
		tab.Shot("pressed-early")
		tab.Eval(`(go(), 0)`)
		tab.WaitApp()
		tab.Wait(`document.querySelector(".state").textContent.includes("recorded, ")`)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
