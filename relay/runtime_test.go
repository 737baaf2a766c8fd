package main

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// A program on package net: its goroutines tell what it says, its threads what the
// kernel sees, and the one is followed to the other.
func TestRuntime(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace(1) is not installed")
	}
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone, {Width: 1440, Height: 900, Dark: true}} {
		tab := b.Open(t, base+"/lab/runtime", v)
		tab.WaitText(".p-source", "told.Listener(server)")
		runToEnd(tab)
		tab.WaitText(".lanes", "goroutine 1")
		tab.WaitText(".lanes", "thread 1")
		tab.WaitText(".p-log", "EAGAIN")
		fits(tab)
		name := fmt.Sprintf("runtime-%d-dark=%v", v.Width, v.Dark)
		tab.Shot(name + "-end")
		tab.Key(kb.Home)
		for range 60 {
			tab.Key(kb.ArrowRight)
		}
		tab.Shot(name + "-step")
		if v != browser.Desk {
			continue
		}
		// A Read that waited: which thread came back to it, what woke that, and who.
		tab.Key(kb.End)
		tab.Wait(`[...document.querySelectorAll(".p-log li")].some(li => /Read\(4, "[^"]/.test(li.textContent) && (li.click(), true))`)
		tab.Key("y")
		tab.WaitText(".p-kernel", "asked again: read(")
		tab.WaitText(".p-kernel", "epoll_wait")
		tab.WaitText(".p-kernel", "meanwhile")
		tab.Shot(name + "-why")
	}
}
