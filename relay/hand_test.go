package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// side drives the bar of a side of a run by hand.
type side struct {
	tab *browser.Tab
	at  string // its selector
}

func sideOf(tab *browser.Tab, i int) side { return side{tab, fmt.Sprintf(".side:nth-child(%d)", i+1)} }

// ready waits until the side takes a call.
func (s side) ready() {
	s.tab.Helper()
	s.tab.Wait(`document.querySelector("` + s.at + ` .btn:enabled")`)
}

// call makes a call by its name, with the arguments as they stand.
func (s side) call(name string) {
	s.tab.Helper()
	s.ready()
	s.tab.Eval(`(() => { const e = document.querySelector("` + s.at + ` select");
		e.value = [...e.options].find(o => o.text === "` + name + `").value; e.dispatchEvent(new Event("change", {bubbles: true})) })()`)
	s.tab.Wait(`document.querySelector("` + s.at + ` .said").textContent.startsWith("` + name + `(")`)
	before := s.tab.Text(".state")
	s.press()
	s.tab.Wait(fmt.Sprintf(`document.querySelector(".state").textContent !== %q`, before)) // it has entered
}

func (s side) press() {
	s.tab.Helper()
	s.tab.Eval(`document.querySelector("` + s.at + ` .btn").click()`) // on a phone it may have to be scrolled to
}

// A visitor is server and client by hand: a side that sleeps says so and holds up no
// other, the kernel view follows, and what was done is saved as programs.
func TestByHandOnThePage(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		byHand(b.Open(t, base+"/hand", v))
	}
}

// byHand makes calls of both sides by hand.
func byHand(tab *browser.Tab) {
	t := tab.TB
	tab.WaitText(".status", "live")
	tab.Wait(`document.querySelector(".runb:enabled")`)
	fits(tab)
	tab.Key("r")
	A, B := sideOf(tab, 0), sideOf(tab, 1)
	A.ready()
	B.ready()
	A.call("socket")
	A.call("bind")
	A.call("listen")
	A.call("accept")
	tab.WaitText(A.at+" h3", "in accept until that returns")
	tab.Wait(`document.querySelector("` + A.at + ` .btn").disabled`)
	B.call("socket")
	B.call("connect")
	A.ready()
	B.call("send")
	A.call("recv")
	A.ready()
	tab.WaitText(".p-log", `recv(4, "Hello, world", 1024)`)
	tab.WaitText(".p-kernel thead", "side A")
	tab.Choose(B.at+" select", "1") // bind
	tab.Wait(`document.querySelector("` + B.at + ` .long input")`)
	tab.Type(B.at+" .long input", "localhost:80")
	B.press()
	tab.WaitText(B.at+" .said.bad", "is no address")
	fits(tab)
	tab.Shot("hand-" + tab.Eval(`innerWidth`))

	tab.Eval(`(() => { window.saved = {}; let last; URL.createObjectURL = (blob) => { last = blob; return "data:,"; };
			HTMLAnchorElement.prototype.click = function () { const name = this.download; last.text().then((text) => { saved[name.slice(name.lastIndexOf("."))] = text; }); }; })()`)
	for ending, of := range map[string]struct{ name, has string }{
		".go": {"Go", "fd4, _, err = syscall.Accept(fd3)"}, ".py": {"Python", "accept, fd3)"}, ".c": {"C", "n = accept(fd3, "},
	} {
		tab.Eval(`[...document.querySelectorAll(".saves button")].find(b => b.textContent === "` + of.name + `").click()`)
		tab.Wait(`saved["` + ending + `"]`)
		if text := tab.Eval(`saved["` + ending + `"]`); !strings.Contains(text, of.has) {
			t.Errorf("%s is\n%s", ending, text)
		}
	}
	tab.Click(".runb")
	tab.WaitText(".say", "was stopped")
	tab.WaitText(A.at+" h3", "over")
}

// All of it goes by keyboard alone, and each control has a name that says its side.
func TestByHandByKeyboard(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/hand", browser.Desk)
	tab.Wait(`document.querySelector(".runb:enabled")`)
	tab.Key("r")
	sideOf(tab, 1).ready()
	reach := func(selector string) {
		t.Helper()
		tab.Eval(`document.querySelector(".trans select").focus(), 0`)
		for range 30 {
			if tab.Eval(`document.activeElement.matches("`+selector+`")`) == "true" {
				return
			}
			tab.Key(kb.Tab)
		}
		t.Fatalf("Tab does not come to %s", selector)
	}
	reach(".side:nth-child(2) .btn")
	tab.Key(kb.Enter)
	tab.WaitText(".p-log", "socket(AF_INET, SOCK_STREAM, IPPROTO_IP)")
	sideOf(tab, 1).ready()
	tab.Wait(`document.querySelector(".side:nth-child(2) .long input")`) // connect comes next
	reach(".side:nth-child(2) .long input")
	tab.Key(kb.Enter)
	tab.WaitText(".p-log", "ECONNREFUSED")
	var names []string
	for _, p := range tab.Parts() {
		names = append(names, p.Role+" "+p.Name)
	}
	for _, want := range []string{"region side A", "region side B", "combobox call", "combobox domain", "textbox bytes", "button Make the call socket on side A"} {
		if !slices.Contains(names, want) {
			t.Errorf("nothing is %q", want)
		}
	}
	named(tab)
}
