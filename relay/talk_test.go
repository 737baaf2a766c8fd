package main

import (
	"strings"
	"testing"

	"sockscope/web/browser"
)

// The learner has the whole conversation with the robot, half a line among it, and then
// has their client upload a file that they choose.
func TestTalkAndUpload(t *testing.T) {
	t.Parallel()
	b, base := desk(t)
	tab := b.Open(t, base+"/lab/robot", browser.Desk)
	live(tab)
	tab.Key("r")
	button := func(name string) { press(tab, name) }
	say := func(text string) {
		t.Helper()
		tab.Type(".hands .msg input", text)
		button("send")
	}
	tab.Wait(`document.querySelector(".lanes li").textContent.includes("accept")`)
	button("socket")
	button("connect")
	button("recv")
	tab.WaitText(".talk li:last-child", "Welcome to call 10086")
	button("↵") // off
	say("hel")
	tab.WaitText(".talk li:last-child", "you · in one recv")
	button("↵")
	say("lo")
	button("recv")
	tab.WaitText(".talk li:last-child", "please re-enter↵")
	say("0")
	button("recv")
	tab.WaitText(".talk li:last-child", "An agent comes")
	tab.Shot("robot-talk")
	say("exit")
	tab.WaitText(".talk .end", "server has hung up")
	button("recv")
	button("close")
	tab.Wait(`document.querySelectorAll(".talk .us").length === 5`) // four sends, and the end
	said := tab.Eval(`[...document.querySelectorAll(".talk li code")].map(e => e.textContent).join("|")`)
	if want := "Welcome to call 10086: 0 for an agent, exit to leave↵|hel|lo↵|please re-enter↵|0↵|An agent comes. This call may be recorded↵|exit↵"; said != want {
		t.Errorf("the conversation is %q, not %q", said, want)
	}
	tab.Click(".runb")
	tab.WaitText(".state", "recorded, ")

	tab.Navigate(base + "/lab/upload?pause=0s")
	live(tab)
	tab.Eval(`(() => {
		const input = document.querySelector(".upload input"), files = new DataTransfer();
		files.items.add(new File([new Uint8Array(3000).fill(120)], "x.bin"));
		input.files = files.files;
		input.dispatchEvent(new Event("change"));
	})()`)
	tab.WaitText(".upload .what", "x.bin, 3,000 bytes")
	button("upload")
	tab.WaitText(".upload .same", "both sides have SHA-256 ")
	if text := tab.Text(".upload"); !strings.Contains(text, "3,000 of 3,000 bytes received") {
		t.Errorf("the page says %q", text)
	}
	tab.Shot("upload-done")
	tab.Click(".runb")
	tab.WaitText(".state", "recorded, ")

	// The sender of a number, and a client of UDP, are theirs, too.
	tab.Navigate(base + "/lab/byteorder?client=you")
	live(tab)
	tab.Key("r")
	tab.Wait(`document.querySelector(".lanes li").textContent.includes("accept")`)
	button("socket")
	button("connect")
	tab.Type(".hands .msg input", "1st")
	tab.WaitText(".hands .why", "is no whole number")
	tab.Type(".hands .msg input", "258")
	tab.WaitText(".hands .why", "in host order: 02 01")
	button("send")
	tab.WaitText(".printed", "513")
	button("close")
	tab.Click(".runb")
	tab.WaitText(".state", "recorded, ")

	tab.Navigate(base + "/lab/udp?client=you&pause=0s")
	live(tab)
	tab.Key("r")
	tab.Wait(`document.querySelector(".lanes li").textContent.includes("recvfrom")`)
	button("socket")
	button("connect")
	tab.Type(".hands .msg input", "exit")
	button("sendto")
	tab.WaitText(".lanes li", "exited")
	button("sendto")
	tab.WaitText(".letters li:nth-child(2) .dg", "not received yet")
	button("sendto")
	tab.WaitText(".dg.miss", "refused: nobody has that port")
	tab.WaitText(".dg.un", "ECONNREFUSED")
	button("close")
	tab.Click(".runb")
	tab.WaitText(".state", "recorded, ")
}
