package demo

import "time"

// Programs are all programs, in the order in which they are best read.
var Programs = []*Program{
	{
		Name: "echo", File: "echo.go",
		Doc:      "blocking echo server, one client after another",
		Settings: []Setting{{"backlog", "5", "clients that may wait to be accepted, 0 to 4096", number(0, 4096)}},
		Run:      func(addr string, s Settings) { Echo(addr, s.Int("backlog")) },
	},
	{
		Name: "select", File: "select.go",
		Doc:      "echo server for many clients in one thread, with select",
		Settings: []Setting{{"timeout", "20s", "ends when nothing happened for that long; 0 is never", duration(24 * time.Hour)}},
		Run:      func(addr string, s Settings) { Select(addr, s.Duration("timeout")) },
	},
	{
		Name: "client", File: "client.go",
		Doc:      "echo client: sends messages, reads each echo, closes",
		Settings: says,
		Run:      func(addr string, s Settings) { Client(addr, s.messages()) },
	},
}

// says are the settings of every program that sends messages.
var says = []Setting{
	{"messages", "3", "how many of the built-in messages it sends, 0 to 1000", number(0, 1000)},
	{"message", "", "the one message it sends instead", text(1024)},
}

// tutorial are the built-in messages: those of the tutorial that the select
// server comes from.
var tutorial = [...]string{"This is the message", "It will be sent", "in parts"}

// messages returns what a program with the settings says sends.
func (s Settings) messages() []string {
	if s["message"] != "" {
		return []string{s["message"]}
	}
	list := make([]string, s.Int("messages"))
	for i := range list {
		list[i] = tutorial[i%len(tutorial)]
	}
	return list
}
