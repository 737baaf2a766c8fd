package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/web/browser"
)

// mine connects as the page says that one can, with nc.
func mine(tab *browser.Tab) net.Conn {
	tab.Helper()
	words := strings.Fields(tab.Text(".cmd code"))
	conn, err := net.Dial("tcp", net.JoinHostPort(words[1], words[2]))
	if err != nil {
		tab.Fatal(err)
	}
	tab.Cleanup(func() { conn.Close() })
	return conn
}

// says sends text, and reads it back.
func says(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	fmt.Fprint(conn, text)
	if _, err := io.ReadFull(conn, make([]byte, len(text))); err != nil {
		t.Fatal(err)
	}
}

// Somebody's own client shows on the home page, and on the page of the server.
func TestWatchingAStandingServer(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t) // it counts who is connected
	for _, v := range []browser.View{browser.Desk, browser.Phone, {Width: 1440, Height: 900, Dark: true}} {
		home := b.Open(t, base+"/", v)
		home.WaitText(".own", "blocked in select")
		tab := b.Open(t, base+"/watch/mux", v)
		tab.WaitText(".state", "live")
		conn := mine(tab)
		addr := conn.LocalAddr().String()
		says(t, conn, "Hello from nc\n")
		tab.WaitText(".p-kernel thead", addr[strings.LastIndexByte(addr, ':')+1:])
		tab.WaitText(".p-log", "Hello from nc")
		tab.WaitText(".lanes li:nth-child(2)", addr)
		tab.WaitText(".lanes li:nth-child(2)", "14 B, not traced")
		tab.WaitText(".lanes li", "blocked in select")
		tab.WaitText(".bytes", "Hello")
		says(t, conn, "and again\n")
		tab.WaitText(".p-log", "and again")
		home.WaitText(".own", "1 client")
		fits(tab)
		fits(home)
		tab.Shot(fmt.Sprintf("watch-%d-dark=%v", v.Width, v.Dark))
		home.Shot(fmt.Sprintf("own-%d-dark=%v", v.Width, v.Dark))
		conn.Close()
		tab.WaitText(".p-log", "close(4)")
		tab.WaitText(".lanes li:nth-child(2)", "gone")
	}
	// From one server to the next.
	tab := b.Open(t, base+"/watch/mux", browser.Desk)
	tab.WaitText(".state", "live")
	for _, l := range lab.Standing[1:] {
		tab.Click("a[rel=next]")
		tab.WaitText(".q h1", l.Question)
		tab.WaitText(".state", "live")
		tab.WaitText(".lanes li", "blocked in")
	}
	tab.Click(".runb")
	tab.WaitText(".runb", "Watch")
	tab.Click(".runb")
	tab.WaitText(".state", "live")
}

func TestWatchingIsRefused(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-watch=false")
	tab := b.Open(t, base+"/watch/mux", browser.Desk)
	tab.WaitText(".say", "everyone's bytes")
	home := b.Open(t, base+"/", browser.Desk)
	home.WaitText(".own", "everyone's bytes")
	home.Shot("own-refused")
}
