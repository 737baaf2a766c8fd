package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockscope/web/browser"
)

// dropped makes a log of strace's in the page, of about so many MiB, and drops it.
func dropped(tab *browser.Tab, size string) {
	tab.Helper()
	tab.Eval(`(() => {
		const line = i => "100 17" + String(Math.floor(i / 1000)).padStart(8, "0") + "." + String(i % 1000).padStart(3, "0") + "100 recvfrom(3, \"" + "x".repeat(900) + "\", 1024, 0, NULL, NULL) = 900 <0.000010>\n";
		const parts = ["100 1700000000.000000 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3 <0.000010>\n"];
		for (let i = 0; i < ` + size + ` * 1050; i++) parts.push(line(i));
		const data = new DataTransfer();
		data.items.add(new File(parts, "log"));
		window.dispatchEvent(new DragEvent("dragover", {dataTransfer: data, cancelable: true}));
		window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
	})()`)
}

// A log that is dropped on any page is read in pieces, says how far, and can be stopped:
// what was read shows.
func TestALogIsDropped(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/echo", browser.Desk)
	tab.WaitText(".status", "live")
	dropped(tab, "2")
	tab.Wait(`location.pathname === "/trace"`)
	tab.WaitText(".pos", "of 42")
	tab.WaitText(".p-log", "recv(3")
	fits(tab)

	tab.Eval(`(() => { window.said = new Set(); new MutationObserver(() => {
		const e = document.querySelector(".reading"); if (!e) return; said.add(e.querySelector("span").textContent);
		if (said.size === 3) e.querySelector("button").click(); }).observe(document.body, {subtree: true, childList: true, characterData: true}); })()`)
	dropped(tab, "20")
	tab.WaitText(".say", "reading was stopped")
	if said := tab.Eval(`[...said].join()`); !strings.Contains(said, " of 2") {
		t.Errorf("it said %s", said)
	}
}

// A trace that is chosen by the button is read in slices, too, and what was read shows
// when that is stopped.
func TestATraceIsChosen(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	file := filepath.Join(t.TempDir(), "long.trace")
	if err := os.WriteFile(file, longTrace(t, 60_000), 0o666); err != nil {
		t.Fatal(err)
	}
	tab := b.Open(t, base+"/lab/select", browser.Desk)
	tab.WaitText(".status", "live")
	tab.Upload(".filepick input", file)
	tab.WaitText(".pos", " of 600")
	tab.Wait(`document.querySelectorAll(".chips li").length > 3`)

	tab.Eval(`(new MutationObserver(() => document.querySelector(".reading button")?.click()).observe(document.body, {subtree: true, childList: true}), 0)`)
	tab.Upload(".filepick input", file)
	tab.WaitText(".say", "eading was stopped") // with what there was by then, or before there was any
}
