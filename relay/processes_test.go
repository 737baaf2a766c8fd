package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"sockscope/web/browser"
)

// Parent and children have their own tables of fds, and the page shows them. What
// the parent forgets is still open in its table when the child has ended, and the
// client waits for the end of file until the parent ends, too.
func TestForkedTablesAreOnThePage(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/processes?clients=2&parent=forgets", browser.Desk)
	runToEnd(tab)
	tab.Shot("processes-end")

	// The children stand below their parent, above the clients.
	want := []string{"server", "child 1pid ", "child 2pid ", "client 1", "client 2"}
	names := strings.Split(tab.Eval(`[...document.querySelectorAll(".lanes b .wide")].map(e => e.textContent).join("|")`), "|")
	for i, name := range names {
		if len(names) != len(want) || !strings.HasPrefix(name, want[i]) {
			t.Fatalf("lanes %q, want %q", names, want)
		}
	}
	if log := tab.Text(".p-log"); !strings.Contains(log, "recv(3, \"\", 1024)= 0slept") {
		t.Errorf("no client slept until the end of file:\n%s", log)
	}

	// also returns what the table of the selected process says of its fds.
	also := func() string {
		return tab.Eval(`[...document.querySelectorAll(".kern tr")].filter(r => r.firstChild.innerText == "also open in").map(r => [...r.querySelectorAll("td:not(.ghost)")].map(d => d.innerText.trim()).join()).join("|")`)
	}
	// until goes on, step by step, until the log's current line says so.
	until := func(text string) {
		t.Helper()
		for _, of := pos(tab); ; {
			at, _ := pos(tab)
			if strings.Contains(tab.Text(".p-log .cur"), text) {
				return
			}
			if at == of {
				t.Fatalf("no step says %q", text)
			}
			tab.Key(kb.ArrowRight)
			waitPos(tab, at+1)
		}
	}
	tab.Key(kb.Home)
	waitPos(tab, 0)
	tab.Key(kb.ArrowRight)
	waitPos(tab, 1)
	until("starts as pid")
	if got := also(); got != "ch1,ch1" {
		t.Errorf("after the fork the server's fds 3 and 4 are also open in %q", got)
	}
	tab.Shot("processes-fork")
	tab.Key(kb.ArrowDown)
	tab.WaitText(".lanes .on", "child 1")
	if got := also(); got != "srv,srv" {
		t.Errorf("after the fork the child's fds 3 and 4 are also open in %q", got)
	}
	tab.Key(kb.ArrowUp)
	tab.WaitText(".lanes .on", "server")
	until("exited with 0")
	tab.Key("w")
	tab.Shot("processes-forgotten")
	if fds := tab.Text(".kern thead"); !strings.Contains(fds, "4") || !strings.Contains(fds, "client 1") {
		t.Errorf("what the parent forgot is not in its table: %q", fds)
	}
}
