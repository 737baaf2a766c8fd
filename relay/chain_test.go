package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// lineOf returns the step of the first line of the log that has text, and
// whether it says that the call slept. The log must be short enough to be in
// the page whole.
func lineOf(tab *browser.Tab, text string) int {
	tab.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(".log li")].find(e => e.textContent.replaceAll(" ", "").includes(%q))`, strings.ReplaceAll(text, " ", ""))
	tab.Wait(find)
	n, err := strconv.Atoi(tab.Eval(find + `.querySelector("i").textContent`))
	if err != nil {
		tab.Fatal(err)
	}
	return n
}

// point presses the mouse, or a finger, at a place of the timeline and lets go.
func point(tab *browser.Tab, x, y int) {
	tab.Helper()
	tab.Eval(fmt.Sprintf(`(()=>{
		const c = document.querySelector("canvas.timeline"), r = c.getBoundingClientRect(), kept = c.setPointerCapture;
		c.setPointerCapture = () => {};
		for (const type of ["pointerdown", "pointerup"]) {
			c.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, button: 0, clientX: r.left + %d, clientY: r.top + %d}));
		}
		c.setPointerCapture = kept;
	})()`, x, y))
}

// One click on a bar that slept opens the causes of that call, past or not. Each
// link leads to its moment and its lane, and the chain stays.
func TestAClickOnASleepOpensItsCauses(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, {Width: 1440, Height: 900, Dark: true}, browser.Phone, {Width: 390, Height: 844, Dark: true, Touch: true}} {
		name := fmt.Sprintf("chain-%d-dark=%v", v.Width, v.Dark)
		tab := b.Open(t, base+"/lab/iterative?clients=2&messages=1&pause=20ms", v)
		live(tab)
		tab.Eval(`document.querySelector(".runb").click()`)
		tab.WaitText(".state", "recorded, ")
		tab.Key(kb.Home)
		waitPos(tab, 0)
		tab.Key("4")
		accept := lineOf(tab, "accept(3, <unfinished") // it enters there, and sleeps

		step, server := 24, 23+32
		if v.Width < 720 {
			step, server = 21, 22+25
		}
		point(tab, 10+step*accept+step/2, server)
		tab.WaitText(".picked", fmt.Sprintf("accept(3) of server, from step %d", accept))
		tab.WaitText(".why-chain", "Client 1's connect(3) put a connection into the backlog")
		tab.WaitText(".why-chain", "server.Accept()") // the line of the program
		tab.WaitText(".why-chain", "Nobody waited in the backlog")
		fits(tab)
		tab.Shot(name)

		// The link to what ended it leads there, and to its lane.
		tab.Eval(`document.querySelector(".why-chain .ends button").click()`)
		tab.WaitText(".lanes .on", map[bool]string{true: "client 1", false: "c1"}[v.Width > 720])
		tab.Wait(`document.querySelector(".why-chain .ends.cur")`)
		tab.WaitText(".picked", "accept(3) of server")
		tab.Shot(name + "-visited")

		tab.Eval(`document.querySelector(".picked button").click()`)
		tab.Wait(`!document.querySelector(".picked")`)
		tab.Close()
	}
}

// The keyboard does it too: the causes of what the lane does, from a send to the
// recv that got its bytes, and back.
func TestCausesByKeyboard(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/iterative?clients=2&messages=1&pause=20ms", browser.Desk)
	runToEnd(tab)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key("w") // accept returns
	tab.Key(kb.Enter)
	tab.WaitText(".picked", "accept(3) of server")
	tab.Wait(`document.activeElement.closest(".why-chain")`)
	tab.Key(kb.Enter) // on the first link: the call itself
	tab.Wait(`document.querySelector(".why-chain li.cur")`)

	sent := lineOf(tab, `c1send(3,"Thisisthemessage",19)=19`) // where it returns, if something came between
	tab.Eval(fmt.Sprintf(`[...document.querySelectorAll(".log li")].find(e => e.querySelector("i").textContent === "%d").click()`, sent))
	waitPos(tab, sent)
	tab.WaitText(".picked", "send(3) of client 1")
	tab.WaitText(".why-chain", "bytes went to the server's recv(4)")
	tab.Wait(`document.querySelector(".hex .hit")`)
	tab.Key("g")
	tab.WaitText(".picked", "recv(4) of server")
	got, _ := pos(tab)
	tab.Shot("across")
	tab.Key("g")
	tab.WaitText(".picked", "send(3) of client 1")
	waitPos(tab, sent)

	// The log's own arrow leads there, too.
	tab.Eval(`document.querySelector(".log .cur .to").click()`)
	waitPos(tab, got)
	tab.WaitText(".lanes .on", "server")
	tab.Eval(`document.querySelector(".log .cur .to").click()`)
	waitPos(tab, sent)

	// The bytes lead to the send that they came from.
	tab.Eval(`document.querySelector(".hex [data-send]").click()`)
	tab.WaitText(".picked", "send(3) of client 1")
}

// With more lanes than there is room for, their names scroll with them and the
// ruler stays; a lane that is selected comes into view.
func TestManyLanesScroll(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/threads?clients=8&messages=1&pause=0s", v)
		live(tab)
		tab.Eval(`document.querySelector(".runb").click()`)
		tab.Wait(`document.querySelectorAll(".lanes li").length === 17 && document.querySelector(".runb").textContent.includes("Run")`)
		room := tab.Eval(`Math.round(100 * document.querySelector("#scope").clientHeight / innerHeight)`)
		if n, _ := strconv.Atoi(room); n > 40 {
			t.Errorf("%d px wide: the timeline takes %s%% of the height", v.Width, room)
		}
		for range 17 {
			tab.Key(kb.ArrowDown)
		}
		tab.WaitText(".lanes li:last-child.on", "8")
		seen := `(()=>{
			const lane = document.querySelector(".lanes .on").getBoundingClientRect(), all = document.querySelector("#scope").getBoundingClientRect();
			return lane.top >= all.top + 20 && lane.bottom <= all.bottom + 1;
		})()`
		tab.Wait(seen)
		ruler := `document.querySelector("canvas.timeline").getBoundingClientRect().top - document.querySelector("#scope").getBoundingClientRect().top`
		if off, err := strconv.ParseFloat(tab.Eval(ruler), 64); err != nil || off < 0 || off > 1 {
			t.Errorf("%d px wide: the ruler is %v px from the top", v.Width, off)
		}
		tab.Shot(fmt.Sprintf("lanes-%d", v.Width))
		for range 17 {
			tab.Key(kb.ArrowUp)
		}
		tab.Wait(`document.querySelector("#scope").scrollTop === 0 && ` + seen)
	}
}
