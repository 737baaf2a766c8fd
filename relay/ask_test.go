package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// Asked before showing, the page stops where select is about to return, takes a
// guess, and puts it beside what happened.
func TestAskBeforeShowing(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?timeout=100ms&clients=2", browser.Desk)
	runToEnd(tab)
	tab.Key("a")
	tab.WaitText(".scopehead", "asking first")
	waitPos(tab, 0)
	tab.Key(kb.End) // nothing goes past a question
	tab.Wait(`document.querySelector(".lab.asking #ask")`)
	tab.Key(kb.Home)
	waitPos(tab, 0)

	// Play until all questions were asked: light or choose, check, go on.
	asked := 0
	for range 20 {
		tab.Key("w")
		tab.Wait(`document.querySelector(".lab.asking") || document.querySelector(".ask") || document.querySelector(".p-log .cur")`)
		if tab.Count(".lab.asking") == "0" {
			break
		}
		asked++
		tab.Shot("asking")
		if tab.Eval(`[...document.querySelectorAll(".log .ahead")].some(e => getComputedStyle(e).visibility !== "hidden")`) != "false" {
			t.Fatal("the log shows what is still to be guessed")
		}
		if tab.Count("#ask.lights") == "1" {
			tab.Click(".out button.m")
			tab.Wait(`document.querySelector(".out button.m[aria-pressed=true]")`)
		} else {
			tab.Key("a")
			tab.Wait(`document.querySelector(".offers [aria-pressed=true]")`)
		}
		tab.Key(kb.Escape) // a guess can be left
		tab.Wait(`!document.querySelector(".lab.asking")`)
	}
	if asked == 0 {
		t.Fatal("nothing was asked")
	}

	tab.Click(`.scopehead [title="A"]`) // else the address would have it ask again
	tab.WaitText(".scopehead", "ask me first")
	tab.Reload()
	runToEnd(tab)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key("a")
	tab.Key("w")
	tab.Wait(`document.querySelector(".lab.asking")`)
	question := tab.Text("#ask b")
	if tab.Count("#ask.lights") == "1" {
		tab.Click(".out button.m")
	} else {
		tab.Key("a")
	}
	tab.Wait(`!document.querySelector("#ask .pri").disabled`)
	tab.Click("#ask .pri")
	tab.WaitText("#ask .note", "of 1 right")
	if tab.Eval(`[...document.querySelectorAll(".log .ahead")].some(e => getComputedStyle(e).visibility !== "hidden")`) != "false" {
		t.Error("beside an answer the log shows what the next question asks about")
	}
	tab.Shot("answered")
	tab.Eval(`[...document.querySelectorAll("#ask button")].find(b => b.textContent === "Ask again").click()`)
	tab.WaitText("#ask b", question)
	tab.Key(kb.Escape)
	tab.Key("a")
	tab.WaitText(".scopehead", "ask me first")
}

// Labs of blocking ask what they are about. The guess stays beside what happened.
func TestLabsAskWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	for _, c := range []struct{ url, asks, happened string }{
		{"/lab/iterative?clients=3&messages=1&pause=2s", "When is it accepted?", "When client"},
		{"/lab/spin?clients=1&pause=10ms", "How often in this trace, before its bytes come?", "times."},
		{"/lab/select?timeout=100ms", "What number does select", "."},
		{"/lab/edge?reads=once&timeout=100ms&clients=1", "Does epoll_wait return for them again?", "No: it sleeps until something new comes."},
		{"/lab/epoll?timeout=100ms&clients=1&messages=1", "Does epoll_wait return for them again?", "Yes, at once: they are unread."},
	} {
		tab := b.Open(t, base+c.url, browser.Desk)
		runToEnd(tab)
		tab.Key(kb.Home)
		waitPos(tab, 0)
		tab.Key("a")
		for range 6 { // play as fast as it goes
			tab.Key("]")
		}
		tab.Key(" ")
		for last := ""; ; {
			last = nextQuestion(tab, last)
			t.Logf("%s asks: %s", c.url, last)
			if strings.Contains(last, c.asks) {
				break
			}
			tab.Key(kb.Escape) // it plays on
		}
		guess := strings.TrimPrefix(tab.Text(".offers .btn"), "a") // its letter
		tab.Key("a")
		tab.Wait(`document.querySelector(".offers [aria-pressed=true]")`)
		tab.Key(kb.Enter)
		tab.WaitText("#ask .note", "of 1 right")
		tab.WaitText("#ask b", c.happened)
		if said := tab.Text("#ask p"); !strings.Contains(said, "As you said.") && !strings.Contains(said, "You said: "+guess) {
			t.Errorf("%s: guessed %q, and the page says %q", c.url, guess, said)
		}
		tab.Shot("ask-" + strings.SplitN(strings.TrimPrefix(c.url, "/lab/"), "?", 2)[0])
		tab.Close()
	}
}

// nextQuestion waits for the question after last, and returns its text with its place. While
// the page goes over to it, parts of both may be there: it has stood for some frames.
func nextQuestion(tab *browser.Tab, last string) string {
	tab.Helper()
	tab.Wait(fmt.Sprintf(`((seen) => {
		const asks = document.querySelector(".lab.asking #ask b")
		const now = asks ? asks.textContent + document.querySelector(".pos b").textContent : ""
		seen.frames = now === seen.text ? seen.frames + 1 : 0
		seen.text = now
		return now && now !== %q && seen.frames > 5
	})(window.seen ??= {})`, last))
	return tab.Eval(`window.seen.text`)
}

// From a call that slept, the reasons lead to who woke it.
func TestWhyItWoke(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/iterative", browser.Desk)
	runToEnd(tab)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key("w")
	tab.Eval(`[...document.querySelectorAll(".p-kernel .seg button")].find(b => b.textContent === "why").click()`)
	tab.WaitText(".why-chain", "connect")
	tab.WaitText(".why-chain", "echo.go:")
	tab.Shot("why")
	tab.Eval(`[...document.querySelectorAll(".why-chain button")].at(-1).click()`)
	tab.Wait(`document.querySelector(".lanes .on")`)
}

// What may be lit is in view when its question opens, on a phone too.
func TestWhatMayBeLitIsInView(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?timeout=100ms&clients=2", browser.Phone)
	askedFirst(tab)
	tab.Key("w")
	tab.Wait(`document.querySelector("#ask.lights")`)
	tab.Wait(`(()=>{
		const box = document.querySelector("#kernel").getBoundingClientRect(), m = document.querySelector(".out button.m").getBoundingClientRect()
		return m.top >= box.top - 1 && m.bottom <= box.bottom + 1 // px: scrolling goes by whole ones
	})()`)
	tab.Shot("asked-phone")
}

// With the focus on what is lit, Enter checks the guess, and the space bar changes it.
func TestEnterChecksWhereTheFocusIs(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/select?timeout=100ms&clients=2", browser.Desk)
	askedFirst(tab)
	for tab.Key("w"); ; tab.Key("w") {
		tab.Wait(`document.querySelector(".lab.asking")`)
		if tab.Count("#ask.lights") == "1" {
			break
		}
		tab.Key(kb.Escape)
		tab.Wait(`!document.querySelector(".lab.asking")`)
	}
	tab.Eval(`document.querySelector(".out button.m").focus()`)
	tab.Key(" ")
	tab.Wait(`document.querySelector(".out button.m").matches("[aria-pressed=true]:focus")`)
	tab.Key(" ")
	tab.Wait(`document.querySelector(".out button.m").matches("[aria-pressed=false]:focus")`)
	tab.Key(" ")
	tab.Wait(`document.querySelector(".out button.m").matches("[aria-pressed=true]:focus")`)
	tab.Key(kb.Enter)
	tab.WaitText("#ask .note", "of 1 right")
}

// The keys alone lead from question to question, and behind the last one on.
func TestEnterGoesOnFromAnAnswer(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/edge?reads=once&timeout=100ms&clients=1&messages=1", browser.Desk)
	askedFirst(tab)
	tab.Key(kb.End) // nothing goes past a question
	made := 0
	for onward := "Next question"; onward == "Next question"; {
		tab.Wait(`document.querySelector(".lab.asking #ask .offers .btn")`)
		tab.Eval(`document.querySelector("#ask .offers .btn").click()`)
		tab.Wait(`document.querySelector("#ask .pri:enabled")`)
		if made++; made == 1 { // a click leaves the focus where Enter goes on, too
			tab.Click("#ask .pri")
		} else {
			tab.Key(kb.Enter)
		}
		tab.WaitText("#ask .note", fmt.Sprintf("of %d right", made))
		onward = tab.Text("#ask .pri")
		tab.Key(kb.Enter)
	}
	if made < 2 {
		t.Errorf("only %d questions were asked", made)
	}
	tab.Wait(`!document.querySelector("#ask")`)
	if tab.Count(".why-chain button") != "0" {
		t.Error("Enter opened the causes")
	}
}

// askedFirst runs a lab to its end and goes back to the start, to be asked before
// what comes next shows.
func askedFirst(tab *browser.Tab) {
	runToEnd(tab)
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key("a")
	tab.WaitText(".scopehead", "asking first")
}
