package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// compared waits until the runs of a comparison are over and their figures
// show.
func compared(tab *browser.Tab) {
	tab.Helper()
	tab.WaitText(".state", "taken in turn")
	tab.Wait(`document.querySelector(".tally") && document.querySelector(".runb").textContent.includes("Run")`)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/compare?servers=iterative,select&clients=3&pause=60ms&rounds=4", browser.View{Width: 1440, Height: 900, Dark: true})
	live(tab)
	tab.Shot("compare-before")
	tab.Eval(`document.querySelectorAll(".offers .btn")[1].click()`)
	tab.Wait(`document.querySelectorAll(".offers .btn")[1].ariaPressed === "true"`)
	tab.Key("r")
	compared(tab)
	fits(tab)
	tab.Shot("compare-two")
	if n := tab.Count(".lanes li:not(.band)"); n != "8" {
		t.Errorf("%s lanes for two servers with 3 clients each", n)
	}
	tab.WaitText(".ask", "select")
	for _, row := range []string{"longest wait", "first reply", "last reply", "fairness", "server CPU", "server calls", "server sleeps", "wake-ups", "threads", "processes"} {
		tab.WaitText(".tally", row)
	}
	tab.Wait(`[...document.querySelectorAll(".tally tbody tr")].every(tr => tr.children.length === 3 && tr.title)`)
	// While client 1 pauses, the one server serves client 2 in each round and the
	// other in none. Where that begins is a click away, in the runs of both.
	tab.Wait(`/^≠First divergence: client \d's .* in iterative \(at [\d.]+ m?s\), .* in select \(at [\d.]+ m?s\)\. /.test(document.querySelector(".part").textContent)`)
	tab.WaitText(".part", "So it was in all 4 rounds.")
	_, of := pos(tab)
	var part int
	for i := range 2 {
		tab.Key(kb.End)
		waitPos(tab, of)
		tab.Eval(fmt.Sprintf(`document.querySelectorAll(".part button")[%d].click()`, i))
		tab.Wait(fmt.Sprintf(`+document.querySelector(".pos b").textContent < %d`, of))
		part, _ = pos(tab)
	}
	tab.Key(kb.ArrowLeft)
	waitPos(tab, part-1)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key("w") // the next wake of any run
	tab.Wait(`+document.querySelector(".pos b").textContent > 0`)
	tab.Key(kb.End)
	waitPos(tab, of)
	tab.Key("t")
	tab.Wait(`document.querySelector(".scopehead .seg [aria-pressed=true]").textContent === "by step"`)
	tab.Shot("compare-step")
	// Both programs show, each with its server's line.
	tab.WaitText(".p-source", "echo.go")
	tab.WaitText(".p-source", "select.go")

	// A third server; the link has it, and opens the same set-up elsewhere.
	tab.Choose(".list select:last-child", "epoll")
	tab.Wait(`location.search.includes("servers=iterative,select,epoll") && location.search.includes("clients=3") && location.search.includes("rounds=4")`)
	other := b.Private(t, tab.Eval("location.href"), browser.Desk)
	live(other)
	other.Wait(`[...document.querySelectorAll(".list select")].map(e => e.value).join() === "iterative,select,epoll,-"`)
	other.Wait(`document.querySelector("[name=rounds]").value === "4" && document.querySelector("[name=pause]").value === "60ms"`)
	if n := other.Count(".lanes li:not(.band)"); n != "12" {
		t.Errorf("%s lanes for three servers with 3 clients each", n)
	}
	// Asked first, nothing of the outcome shows.
	other.Key("a")
	other.Key("r")
	other.WaitText(".ask", "The runs are over, and hidden")
	other.Wait(`!document.querySelector(".tally") && document.querySelector(".pos b").textContent === "0"`)
	other.Shot("compare-hidden")
	other.Key("c")
	other.Key(kb.Enter)
	compared(other)
	other.Wait(`/As you said|You said epoll/.test(document.querySelector(".ask").textContent)`)
	// Every round can be shown.
	shown := other.Eval(`document.querySelector("[name=round]").value`)
	next := map[bool]string{true: "1", false: "0"}[shown == "0"]
	other.Choose("[name=round]", next)
	other.Wait(`document.querySelector(".state").textContent.startsWith("round " + (` + next + ` + 1) + " of 4, ")`)
	// A band leads to its server alone, with the same clients.
	other.Eval(`document.querySelectorAll(".band a")[1].click()`)
	other.WaitText(".q h1 code", "select")
	other.Wait(`document.querySelector("[name=clients]").value === "3" && document.querySelector("[name=pause]").value === "60ms"`)
}

// overprinted counts the pairs of the question, the knobs and the Run button that
// overlap.
const overprinted = `(() => {
	const parts = [...document.querySelectorAll(".q h1 code, .q h1 span, .list .pick, .knob:not(:has(.list)), .runb")].map(e => e.getBoundingClientRect()).filter(r => r.width)
	return parts.flatMap((a, i) => parts.slice(i + 1).filter(b => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)).length
})()`

// Five servers scroll, beneath a ruler that stays.
func TestCompareFive(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for name, v := range map[string]browser.View{"desk": browser.Desk, "phone": browser.Phone, "phone-dark": {Width: 390, Height: 844, Dark: true, Touch: true}, "side": {Width: 844, Height: 390, Touch: true}} {
		tab := b.Open(t, base+"/lab/compare?servers=processes,threads,spin,select,epoll&clients=4&seed=2&rounds=1", v)
		live(tab)
		tab.Key("r")
		tab.Wait(`document.querySelector(".tally") && document.querySelector(".runb").textContent.includes("Run")`)
		fits(tab)
		if n := tab.Eval(overprinted); n != "0" {
			t.Errorf("%s: %s pairs of the head's parts overlap", name, n)
		}
		tab.Shot("compare-five-" + name)
		tab.Eval(`document.getElementById("scope").scrollTop = 400`)
		tab.Wait(`document.querySelector(".screen").getBoundingClientRect().top <= document.getElementById("scope").getBoundingClientRect().top + 2`)
		tab.Shot("compare-five-scrolled-" + name)
		if v.Touch {
			for _, pane := range []string{"source", "about", "figures"} {
				tab.Eval(fmt.Sprintf(`[...document.querySelectorAll(".tabs button")].find(b => b.textContent === %q).click()`, pane))
				fits(tab)
				tab.Shot("compare-" + pane + "-" + name)
			}
		}
	}
}

// The relay dies in the middle: what has come is compared.
func TestCompareLosesTheRelay(t *testing.T) {
	t.Parallel()
	b, cmd, base := alone(t)
	tab := b.Open(t, base+"/lab/compare?servers=threads,select&pause=1s&rounds=1", browser.Desk)
	for _, expected := range []string{"WebSocket", "ERR_CONNECTION_REFUSED", "Failed to load resource"} {
		tab.Expect(expected)
	}
	live(tab)
	tab.Key("r")
	tab.WaitText(".state", "run 2 of 2")
	tab.Wait(`+document.querySelector(".pos b").textContent > 60`)
	cmd.Process.Kill()
	cmd.Wait()
	tab.WaitText(".say", "the relay went away")
	tab.Shot("compare-lost")
	tab.Wait(`document.querySelector(".tally td").textContent !== "–"`)
	tab.WaitText(".ask", "Only threads finished.")
}

// What a spinning server burns stands beside what select needs for the same
// clients.
func TestSpinBesideSelect(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for name, v := range map[string]browser.View{"desk": browser.Desk, "phone": browser.Phone} {
		tab := b.Open(t, base+"/lab/spin?clients=2&pause=300us", v)
		live(tab)
		tab.WaitText(".aside", "after the run")
		tab.Key("r")
		tab.WaitText(".aside", "Processor time of this server")
		tab.Click(".aside .btn")
		tab.WaitText(".aside", "on select, in a run of its own after this one: ")
		tab.Wait(`[...document.querySelectorAll(".aside b")].every(e => /^\d.* in [\d,]+ calls$/.test(e.textContent))`)
		fits(tab)
		tab.Shot("spin-beside-" + name)
		// The run itself stays, and what has been measured goes with the next.
		tab.Wait(`document.querySelector(".lanes li:nth-child(3)").textContent.includes("client 2")`)
		if v.Touch {
			continue
		}
		tab.Click(".aside a")
		tab.WaitText(".q h1 code", "compare")
		tab.Wait(`[...document.querySelectorAll(".list select")].map(e => e.value).join() === "spin,select,-"`)
		tab.Wait(`document.querySelector("[name=clients]").value === "2" && document.querySelector("[name=pause]").value === "300us"`)
	}
}

// Plain files have recordings of every server that can be compared, with the
// clients of the default set-up, and say that they are recordings.
func TestCompareRecordings(t *testing.T) {
	t.Parallel()
	b := browser.Start(t)
	home, _ := plainFiles(t)
	tab := b.Open(t, home+"lab/compare/", browser.Desk)
	for _, expected := range []string{"WebSocket", "404", "Failed to load resource"} {
		tab.Expect(expected)
	}
	tab.WaitText(".state", "2 runs, recorded in turn ")
	tab.Wait(`document.querySelectorAll(".tally td").length > 20 && ![...document.querySelectorAll(".tally td")].some(e => e.textContent === "–")`)
	tab.Navigate(home + "lab/compare/?servers=threads,poll,edge&clients=2")
	tab.WaitText(".state", "3 runs, recorded in turn ")
	tab.WaitText(".state", "with other settings than those above")
	// The servers can be changed: there is a recording of each.
	tab.Choose(".list select:nth-child(1)", "epoll")
	tab.WaitText(".lanes .band", "epoll")
	tab.WaitText(".state", "3 runs, recorded in turn ")
	tab.Shot("compare-recorded")
}
