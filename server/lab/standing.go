package lab

import (
	"strings"

	"sockscope/server/knob"
	"sockscope/server/trace"
)

// Standing are the standing servers as their pages present them. They are no
// labs: they run as long as the native server does, for any client, and nobody
// starts them.
var Standing []*Lab

func init() {
	Standing = []*Lab{
		standing("mux", "select", "127.0.0.1:10001",
			"One thread echoes to everybody at once, and sleeps in select. You are the client: whose bytes wake it?",
			[]string{
				"With nobody there, `select` asks about the listener alone. Connect, and it asks about you too.",
				"Type a line: `select` returns with your fd, `recv` takes the bytes, and `send` brings them back.",
				"Connect a second time, from another terminal: neither client waits for the other.",
			}),
		standing("echo", "echo", "127.0.0.1:9999",
			"One thread echoes to one client after another. Connect twice: what does the second one get?",
			[]string{
				"With nobody there the server sleeps in `accept`, with you in `recv`.",
				"A second client is connected, though nobody has accepted it: it stands in the backlog. What it sends waits in a Recv-Q; see netstat.",
				"End the first client: `recv` returns 0, and the next `accept` returns at once.",
			}),
		standing("byteorder", "byteorder", "127.0.0.1:20000",
			"It answers a number of four bytes in both byte orders. What do your bytes mean to it?",
			[]string{
				"Send four bytes: eight come back, your number as it came and then turned round.",
				"Send text: any four letters are a number.",
				"Send three bytes: they are taken and wait in the program for the fourth.",
			}),
	}
}

func standing(name, program, addr, question string, do []string) *Lab {
	return &Lab{
		ID: trace.StandingLab + name, Question: question, Do: do,
		True: []string{
			"Your client is not traced: it may run anywhere. What is drawn of it is inferred from the server's calls. They tell that its bytes ended a sleep, but not when the bytes came.",
			"Everybody who watches sees everybody's bytes. Where others than the server's own machine can connect, watching is off unless the host allows it.",
		},
		procs: func(knob.Values) []Process {
			p := server(program, addr, nil)
			p.Name = name
			return []Process{p}
		},
	}
}

// Server returns the name of a standing server, "" for a lab.
func (l *Lab) Server() string {
	name, ok := strings.CutPrefix(l.ID, trace.StandingLab)
	if !ok {
		return ""
	}
	return name
}

// Page returns the lab or the standing server with the ID, or Hand, or Yours.
func Page(id string) (*Lab, error) {
	if id == Yours.ID {
		return Yours, nil
	}
	for _, l := range Standing {
		if l.ID == id {
			return l, nil
		}
	}
	return Find(id)
}
