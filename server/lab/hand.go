package lab

import (
	"sockscope/server/byhand"
	"sockscope/server/knob"
	"sockscope/server/trace"
)

// Sides is the knob of Hand.
const Sides = "sides"

// Hand is how the page presents calls that the learner makes by hand, on several sides. It
// is no lab of the course: it has no question of its own, and nothing happens in it by
// itself.
var Hand = &Lab{
	ID:       "hand",
	Question: "Open sockets and make calls on them, one after another. You are the server and the client.",
	Do: []string{
		"Run starts the sides: a process each, with no program but your calls. Choose a call, fill in its arguments, and make it.",
		"On side A: `socket`, `bind`, `listen`, `accept`. It sleeps there. On side B: `socket`, `connect`, and `accept` returns on A.",
		"What the kernel refuses it says: a call that makes no sense yet returns an error, and that is worth seeing.",
		"What you did can be saved as a program in Go, Python or C that does the same.",
	},
	True: []string{
		"Each side is a real process with an fd table of its own, and each call is the kernel's. A side that sleeps in a call makes no other until that returns; the other sides go on.",
		"The sides share a network namespace that nobody else is in: every port is free. A Unix socket has a name behind an @ here; files are out of reach.",
	},
	Unrecorded: true,
	Knobs: []knob.Knob{
		{Name: Sides, Label: "sides", Type: knob.Int, Min: 1, Max: byhand.MaxSides, Offers: []string{"2", "3", "4"}, Default: "2"},
	},
	procs: func(v knob.Values) []Process {
		var procs []Process
		for i := range v.Int(Sides) {
			letter := string(rune('A' + i))
			procs = append(procs, Process{
				Proc: trace.Proc{Name: "side " + letter, Tag: letter, Role: trace.RoleAgent},
				Args: map[string]string{"type": byHandType},
			})
		}
		return procs
	},
}

// byHandType has a side be an agent that takes any call: see agent.ByHand.
const byHandType = "hand"
