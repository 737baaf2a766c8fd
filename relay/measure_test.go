package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/server/lab"
	"sockscope/web/browser"
)

// A lab that measures draws its plot while it does, tells each mark's figures,
// and can be stopped.
func TestMeasuring(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	views := []browser.View{browser.Desk, {Width: 1440, Height: 900, Dark: true}, browser.Phone, {Width: 390, Height: 844, Touch: true, Dark: true}}
	tab := b.Open(t, base+"/lab/scaling?largest=1100&repeats=3&messages=50", browser.Desk)
	live(tab)
	shot := func(v browser.View, name string) {
		fits(tab)
		tab.Shot(fmt.Sprintf("scaling-%s-%d-dark=%v", name, v.Width, v.Dark))
	}
	for _, v := range views {
		tab.Resize(v)
		shot(v, "before")
	}
	tab.Click(".runb")
	tab.Wait(`document.querySelectorAll(".chart svg g").length > 0`) // while it runs
	tab.Wait(`document.querySelectorAll(".chart svg g").length === 18 && document.querySelector(".runb").textContent.includes("Run")`)
	if n := tab.Count(".p-table tbody tr"); n != "6" {
		t.Errorf("%s rows for 10, 30, 100, 300, 1000 and 1100", n)
	}
	tab.WaitText(".p-table", "select beside 1,100: select fd 1024: a set has no bit for it; FD_SETSIZE is 1024.")
	tab.WaitText(".p-table", "3 repeats")
	tab.Key(kb.ArrowRight)
	tab.WaitText(".readout", "select beside 10 idle: ")
	tab.Key(kb.ArrowRight)
	tab.WaitText(".readout", "select beside 30 idle: ")
	tab.Key(kb.ArrowDown)
	tab.WaitText(".readout", "poll beside 30 idle: ")
	for _, v := range views {
		tab.Resize(v)
		shot(v, "end")
		for i, says := range []string{"a message", "a message", "a call"} {
			tab.Eval(fmt.Sprintf(`document.querySelectorAll(".plothead .seg button")[%d].click()`, i))
			tab.Wait(fmt.Sprintf(`document.querySelectorAll(".plothead .seg button")[%d].ariaPressed === "true"`, i))
			tab.WaitText(".readout", says+"; from ")
			shot(v, fmt.Sprintf("quantity-%d", i))
		}
		if v.Touch {
			for _, pane := range []string{"source", "table", "about"} {
				tab.Eval(fmt.Sprintf(`[...document.querySelectorAll(".tabs button")].find(b => b.textContent === %q).click()`, pane))
				tab.Wait(`document.querySelector(".p-` + pane + `").offsetHeight > 50`)
				shot(v, pane)
			}
		}
	}
}

func TestAMeasurementIsStopped(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t) // measurements of others would stand in the queue
	tab := b.Open(t, base+"/lab/scaling?repeats=20&messages=2000", browser.Desk)
	other := b.Open(t, base+"/lab/scaling?largest=10&repeats=1&messages=10", browser.Desk)
	live(tab)
	live(other)
	tab.Key("r")
	tab.Wait(`document.querySelectorAll(".chart svg g").length > 0`)
	other.Key("r")
	other.WaitText(".state", "place 1 in the queue")
	tab.Shot("scaling-live")
	tab.Key(".")
	tab.WaitText(".say", "stopped")
	tab.Wait(`document.querySelectorAll(".chart svg g").length > 0`)
	other.WaitText(".state", "kept in this tab, 3 of 3 measurements")
	tab.Click(`a[rel=prev]`) // a lab with a timeline, and back
	tab.Wait(`document.querySelector(".screen canvas")`)
	tab.Back()
	tab.Wait(`document.querySelector(".plothead")`)
}

// Where the host has switched measuring off, the page says so and plays the recording.
func TestMeasuringIsOff(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-scaling-max=-1")
	tab := b.Open(t, base+"/lab/scaling", browser.Desk)
	tab.WaitText(".say", "Who hosts this server has switched measurements off")
	tab.WaitText(".status", "live")
	tab.Wait(`document.querySelector(".runb").disabled && document.querySelector(".runb").title.includes("switched measurements off")`)
	tab.Wait(`document.querySelectorAll(".chart svg g").length > 10`)
	tab.Shot("scaling-off")
}

// The host's cap is what the page asks for.
func TestTheHostsCap(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-scaling-max=40")
	tab := b.Open(t, base+"/lab/scaling?repeats=1&messages=10", browser.Desk)
	tab.WaitText(".say", "allows up to 40")
	live(tab)
	tab.Key("r")
	tab.WaitText(".state", "kept in this tab, 9 of 9 measurements")
}

// The walk of a measurement lights the marks that its stops speak of, in the plot that
// they speak of, and says what a measurement hasn't got.
func TestAMeasurementIsWalked(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-server=none")
	l, err := lab.Find("scaling")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/scaling", v)
		tab.Wait(fmt.Sprintf(`document.querySelectorAll(".chips li").length === %d`, len(l.Stops)+1))
		for i, stop := range l.Stops {
			tab.Eval(fmt.Sprintf(`document.querySelectorAll(".chips button")[%d].click()`, i))
			tab.WaitText(".walk p", strings.ReplaceAll(stop.Say, "`", ""))
			tab.Wait(fmt.Sprintf(`document.querySelectorAll(".plothead .seg button")[%d].ariaPressed === "true"`, stop.Plot.Plots))
			tab.WaitText(".readout", stop.Plot.Of[0]+" beside ")
			tab.Wait(`(() => {
				const box = document.querySelector(".chart").getBoundingClientRect(), rings = [...document.querySelectorAll(".chart .ring")]
				return rings.length > 0 && rings.every((e) => {
					const r = e.getBoundingClientRect()
					return r.left >= box.left && r.right <= box.right && r.top >= box.top && r.bottom <= box.bottom
				})
			})()`)
			fits(tab)
			tab.Shot(fmt.Sprintf("scaling-stop-%d-%d", i+1, v.Width))
		}
		tab.Key("n")
		tab.WaitText(".walk.recap", "Recap.")
		tab.Wait(`JSON.parse(localStorage.getItem("done")).includes("scaling")`)
		tab.Wait(`document.querySelectorAll(".chart .ring").length === 0`)
		tab.Close()
	}
}
