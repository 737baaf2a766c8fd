package demo

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sockscope/server/demo/answer"
	"sockscope/server/demo/apart"
	"sockscope/server/demo/buffered"
	"sockscope/server/demo/bulk"
	"sockscope/server/demo/byteorder"
	"sockscope/server/demo/caller"
	"sockscope/server/demo/client"
	"sockscope/server/demo/count"
	"sockscope/server/demo/deaf"
	"sockscope/server/demo/dice"
	"sockscope/server/demo/drain"
	"sockscope/server/demo/duplex"
	"sockscope/server/demo/echo"
	"sockscope/server/demo/edge"
	"sockscope/server/demo/emfile"
	"sockscope/server/demo/epoll"
	"sockscope/server/demo/errors"
	"sockscope/server/demo/exclusive"
	"sockscope/server/demo/failing"
	"sockscope/server/demo/families"
	"sockscope/server/demo/familiesclient"
	"sockscope/server/demo/flood"
	"sockscope/server/demo/framed"
	"sockscope/server/demo/gather"
	"sockscope/server/demo/get"
	"sockscope/server/demo/goodbye"
	"sockscope/server/demo/halfclose"
	"sockscope/server/demo/halfopen"
	"sockscope/server/demo/hasty"
	"sockscope/server/demo/herd"
	"sockscope/server/demo/hoard"
	"sockscope/server/demo/kqueue"
	"sockscope/server/demo/late"
	"sockscope/server/demo/lateack"
	"sockscope/server/demo/many"
	inbox "sockscope/server/demo/messages"
	netecho "sockscope/server/demo/net"
	"sockscope/server/demo/number"
	"sockscope/server/demo/numbers"
	"sockscope/server/demo/options"
	"sockscope/server/demo/optionsclient"
	"sockscope/server/demo/pair"
	"sockscope/server/demo/parts"
	"sockscope/server/demo/patient"
	"sockscope/server/demo/poll"
	"sockscope/server/demo/pool"
	"sockscope/server/demo/pour"
	"sockscope/server/demo/prefork"
	"sockscope/server/demo/processes"
	"sockscope/server/demo/put"
	"sockscope/server/demo/race"
	"sockscope/server/demo/receive"
	"sockscope/server/demo/reset"
	"sockscope/server/demo/restart"
	"sockscope/server/demo/reuseport"
	"sockscope/server/demo/robot"
	selects "sockscope/server/demo/select"
	"sockscope/server/demo/shared"
	"sockscope/server/demo/sigpipe"
	"sockscope/server/demo/slow"
	"sockscope/server/demo/spin"
	"sockscope/server/demo/threads"
	"sockscope/server/demo/timeouts"
	"sockscope/server/demo/twoports"
	"sockscope/server/demo/udp"
	"sockscope/server/demo/udpclient"
	"sockscope/server/demo/unread"
	"sockscope/server/demo/upload"
	"sockscope/server/demo/wake"
	"sockscope/server/demo/watchful"
	"sockscope/server/demo/web"
	"sockscope/server/knob"
	"sockscope/server/socket"
	"sockscope/server/store"
	"sockscope/server/told"
)

// Programs are all programs, in the order in which they are best read.
var Programs = []*Program{
	{
		Name: "web",
		Doc:  "tiny web server: one page, one client after another",
		Run:  func(addr string, v knob.Values) { web.Serve(addr) },
	},
	{
		Name: "get",
		Doc:  "its client: asks for the page, reads to end of file, prints it",
		Run:  func(addr string, v knob.Values) { get.Talk(addr) },
	},
	{
		Name: "echo", Follows: "web",
		Doc:      "blocking echo server, one client after another",
		Settings: []knob.Knob{backlog},
		Run:      func(addr string, v knob.Values) { echo.Serve(addr, v.Int("backlog")) },
	},
	{
		Name: "restart", Follows: "web",
		Doc: "serves one client, and starts again at the same address",
		Settings: []knob.Knob{backlog,
			{Name: "reuse", Default: "true", Label: "true: its first start sets SO_REUSEADDR, too", Type: knob.Choice, Offers: []string{"false", "true"}}},
		Run: func(addr string, v knob.Values) {
			restart.Serve(addr, v.Int("backlog"), v["reuse"] == "true")
		},
	},
	{
		Name: "spin", Follows: "echo",
		Doc:      "echo server that polls each client without a pause: EAGAIN until bytes come",
		Settings: []knob.Knob{backlog},
		Run:      func(addr string, v knob.Values) { spin.Serve(addr, v.Int("backlog")) },
	},
	{
		Name: "threads", Follows: "echo",
		Doc:      "blocking echo server with a thread for each client",
		Settings: []knob.Knob{backlog},
		Run:      func(addr string, v knob.Values) { threads.Serve(addr, v.Int("backlog")) },
	},
	{
		Name: "robot", Follows: "threads",
		Doc: "call-centre robot, a conversation with each client: 0 for an agent, exit to leave",
		Settings: []knob.Knob{backlog,
			{Name: "entry", Default: "line", Label: "what is one entry of a caller: a line, or what one recv returns", Type: knob.Choice, Offers: []string{"line", "recv"}},
			silence},
		Run: func(addr string, v knob.Values) {
			robot.Serve(addr, v.Int("backlog"), v["entry"] == "line", v.Duration("silence"))
		},
	},
	{
		Name: "upload", Follows: "robot",
		Doc: "takes files: a header, post|name|size, is answered with ok, and the bytes follow",
		Settings: []knob.Knob{
			{Name: "dir", Label: "the directory that keeps them; without one they are counted", Type: knob.Text, Max: 4096},
			{Name: "most", Default: "67108864", Label: "bytes that a file may have", Type: knob.Int, Max: math.MaxInt32},
			{Name: "pause", Default: "0s", Label: "before it receives from a client", Type: knob.Duration, Max: int64(time.Hour)},
			silence},
		Run: func(addr string, v knob.Values) {
			upload.Serve(addr, opened(v["dir"], v.Int("most")), v.Duration("pause"), v.Duration("silence"))
		},
	},
	{
		Name: "watchful", Follows: "threads",
		Doc:      "the same, but its first thread waits in select, with a timeout",
		Settings: []knob.Knob{backlog, waits("patience", "500ms")},
		Run:      func(addr string, v knob.Values) { watchful.Serve(addr, v.Int("backlog"), v.Duration("patience")) },
	},
	{
		Name: "wake", Follows: "threads",
		Doc: "receives one message in a thread that another one tries to wake",
		Settings: []knob.Knob{backlog, waits("pause", "20ms"),
			{Name: "how", Default: "close", Label: "what is to wake it", Type: knob.Choice, Offers: []string{"close", "shutdown", "eventfd", "signal"}}},
		Run: func(addr string, v knob.Values) {
			wake.Serve(addr, v.Int("backlog"), v.Duration("pause"), v["how"])
		},
	},
	{
		Name: "processes", Follows: "threads", Forks: true,
		Doc: "blocking echo server with a process for each client",
		Settings: []knob.Knob{backlog,
			{Name: "clients", Default: "0", Label: "ends after so many; 0 is never", Type: knob.Int, Max: 1000},
			flag("forget", "true: the parent leaves its own fds of the connections open")},
		Run: func(addr string, v knob.Values) {
			processes.Serve(addr, v.Int("backlog"), v.Int("clients"), v["forget"] == "true")
		},
	},
	{
		Name: "prefork", Follows: "processes", Forks: true,
		Doc:      "echo server with several processes, made before any client, in accept of one listener",
		Settings: []knob.Knob{backlog, workers},
		Run:      func(addr string, v knob.Values) { prefork.Serve(addr, v.Int("backlog"), v.Int("workers")) },
	},
	{
		Name: "herd", Follows: "prefork", Forks: true,
		Doc:      "the same, but they wait in select: all are woken for one client",
		Settings: []knob.Knob{backlog, workers},
		Run:      func(addr string, v knob.Values) { herd.Serve(addr, v.Int("backlog"), v.Int("workers")) },
	},
	{
		Name: "exclusive", Follows: "herd", Forks: true,
		Doc:      "the same with epoll and EPOLLEXCLUSIVE: one is woken",
		Settings: []knob.Knob{backlog, workers},
		Run:      func(addr string, v knob.Values) { exclusive.Serve(addr, v.Int("backlog"), v.Int("workers")) },
	},
	{
		Name: "reuseport", Follows: "prefork", Forks: true,
		Doc:      "the same with a listener for each: SO_REUSEPORT",
		Settings: []knob.Knob{backlog, workers},
		Run:      func(addr string, v knob.Values) { reuseport.Serve(addr, v.Int("backlog"), v.Int("workers")) },
	},
	{
		Name: "race", Follows: "threads",
		Doc: "counts its clients in threads, with a lock or without one",
		Settings: []knob.Knob{backlog, visitors, waits("pause", "50ms"),
			flag("lock", "true: a lock is held from the read to the write"),
			{Name: "join", Default: "true", Label: "true: it waits for its threads before it ends", Type: knob.Choice, Offers: []string{"false", "true"}}},
		Run: func(addr string, v knob.Values) {
			race.Serve(addr, v.Int("backlog"), v.Int("clients"), v.Duration("pause"), v["lock"] == "true", v["join"] == "true")
		},
	},
	{
		Name: "apart", Follows: "processes", Forks: true,
		Doc:      "counts its clients in processes, which share no memory",
		Settings: []knob.Knob{backlog, visitors},
		Run:      func(addr string, v knob.Values) { apart.Serve(addr, v.Int("backlog"), v.Int("clients")) },
	},
	{
		Name: "shared", Follows: "apart", Forks: true,
		Doc:      "the same in memory that is mapped into each of them",
		Settings: []knob.Knob{backlog, visitors},
		Run:      func(addr string, v knob.Values) { shared.Serve(addr, v.Int("backlog"), v.Int("clients")) },
	},
	{
		Name: "pool", Follows: "race",
		Doc: "counts its clients in a pool of threads, each for itself",
		Settings: []knob.Knob{backlog, visitors, waits("pause", "50ms"),
			{Name: "workers", Default: "2", Label: "how many threads it makes", Type: knob.Int, Min: 1, Max: 8}},
		Run: func(addr string, v knob.Values) {
			pool.Serve(addr, v.Int("backlog"), v.Int("clients"), v.Int("workers"), v.Duration("pause"))
		},
	},
	{
		Name: "net", Follows: "threads", Needs: Strace,
		Doc: "echo server on Go's package net, with a goroutine for each client; strace takes its calls",
		Run: func(addr string, v knob.Values) { told.Exit(netecho.Serve(addr)) },
	},
	{
		Name: "select", Follows: "echo",
		Doc:      "echo server for many clients in one thread, with select",
		Settings: []knob.Knob{backlog, timeout},
		Run:      selecting(func(addr string, v knob.Values) { selects.Serve(addr, v.Int("backlog"), v.Duration("timeout")) }),
	},
	{
		Name: "two-ports", Follows: "select",
		Doc: "echo server on two ports, with one select for both",
		Settings: []knob.Knob{backlog, timeout,
			{Name: "other", Default: "127.0.0.1:8021", Label: "the second address", Type: knob.Address}},
		Run: selecting(func(addr string, v knob.Values) {
			twoports.Serve(addr, v["other"], v.Int("backlog"), v.Duration("timeout"))
		}),
	},
	{
		Name: "byteorder", Follows: "select",
		Doc:      "answers each number with its bytes in both orders",
		Settings: []knob.Knob{backlog},
		Run:      selecting(func(addr string, v knob.Values) { byteorder.Serve(addr, v.Int("backlog")) }),
	},
	{
		Name: "poll", Follows: "select",
		Doc:      "echo server for many clients in one thread, with poll",
		Settings: []knob.Knob{backlog, timeout},
		Run:      func(addr string, v knob.Values) { poll.Serve(addr, v.Int("backlog"), v.Duration("timeout")) },
	},
	{
		Name: "emfile", Follows: "poll",
		Doc: "echo server that runs out of fds, with poll",
		Settings: []knob.Knob{backlog, timeout,
			{Name: "cure", Default: "none", Label: "what it does then: gives up a spare fd, or puts the listener aside", Type: knob.Choice, Offers: []string{"none", "spare", "aside"}},
			{Name: "files", Default: "6", Label: "its limit of fds, as by ulimit -n", Type: knob.Int, Min: 5, Max: socket.FD_SETSIZE}},
		Run: func(addr string, v knob.Values) {
			limit(v.Int("files"))
			emfile.Serve(addr, v.Int("backlog"), v.Duration("timeout"), v["cure"])
		},
	},
	{
		Name: "epoll", Follows: "poll",
		Doc:      "echo server for many clients in one thread, with epoll, level-triggered",
		Settings: []knob.Knob{backlog, timeout, size},
		Run: func(addr string, v knob.Values) {
			epoll.Serve(addr, v.Int("backlog"), v.Duration("timeout"), v.Int("size"))
		},
	},
	{
		Name: "edge", Follows: "epoll",
		Doc:      "echo server for many clients in one thread, with epoll, edge-triggered",
		Settings: []knob.Knob{backlog, timeout, size, flag("bug", "true: read once when told, not to EAGAIN")},
		Run: func(addr string, v knob.Values) {
			edge.Serve(addr, v.Int("backlog"), v.Duration("timeout"), v.Int("size"), v["bug"] == "true")
		},
	},
	{
		Name: "kqueue", Follows: "epoll", Needs: Kqueue,
		Doc:      "echo server for many clients in one thread, with kqueue, of the BSDs and macOS",
		Settings: []knob.Knob{backlog, timeout, size},
		Run: func(addr string, v knob.Values) {
			kqueue.Serve(addr, v.Int("backlog"), v.Duration("timeout"), v.Int("size"))
		},
	},
	{
		Name: "timeouts", Follows: "echo",
		Doc:      "echoes four messages of one client, and waits for each in another way",
		Settings: []knob.Knob{backlog, waits("timeout", "100ms")},
		Run:      selecting(func(addr string, v knob.Values) { timeouts.Serve(addr, v.Int("backlog"), v.Duration("timeout")) }),
	},
	{
		Name: "receive", Follows: "echo",
		Doc:      "receives one number from one client and prints it",
		Settings: []knob.Knob{backlog, bits, order},
		Run:      func(addr string, v knob.Values) { receive.Serve(addr, v.Int("backlog"), v.Int("bits"), orderOf(v)) },
	},
	{
		Name: "count", Follows: "echo",
		Doc:      "counts what a client sends, and says how much it was at the end",
		Settings: []knob.Knob{backlog},
		Run:      func(addr string, v knob.Values) { count.Serve(addr, v.Int("backlog")) },
	},
	{
		Name: "messages", Follows: "receive",
		Doc: "receives messages from one client, in the frames that it was told, and prints each",
		Settings: []knob.Knob{backlog, framing, size,
			{Name: "pause", Default: "0s", Label: "how long it does something else before each recv", Type: knob.Duration, Max: int64(time.Hour)}},
		Run: func(addr string, v knob.Values) {
			inbox.Serve(addr, v.Int("backlog"), v["framing"], v.Int("size"), v.Duration("pause"))
		},
	},
	{
		Name: "udp", Follows: "echo",
		Doc: "echo server over UDP, for everybody at once; ends when one says exit",
		Settings: []knob.Knob{
			{Name: "buffer", Default: "0", Label: "SO_RCVBUF, as it is told the kernel; 0 leaves it", Type: knob.Int, Max: 1 << 20}, size,
			{Name: "pause", Default: "0s", Label: "how long it is silent before its first recvfrom", Type: knob.Duration, Max: int64(time.Hour)}},
		Run: func(addr string, v knob.Values) {
			udp.Serve(addr, v.Int("buffer"), v.Int("size"), v.Duration("pause"))
		},
	},
	{
		Name: "goodbye", Follows: "echo",
		Doc:      "receives one message from each client, and closes",
		Settings: []knob.Knob{backlog},
		Run:      func(addr string, v knob.Values) { goodbye.Serve(addr, v.Int("backlog")) },
	},
	{
		Name: "drain", Follows: "receive",
		Doc: "receives all that one client sends, after a while, and prints how much that was",
		Settings: []knob.Knob{backlog, size,
			{Name: "buffer", Default: "65536", Label: "bytes of the kernel's receive buffer; Linux doubles it", Type: knob.Int, Min: 1, Max: 64 << 20},
			{Name: "pause", Default: "100ms", Label: "how long it does something else first", Type: knob.Duration, Max: int64(time.Hour)}},
		Run: func(addr string, v knob.Values) {
			drain.Serve(addr, v.Int("backlog"), v.Int("buffer"), v.Int("size"), v.Duration("pause"))
		},
	},
	{
		Name: "flood", Follows: "count",
		Doc:      "sends a client as much as it gets from it, and sends first",
		Settings: []knob.Knob{backlog, amount, flag("turns", "true: it receives first")},
		Run: func(addr string, v knob.Values) {
			flood.Serve(addr, v.Int("backlog"), v.Int("bytes"), v["turns"] == "true")
		},
	},
	{
		Name: "options", Follows: "echo",
		Doc: "asks for options of a connection, sets them, asks again, and fills the buffers",
		Settings: []knob.Knob{backlog,
			{Name: "buffer", Default: "4096", Label: "SO_SNDBUF and SO_RCVBUF, as it is told the kernel", Type: knob.Int, Min: 1, Max: 1 << 20},
			{Name: "linger", Default: "0", Label: "SO_LINGER in seconds; -1 is off", Type: knob.Int, Min: -1, Max: 60}},
		Run: func(addr string, v knob.Values) {
			options.Serve(addr, v.Int("backlog"), v.Int("buffer"), v.Int("linger"))
		},
	},
	{
		Name: "families", Follows: "echo", AnyFamily: true,
		Doc:      "echo server of any family of addresses and any type of socket",
		Settings: []knob.Knob{socketType, {Name: "pause", Default: "0s", Label: "how long it is silent before it receives", Type: knob.Duration, Max: int64(time.Hour)}},
		Run:      func(addr string, v knob.Values) { families.Serve(addr, typeOf(v), v.Duration("pause")) },
	},
	{
		Name: "answer", Follows: "echo", Needs: Linux,
		Doc:      "answers requests that say how long they are",
		Settings: []knob.Knob{backlog, flag("quick", "true: has the kernel acknowledge at once (TCP_QUICKACK)")},
		Run:      func(addr string, v knob.Values) { answer.Serve(addr, v.Int("backlog"), v["quick"] == "true") },
	},
	{
		Name: "deaf", Follows: "echo",
		Doc:      "blocking echo server that accepts nobody for a while",
		Settings: []knob.Knob{backlog, pause("before the first accept")},
		Run:      func(addr string, v knob.Values) { deaf.Serve(addr, v.Int("backlog"), v.Duration("pause")) },
	},
	{
		Name: "errors", Follows: "goodbye",
		Doc: "fails to bind and to accept, and resets one client",
		Settings: []knob.Knob{backlog,
			{Name: "files", Default: "5", Label: "its limit of fds, as by ulimit -n", Type: knob.Int, Min: 5, Max: socket.FD_SETSIZE}},
		Run: func(addr string, v knob.Values) {
			limit(v.Int("files"))
			errors.Serve(addr, v.Int("backlog"))
		},
	},
	{
		Name: "client", Follows: "get",
		Doc:      "echo client: sends messages, reads each echo, closes",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { client.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "caller", Follows: "client",
		Doc: "the robot's caller: reads a line before each entry of its own",
		Settings: []knob.Knob{
			{Name: "say", Default: "hello,0,exit", Label: "its entries, with commas between them", Type: knob.Text, Max: 1024},
			{Name: "pieces", Default: "lines", Label: "what one send has: a line, half of one, a byte, or all lines", Type: knob.Choice, Offers: []string{"lines", "halves", "bytes", "all"}},
			pause("between the pieces of a line")},
		Run: func(addr string, v knob.Values) {
			caller.Talk(addr, entriesOf(v["say"], v["pieces"]), v.Duration("pause"))
		},
	},
	{
		Name: "put", Follows: "client",
		Doc: "sends a file to upload: the header, and behind the answer 1,024 bytes at a time",
		Settings: []knob.Knob{
			{Name: "name", Default: "notes.txt", Label: "what the file is called", Type: knob.Text, Max: 1024},
			{Name: "bytes", Default: "3000", Label: "how many it has", Type: knob.Int, Max: 64 << 20},
			{Name: "holds", Default: "text", Label: "what they are", Type: knob.Choice, Offers: []string{"text", "digits"}},
			{Name: "end", Default: "nothing", Label: "what ends the header", Type: knob.Choice, Offers: []string{"nothing", "newline"}},
			{Name: "wait", Default: "true", Label: "false: the file follows at once", Type: knob.Choice, Offers: []string{"true", "false"}}},
		Run: func(addr string, v knob.Values) {
			end := map[string]string{"newline": "\n"}[v["end"]]
			put.Talk(addr, v["name"], fileOf(v["holds"], v.Int("bytes")), end, v["wait"] == "true")
		},
	},
	{
		Name: "slow", Follows: "client",
		Doc:      "echo client that pauses before each message",
		Settings: messages(pause("before each message")),
		Run:      func(addr string, v knob.Values) { slow.Talk(addr, messagesOf(v), v.Duration("pause")) },
	},
	{
		Name: "late", Follows: "slow",
		Doc:      "sends one message late, and waits for no echo",
		Settings: []knob.Knob{pause("before the message")},
		Run:      func(addr string, v knob.Values) { late.Talk(addr, v.Duration("pause")) },
	},
	{
		Name: "dice", Follows: "slow",
		Doc: "echo client that rolls its messages and pauses, the same for the same seed",
		Settings: []knob.Knob{
			{Name: "messages", Default: "3", Label: "how many it sends", Type: knob.Int, Max: 1000},
			{Name: "bytes", Default: "1500", Label: "the size of the largest", Type: knob.Int, Min: 1, Max: 64 << 10},
			pause("the longest before a message"),
			{Name: "seed", Default: "1", Label: "what the dice begin with", Type: knob.Int, Max: math.MaxUint32},
		},
		Run: func(addr string, v knob.Values) {
			dice.Talk(addr, v.Int("messages"), v.Int("bytes"), v.Duration("pause"), uint32Of(v, "seed"))
		},
	},
	{
		Name: "reset", Follows: "client",
		Doc:      "echo client that ends with RST: SO_LINGER 0, then close",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { reset.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "unread", Follows: "client",
		Doc:      "echo client that closes while the echo is there and not received: RST",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { unread.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "halfclose", Follows: "client",
		Doc:      "echo client that sends all, half-closes, and reads to end of file",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { halfclose.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "hasty", Follows: "halfclose",
		Doc:      "sends all and closes: it hears no answer",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { hasty.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "buffered", Follows: "client",
		Doc: "echo client with a buffer of its own in front of send",
		Settings: messages(
			knob.Knob{Name: "buffer", Default: "4096", Label: "bytes of the buffer", Type: knob.Int, Min: 1, Max: 64 << 10},
			flag("flush", "true: it flushes the buffer after each message")),
		Run: func(addr string, v knob.Values) {
			buffered.Talk(addr, messagesOf(v), v.Int("buffer"), v["flush"] == "true")
		},
	},
	{
		Name: "bulk", Follows: "halfclose",
		Doc: "sends more bytes than the kernel has room for",
		Settings: []knob.Knob{amount,
			{Name: "buffer", Default: "65536", Label: "bytes of the kernel's send buffer; Linux doubles it", Type: knob.Int, Min: 1, Max: 64 << 20},
			flag("blocking", "true: send waits until it has taken all")},
		Run: func(addr string, v knob.Values) {
			bulk.Talk(addr, letters(v.Int("bytes")), v.Int("buffer"), v["blocking"] == "true")
		},
	},
	{
		Name: "pour", Follows: "halfclose",
		Doc:      "sends a server as much as it gets from it, and sends first",
		Settings: []knob.Knob{amount},
		Run:      func(addr string, v knob.Values) { pour.Talk(addr, v.Int("bytes")) },
	},
	{
		Name: "duplex", Follows: "pour",
		Doc:      "the same, but it receives while it sends, with select",
		Settings: []knob.Knob{amount},
		Run:      selecting(func(addr string, v knob.Values) { duplex.Talk(addr, v.Int("bytes")) }),
	},
	{
		Name: "pair", Follows: "pour",
		Doc:      "the same, but one thread sends and another receives",
		Settings: []knob.Knob{amount},
		Run:      func(addr string, v knob.Values) { pair.Talk(addr, v.Int("bytes")) },
	},
	{
		Name: "framed", Follows: "halfclose",
		Doc: "sends five messages, each in a frame",
		Settings: []knob.Knob{framing,
			{Name: "piece", Default: "0", Label: "bytes of a send; 0 is a send a message", Type: knob.Int, Max: 1024},
			pause("after each send")},
		Run: func(addr string, v knob.Values) {
			framed.Talk(addr, fiveMessages[:], v["framing"], v.Int("piece"), v.Duration("pause"))
		},
	},
	{
		Name: "failing", Follows: "client",
		Doc:      "makes calls that fail, each for a reason of its own",
		Settings: []knob.Knob{{Name: "nobody", Default: "127.0.0.1:1", Label: "an address at which nobody listens", Type: knob.Address}},
		Run:      func(addr string, v knob.Values) { failing.Talk(addr, v["nobody"]) },
	},
	{
		Name: "sigpipe", Follows: "client",
		Doc: "sends on when its peer has closed, and is ended by SIGPIPE",
		Settings: []knob.Knob{{Name: "guard", Default: "nothing", Label: "what it does about the signal", Type: knob.Choice,
			Offers: []string{"nothing", "MSG_NOSIGNAL", "SIG_IGN"}}},
		Run: func(addr string, v knob.Values) { sigpipe.Talk(addr, v["guard"]) },
	},
	{
		Name: "numbers", Follows: "halfclose",
		Doc: "sends many numbers, as text or as binary, and prints what the server says",
		Settings: []knob.Knob{
			{Name: "count", Default: "100", Label: "how many numbers", Type: knob.Int, Max: 10_000},
			{Name: "most", Default: "9999", Label: "the largest that there can be", Type: knob.Int, Max: math.MaxUint32},
			{Name: "spread", Default: "small", Label: "even: each number as often; small: each count of digits as often", Type: knob.Choice, Offers: []string{"even", "small"}},
			{Name: "form", Default: "text", Label: "a line each, or so many bits", Type: knob.Choice, Offers: []string{"text", "32", "64"}},
			{Name: "seed", Default: "1", Label: "what the dice begin with", Type: knob.Int, Max: math.MaxUint32},
		},
		Run: func(addr string, v knob.Values) { numbers.Talk(addr, numbersOf(v), v["form"]) },
	},
	{
		Name: "parts", Follows: "client",
		Doc:      "sends each message as a request in two sends, and waits for its answer",
		Settings: messages(flag("nodelay", "true: small segments leave at once (TCP_NODELAY)")),
		Run:      func(addr string, v knob.Values) { parts.Talk(addr, messagesOf(v), v["nodelay"] == "true") },
	},
	{
		Name: "gather", Follows: "parts",
		Doc:      "the same with one writev for both parts",
		Settings: messages(),
		Run:      func(addr string, v knob.Values) { gather.Talk(addr, messagesOf(v)) },
	},
	{
		Name: "patient", Follows: "client",
		Doc: "echo client that waits for more than comes, until the kernel gives the peer up",
		Settings: []knob.Knob{
			{Name: "message", Default: "Hello", Label: "the message that it sends", Type: knob.Text, Min: 1, Max: 1024},
			flag("alive", "true: the kernel asks whether the peer is there, each second (SO_KEEPALIVE)"),
			{Name: "limit", Default: "0s", Label: "how long sent bytes may wait for their ACK (TCP_USER_TIMEOUT); 0s is the kernel's own", Type: knob.Duration, Max: int64(time.Hour)},
			flag("sends", "true: it sends once more before it waits"),
			pause("after the echo"),
			{Name: "patience", Default: "4s", Label: "how long it waits at most; 0s is for ever", Type: knob.Duration, Max: int64(time.Hour)},
		},
		Run: func(addr string, v knob.Values) {
			patient.Talk(addr, v["message"], v["alive"] == "true", v["sends"] == "true", v.Duration("limit"), v.Duration("pause"), v.Duration("patience"))
		},
	},
	{
		Name: "half-open", Follows: "client",
		Doc: "sends a SYN and never finishes the handshake",
		Settings: []knob.Knob{
			{Name: "own", Default: "127.0.0.66:0", Label: "its own address, for which nothing arrives", Type: knob.Address},
			{Name: "hold", Default: "1s", Label: "how long it holds its end", Type: knob.Duration, Max: int64(time.Hour)},
		},
		Run: func(addr string, v knob.Values) { halfopen.Talk(addr, v["own"], v.Duration("hold")) },
	},
	{
		Name: "hoard", Follows: "client",
		Doc: "has several connections at once, and keeps them for a while",
		Settings: []knob.Knob{
			{Name: "connections", Default: "3", Label: "how many connections", Type: knob.Int, Min: 1, Max: 16},
			{Name: "stay", Default: "10ms", Label: "how long it keeps the first one", Type: knob.Duration, Max: int64(time.Hour)}},
		Run: func(addr string, v knob.Values) { hoard.Talk(addr, v.Int("connections"), v.Duration("stay")) },
	},
	{
		Name: "late-ack", Follows: "client",
		Doc:      "sends a message in two segments, and the last ACK of its handshake with the first of them",
		Settings: []knob.Knob{{Name: "others", Default: "1", Label: "connections that it makes before it sends", Type: knob.Int, Max: 200}},
		Run:      func(addr string, v knob.Values) { lateack.Talk(addr, v.Int("others")) },
	},
	{
		Name: "many", Follows: "client",
		Doc:      "echo client with several connections in one thread, none of which it waits for alone",
		Settings: messages(knob.Knob{Name: "connections", Default: "4", Label: "how many connections", Type: knob.Int, Min: 1, Max: 64}),
		Run:      func(addr string, v knob.Values) { many.Talk(addr, v.Int("connections"), messagesOf(v)) },
	},
	{
		Name: "udp-client", Follows: "client",
		Doc: "UDP client: sends datagrams, counts what comes back, says exit until nobody has the port",
		Settings: []knob.Knob{
			{Name: "datagrams", Default: "3", Label: "how many it sends", Type: knob.Int, Max: 1000}, waits("timeout", "500ms")},
		Run: func(addr string, v knob.Values) {
			udpclient.Talk(addr, datagramsOf(v.Int("datagrams")), v.Duration("timeout"))
		},
	},
	{
		Name: "options-client", Follows: "client",
		Doc: "its client: receives with a small buffer, after a pause",
		Settings: []knob.Knob{
			{Name: "buffer", Default: "4096", Label: "SO_RCVBUF, as it is told the kernel", Type: knob.Int, Min: 1, Max: 1 << 20}, pause("before it receives")},
		Run: func(addr string, v knob.Values) {
			optionsclient.Talk(addr, v.Int("buffer"), v.Duration("pause"))
		},
	},
	{
		Name: "families-client", Follows: "client", AnyFamily: true,
		Doc: "sends messages over any family and type, to the first of two addresses that answers",
		Settings: []knob.Knob{socketType,
			{Name: "first", Label: "an address to try first; empty for none", Type: knob.Text, Max: 100}},
		Run: func(addr string, v knob.Values) {
			addrs := []string{addr}
			if v["first"] != "" {
				addrs = []string{v["first"], addr}
			}
			familiesclient.Talk(addrs, typeOf(v), fixedLines[:])
		},
	},
	{
		Name: "number", Follows: "client",
		Doc: "sends one number",
		Settings: []knob.Knob{
			{Name: "number", Default: "1", Label: "what it sends; 16 bits take the low half", Type: knob.Int, Max: math.MaxUint32}, bits, order},
		Run: func(addr string, v knob.Values) {
			number.Talk(addr, uint32Of(v, "number"), v.Int("bits"), orderOf(v))
		},
	},
}

var (
	backlog  = knob.Knob{Name: "backlog", Default: "5", Label: "clients that may wait to be accepted", Type: knob.Int, Max: socket.SOMAXCONN}
	timeout  = knob.Knob{Name: "timeout", Default: "20s", Label: "ends when nothing happened for that long; 0s is never", Type: knob.Duration, Max: int64(24 * time.Hour)}
	visitors = knob.Knob{Name: "clients", Default: "1", Label: "ends after so many", Type: knob.Int, Min: 1, Max: 64}
	workers  = knob.Knob{Name: "workers", Default: "3", Label: "how many children it makes", Type: knob.Int, Min: 1, Max: 8}
	size     = knob.Knob{Name: "size", Default: "1024", Label: "bytes that one recv takes at most", Type: knob.Int, Min: 1, Max: 64 << 10}

	amount  = knob.Knob{Name: "bytes", Default: "1048576", Label: "how many bytes each sends", Type: knob.Int, Min: 1, Max: 16 << 20}
	framing = knob.Knob{Name: "framing", Default: "length", Label: "how a message shows its end", Type: knob.Choice, Offers: []string{"none", "fixed", "delimiter", "length", "type", "end"}}
	silence = knob.Knob{Name: "silence", Default: "1m", Label: "hangs up when nothing has come for that long; 0s is never", Type: knob.Duration, Max: int64(24 * time.Hour)}

	bits  = knob.Knob{Name: "bits", Default: "32", Label: "size of the number", Type: knob.Choice, Offers: []string{"16", "32"}}
	order = knob.Knob{Name: "order", Default: "network", Label: "which byte comes first; host is this machine's order", Type: knob.Choice, Offers: []string{"network", "host"}}
)

// selecting runs a program that uses select without the fds that select has no
// bit for, as a shell does by ulimit -n 1024: an accept that would get one fails
// with EMFILE. Go itself has raised that limit when the process began.
func selecting(run func(string, knob.Values)) func(string, knob.Values) {
	return func(addr string, v knob.Values) {
		limit(socket.FD_SETSIZE)
		run(addr, v)
	}
}

// limit lowers the limit of fds, as ulimit -n does.
func limit(files int) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur > uint64(files) {
		limit.Cur = uint64(files)
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // lowering it can't fail
	}
}

// messages returns the settings of a client that sends messages, and more.
func messages(more ...knob.Knob) []knob.Knob {
	return append([]knob.Knob{
		{Name: "messages", Default: "3", Label: "how many of the built-in messages it sends", Type: knob.Int, Max: 1000},
		{Name: "bytes", Default: "0", Label: "the size of each; 0 for the built-in ones", Type: knob.Int, Max: 64 << 10},
		{Name: "message", Label: "the one message that it sends instead", Type: knob.Text, Max: 1024},
	}, more...)
}

// waits returns a setting that is how long a server waits at once.
func waits(name, def string) knob.Knob {
	return knob.Knob{Name: name, Default: def, Label: "how long it waits at once", Type: knob.Duration, Min: int64(time.Millisecond), Max: int64(time.Hour)}
}

// pause returns a setting that is how long a client is silent before a message.
func pause(label string) knob.Knob {
	return knob.Knob{Name: "pause", Default: "20ms", Label: label, Type: knob.Duration, Max: int64(time.Hour)}
}

// entriesOf returns lines of a conversation, each in the pieces in which it is sent.
func entriesOf(say, pieces string) (entries [][]string) {
	lines := strings.SplitAfter(strings.ReplaceAll(say, ",", "\n")+"\n", "\n")
	for _, line := range lines[:len(lines)-1] {
		entry := []string{line}
		switch half := len(line) / 2; {
		case pieces == "bytes":
			entry = strings.Split(line, "")
		case pieces == "halves" && half > 0:
			entry = []string{line[:half], line[half:]}
		}
		entries = append(entries, entry)
	}
	if pieces == "all" {
		return [][]string{{strings.Join(lines, "")}}
	}
	return entries
}

// socketType is a setting that chooses the type of a program's sockets.
var socketType = knob.Knob{Name: "type", Default: "SOCK_STREAM", Label: "the type of its sockets", Type: knob.Choice,
	Offers: []string{"SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_RAW"}}

func typeOf(v knob.Values) int {
	return map[string]int{"SOCK_STREAM": socket.SOCK_STREAM, "SOCK_DGRAM": socket.SOCK_DGRAM,
		"SOCK_SEQPACKET": socket.SOCK_SEQPACKET, "SOCK_RAW": socket.SOCK_RAW}[v["type"]]
}

// fileOf returns so many bytes of a file.
func fileOf(holds string, size int) []byte {
	line := "TCP carries bytes, and keeps no boundaries.\n"
	if holds == "digits" {
		line = "0123456789"
	}
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

// opened returns a store for uploads. Where there is none, it ends the process.
func opened(dir string, most int) *store.Store {
	files, err := store.Open(dir, int64(most))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return files
}

// flag returns a setting that is off unless it is "true".
func flag(name, label string) knob.Knob {
	return knob.Knob{Name: name, Default: "false", Label: label, Type: knob.Choice, Offers: []string{"false", "true"}}
}

// uint32Of returns the value of a whole number of 32 bits, on any machine.
func uint32Of(v knob.Values, name string) uint32 {
	n, _ := strconv.ParseUint(v[name], 10, 32)
	return uint32(n)
}

// orderOf returns the order of bytes; host is what this machine really has.
func orderOf(v knob.Values) binary.ByteOrder {
	if v["order"] == "host" {
		return binary.NativeEndian
	}
	return binary.BigEndian
}

// fixedLines are the built-in messages: those of select's page in Python Module of
// the Week, which the select server comes from.
var fixedLines = [...]string{"This is the message", "It will be sent", "in parts"}

// fiveMessages are what framed sends: of each size that the frames have.
var fiveMessages = [...]string{"Hello", "How are you?", "TCP is a stream of bytes", "OK", "Bye"}

// numbersOf returns what numbers sends: the same for the same seed.
func numbersOf(v knob.Values) []uint32 {
	dice := rand.New(rand.NewPCG(uint64(uint32Of(v, "seed")), 0))
	most := uint64(uint32Of(v, "most"))
	list := make([]uint32, v.Int("count"))
	for i := range list {
		limit := most
		if v["spread"] == "small" {
			ends := []uint64{most} // the largest with each count of digits
			for n := uint64(9); n < most; n = 10*n + 9 {
				ends = append(ends, n)
			}
			limit = ends[dice.IntN(len(ends))]
		}
		list[i] = uint32(dice.Uint64N(limit + 1))
	}
	return list
}

// letters returns so many bytes of text.
func letters(size int) []byte {
	return []byte(strings.Repeat(alphabet, size/len(alphabet)+1)[:size])
}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

// datagramsOf returns so many messages that differ. The third is longer than others.
func datagramsOf(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "datagram " + strconv.Itoa(i+1)
		if i == 2 {
			list[i] += ", which is longer than the others are"
		}
	}
	return list
}

// messagesOf returns what a client sends that has the settings of messages.
func messagesOf(v knob.Values) []string {
	if v["message"] != "" {
		return []string{v["message"]}
	}
	list := make([]string, v.Int("messages"))
	size := v.Int("bytes")
	for i := range list {
		if list[i] = fixedLines[i%len(fixedLines)]; size > 0 {
			list[i] = strings.Repeat(alphabet[i%26:]+alphabet[:i%26], size/26+1)[:size]
		}
	}
	return list
}
