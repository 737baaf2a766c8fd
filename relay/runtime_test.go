package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// A program on package net: its goroutines tell what it says, its threads what the
// kernel sees, and the one is followed to the other.
func TestRuntime(t *testing.T) {
	t.Parallel()
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
		for n := 0; !strings.Contains(tab.Eval(`document.querySelector(".p-log").textContent`), "EAGAIN"); n++ {
			if n == 3 {
				t.Fatal("no read of four runs came before its bytes")
			}
			runToEnd(tab) // a busy machine may have been late with each read
		}
		tab.WaitText(".p-log", "epoll_wait(") // of an epoll that this executable made before its main
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
		// A Read that waited, and the kernel's read beneath it. Which thread waited
		// for it is the scheduler's choice.
		tab.Key(kb.End)
		tab.Wait(`[...document.querySelectorAll(".p-log li")].some(li => /Read\(\d+, "[^"]/.test(li.textContent) && (li.click(), true))`)
		tab.Key("y")
		tab.WaitText(".p-kernel", "asked again: read(")
		tab.Shot(name + "-why")
	}
}
