package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// The bytes of a run on their way, as messages, and as numbers: each view shows what the
// calls have moved, and leads to them.
func TestBytesInEveryView(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/framing", browser.Desk)
	runToEnd(tab)
	view := func(name string) {
		t.Helper()
		tab.Eval(`[...document.querySelectorAll(".bytes .seg button")].find(b => b.textContent === "` + name + `").click()`)
		tab.Wait(`document.querySelector(".bytes.v-` + name + `")`)
		tab.Shot("bytes-" + name)
	}
	// Five sends and two recvs; a recv leads to where it returned.
	tab.Wait(`document.querySelectorAll(".wayp [data-go]").length === 7`)
	tab.Eval(`document.querySelectorAll(".wayp [data-go]")[5].dispatchEvent(new MouseEvent("click", {bubbles: true}))`)
	tab.WaitText(".p-log .cur", "= 40")
	tab.Wait(`document.querySelectorAll(".wayp [data-go]").length === 6`)

	view("decoder")
	tab.Wait(`document.querySelectorAll(".msgs li").length === 3`)
	tab.WaitText(".msgs .held", "19 of 26 bytes are here: 7 bytes missing")
	tab.Key(kb.End)
	tab.Wait(`document.querySelectorAll(".msgs li").length === 6`)
	tab.WaitText(".msgs .held", "nothing")
	tab.Choose("[name=decoder]", "end")
	tab.Wait(`document.querySelectorAll(".msgs li").length === 2`)

	view("number")
	tab.Choose(".number [name=bits]", "16")
	tab.Type(".number [name=number]", "1")
	tab.WaitText(".mem", "0x0001")
	tab.Click(".number .btn")
	tab.WaitText(".mem", "0x0100")
	tab.Type(".number [name=struct]", "BQ")
	tab.WaitText(".number", "on the wire, packed: 9 bytes")
	tab.Type(".number [name=struct]", "x")
	tab.WaitText(".number .hint", "is no struct")

	view("dump")
	tab.Wait(`document.querySelector(".hex")`)
}
