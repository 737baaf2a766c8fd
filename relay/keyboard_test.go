package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// A lab from its start to its end by the keyboard alone: run, walk, be asked. At each
// place all that can be pressed or set has a name for who can't see it, and the focus is
// where it was.
func TestALabByKeyboardAlone(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/first", browser.Desk)
	live(tab)
	const focus = `document.activeElement`
	for n := 0; tab.Eval(focus+`.matches(".runb")`) != "true"; n++ {
		if n > 30 {
			t.Fatal("the Tab key doesn't come to Run")
		}
		tab.Key(kb.Tab)
	}
	tab.Key(kb.Enter)
	tab.WaitText(".state", "recorded, ")
	if at := tab.Eval(focus + `.matches(".runb")`); at != "true" {
		t.Errorf("the focus went from Run to %s", tab.Eval(focus+`.outerHTML`))
	}
	named(tab)
	tab.Wait(`document.querySelector("#walk [role=status]").textContent`)
	for n := 0; tab.Count(".walk.recap") == "0"; n++ {
		if n > 10 {
			t.Fatal("the walk has no end")
		}
		said := tab.Text("#walk [role=status]")
		tab.Key("n")
		tab.Wait(`document.querySelector("#walk [role=status]").textContent !== ` + strconv.Quote(said))
	}
	named(tab)

	tab.Key("a")
	tab.Wait(`document.querySelector(".hides")`)
	for n := 0; tab.Count(".hides") != "0"; n++ {
		if n > 20 {
			t.Fatal("the questions have no end")
		}
		tab.Key(kb.End)
		tab.Wait(`document.querySelector(".lab.asking #ask")`)
		if n == 0 {
			named(tab)
		}
		if tab.Count("#ask .offers .btn") == "0" {
			tab.Key("a") // leads to the question
			tab.Wait(focus + `.id === "ask"`)
			tab.Key("3") // an fd
		} else {
			tab.Key("a")
		}
		tab.Wait(`document.querySelector("#ask .pri:enabled")`)
		tab.Key(kb.Enter)
		tab.Wait(`document.querySelector("#ask .note").textContent.includes("right")`)
		tab.Wait(focus + `.closest("#ask")`)
		tab.Key(kb.Enter)
		tab.Wait(focus + `.closest("#ask, .trans")`)
	}
	tab.Wait(`document.querySelector(".chips")`)

	// The Tab key goes through the page, and out of it; what has the focus is seen to. What
	// plays would make elements anew meanwhile.
	tab.Key(kb.End)
	tab.Wait(`!document.querySelector(".walk .chips [aria-current]") && document.querySelector(".pos").textContent.match(/^(\d+) of \1/)`)
	tab.Eval(`document.querySelector("a.brand").focus(), 0`)
	seen := map[string]bool{}
	for n := 0; n < 150; n++ {
		tab.Key(kb.Tab)
		at := tab.Eval(`(() => { const e = document.activeElement; if (e === document.body) return ""; const r = e.getBoundingClientRect()
			return (e.dataset.n ??= String(Math.random())) + " " + (r.width > 0 && r.height > 0 && getComputedStyle(e).outlineStyle !== "none" || e.matches(".vh")) + " " + e.outerHTML.slice(0, 120) })()`)
		id, rest, _ := strings.Cut(at, " ")
		if at == "" || seen[id] {
			break
		}
		seen[id] = true
		if visible, html, _ := strings.Cut(rest, " "); visible != "true" {
			t.Errorf("the focus isn't seen on %s", html)
		}
	}
	if len(seen) < 25 {
		t.Errorf("the Tab key comes to %d elements", len(seen))
	}

	tab.Navigate(base + "/lab/select") // it has knobs that most runs leave alone
	for _, says := range []string{"fewer", "more"} {
		tab.Wait(`document.querySelector(".knobs > .link")`)
		tab.Eval(`document.querySelector(".knobs > .link").focus(), 0`)
		tab.Key(kb.Enter)
		tab.Wait(focus + `.textContent === "` + says + `"`)
	}
}

// named fails where something that can be pressed or set has no name, and where a page
// lacks what a screen reader goes by.
func named(tab *browser.Tab) {
	tab.Helper()
	count := map[string]int{}
	for _, p := range tab.Parts() {
		count[p.Role]++
		if slices.Contains([]string{"button", "link", "combobox", "textbox", "checkbox", "tab", "img", "image", "group", "region", "table", "toolbar", "heading", "listbox"}, p.Role) && strings.TrimSpace(p.Name) == "" {
			tab.Errorf("a %s has no name", p.Role)
		}
	}
	for _, role := range []string{"main", "heading", "status", "toolbar", "table"} {
		if count[role] == 0 {
			tab.Errorf("the page has no %s; it has %v", role, count)
		}
	}
	if bare := tab.Eval(`[...document.querySelectorAll("[tabindex='0']:not([aria-label])")].map(e => e.id || e.className).join()`); bare != "" {
		tab.Errorf("the focus comes to what has no name: %s", bare)
	}
	if tab.Count("h1") != "1" {
		tab.Errorf("%s first headings", tab.Count("h1"))
	}
}
