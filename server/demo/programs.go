package demo

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"sockscope/server/told"
)

// Programs are all programs, in the order in which they are best read.
var Programs = []*Program{
	{
		Name: "web", File: "web.go",
		Doc: "tiny web server: one page, one client after another",
		Run: func(addr string, s Settings) { Web(addr) },
	},
	{
		Name: "get", File: "get.go",
		Doc: "its client: asks for the page, reads to end of file, prints it",
		Run: func(addr string, s Settings) { Get(addr) },
	},
	{
		Name: "echo", File: "echo.go",
		Doc:      "blocking echo server, one client after another",
		Settings: []Setting{{"backlog", "5", "clients that may wait to be accepted, 0 to 4096", number(0, 4096)}},
		Run:      func(addr string, s Settings) { Echo(addr, s.Int("backlog")) },
	},
	{
		Name: "spin", File: "spin.go",
		Doc: "echo server that polls each client without a pause: EAGAIN until bytes come",
		Run: func(addr string, s Settings) { Spin(addr) },
	},
	{
		Name: "select", File: "select.go",
		Doc:      "echo server for many clients in one thread, with select",
		Settings: []Setting{timeout},
		Run:      func(addr string, s Settings) { Select(addr, s.Duration("timeout")) },
	},
	{
		Name: "poll", File: "poll.go",
		Doc:      "echo server for many clients in one thread, with poll",
		Settings: []Setting{timeout},
		Run:      func(addr string, s Settings) { Poll(addr, s.Duration("timeout")) },
	},
	{
		Name: "epoll", File: "epoll.go",
		Doc:      "echo server for many clients in one thread, with epoll, level-triggered",
		Settings: []Setting{timeout, size},
		Run:      func(addr string, s Settings) { Epoll(addr, s.Duration("timeout"), s.Int("size")) },
	},
	{
		Name: "edge", File: "edge.go",
		Doc: "echo server for many clients in one thread, with epoll, edge-triggered",
		Settings: []Setting{timeout, size,
			{"bug", "false", "true: read once when told, not to EAGAIN", choice("false", "true")}},
		Run: func(addr string, s Settings) {
			Edge(addr, s.Duration("timeout"), s.Int("size"), s["bug"] == "true")
		},
	},
	{
		Name: "kqueue", File: "kqueue.go", Needs: Kqueue,
		Doc:      "echo server for many clients in one thread, with kqueue, of the BSDs and macOS",
		Settings: []Setting{timeout, size},
		Run:      func(addr string, s Settings) { KQueue(addr, s.Duration("timeout"), s.Int("size")) },
	},
	{
		Name: "net", File: "net.go", Needs: Strace,
		Doc: "echo server on Go's package net, with a goroutine for each client; strace takes its calls",
		Run: func(addr string, s Settings) { told.Exit(Net(addr)) },
	},
	{
		Name: "threads", File: "threads.go",
		Doc: "blocking echo server with a thread for each client",
		Run: func(addr string, s Settings) { Threads(addr) },
	},
	{
		Name: "watchful", File: "watchful.go",
		Doc:      "the same, but its first thread waits in select, with a timeout",
		Settings: []Setting{{"patience", "500ms", "how long it waits at once, 1ms to 1h", atLeast(time.Millisecond, time.Hour)}},
		Run:      func(addr string, s Settings) { Watchful(addr, s.Duration("patience")) },
	},
	{
		Name: "processes", File: "processes.go", Forks: true,
		Doc: "blocking echo server with a process for each client",
		Settings: []Setting{
			{"clients", "0", "ends after so many, up to 1000; 0 is never", number(0, 1000)},
			{"forget", "false", "true: the parent leaves its own fds of the connections open", choice("false", "true")}},
		Run: func(addr string, s Settings) {
			Processes(addr, s.Int("clients"), s["forget"] == "true")
		},
	},
	{
		Name: "two-ports", File: "twoports.go",
		Doc: "echo server on two ports, with one select for both",
		Settings: []Setting{timeout,
			{"other", "127.0.0.1:8021", "the second address, such as 127.0.0.1:8021", address}},
		Run: func(addr string, s Settings) { TwoPorts(addr, s["other"], s.Duration("timeout")) },
	},
	{
		Name: "timeouts", File: "timeouts.go",
		Doc:      "echoes four messages of one client, and waits for each in another way",
		Settings: []Setting{{"timeout", "100ms", "how long it waits at once, 1ms to 1h", atLeast(time.Millisecond, time.Hour)}},
		Run:      func(addr string, s Settings) { Timeouts(addr, s.Duration("timeout")) },
	},
	{
		Name: "client", File: "client.go",
		Doc:      "echo client: sends messages, reads each echo, closes",
		Settings: says(),
		Run:      func(addr string, s Settings) { Client(addr, s.messages()) },
	},
	{
		Name: "slow", File: "slow.go",
		Doc:      "echo client that pauses before each message",
		Settings: says(Setting{"pause", "20ms", "before each message, up to 1h", duration(time.Hour)}),
		Run:      func(addr string, s Settings) { Slow(addr, s.messages(), s.Duration("pause")) },
	},
	{
		Name: "dice", File: "dice.go",
		Doc: "echo client that rolls its messages and pauses, the same for the same seed",
		Settings: []Setting{
			{"messages", "3", "how many it sends, 0 to 1000", number(0, 1000)},
			{"bytes", "1500", "the size of the largest, 1 to 65536", number(1, 64<<10)},
			{"pause", "20ms", "the longest before a message, up to 1h", duration(time.Hour)},
			{"seed", "1", "0 to 4294967295", number(0, math.MaxUint32)},
		},
		Run: func(addr string, s Settings) {
			Dice(addr, s.Int("messages"), s.Int("bytes"), s.Duration("pause"), s.number("seed"))
		},
	},
	{
		Name: "reset", File: "reset.go",
		Doc:      "echo client that ends with RST: SO_LINGER 0, then close",
		Settings: says(),
		Run:      func(addr string, s Settings) { Reset(addr, s.messages()) },
	},
	{
		Name: "halfclose", File: "halfclose.go",
		Doc:      "echo client that sends all, half-closes, and reads to end of file",
		Settings: says(),
		Run:      func(addr string, s Settings) { HalfClose(addr, s.messages()) },
	},
	{
		Name: "many", File: "many.go",
		Doc:      "echo client with several connections in one thread, none of which it waits for alone",
		Settings: says(Setting{"connections", "4", "1 to 64", number(1, 64)}),
		Run: func(addr string, s Settings) {
			Many(addr, s.Int("connections"), s.messages())
		},
	},
	{
		Name: "receive", File: "receive.go",
		Doc:      "receives one number from one client and prints it",
		Settings: []Setting{bits, order},
		Run:      func(addr string, s Settings) { Receive(addr, s.Int("bits"), s.order()) },
	},
	{
		Name: "number", File: "number.go",
		Doc:      "sends one number",
		Settings: []Setting{{"number", "1", "0 to 4294967295; 16 bits take its low half", number(0, math.MaxUint32)}, bits, order},
		Run: func(addr string, s Settings) {
			Number(addr, s.number("number"), s.Int("bits"), s.order())
		},
	},
	{
		Name: "byteorder", File: "byteorder.go",
		Doc: "answers each number with its bytes in both orders",
		Run: func(addr string, s Settings) { ByteOrder(addr) },
	},
}

var (
	timeout = Setting{"timeout", "20s", "ends when nothing happened for that long; 0 is never", duration(24 * time.Hour)}
	size    = Setting{"size", "1024", "bytes that one recv takes at most, 1 to 65536", number(1, 64<<10)}

	bits  = Setting{"bits", "32", "size of the number: 16 or 32", choice("16", "32")}
	order = Setting{"order", "network", "which byte comes first: network, or host for this machine's", choice("network", "host")}
)

// number returns the value of a number of 32 bits.
func (s Settings) number(name string) uint32 {
	n, _ := strconv.ParseUint(s[name], 10, 32)
	return uint32(n)
}

// order returns the order of bytes; host is what this machine really has.
func (s Settings) order() binary.ByteOrder {
	if s["order"] == "host" {
		return binary.NativeEndian
	}
	return binary.BigEndian
}

// says returns the settings of a program that sends messages, and more.
func says(more ...Setting) []Setting {
	return append([]Setting{
		{"messages", "3", "how many of the built-in messages it sends, 0 to 1000", number(0, 1000)},
		{"bytes", "0", "the size of each instead of the built-in ones, up to 65536", number(0, 64<<10)},
		{"message", "", "the one message it sends instead, up to 1024 bytes", text(1024)},
	}, more...)
}

// tutorial are the built-in messages: those of the tutorial that the select
// server comes from.
var tutorial = [...]string{"This is the message", "It will be sent", "in parts"}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

// messages returns what a program with the settings of says sends.
func (s Settings) messages() []string {
	if s["message"] != "" {
		return []string{s["message"]}
	}
	list := make([]string, s.Int("messages"))
	size := s.Int("bytes")
	for i := range list {
		if list[i] = tutorial[i%len(tutorial)]; size > 0 {
			list[i] = strings.Repeat(alphabet[i%26:]+alphabet[:i%26], size/26+1)[:size]
		}
	}
	return list
}
