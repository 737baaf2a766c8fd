package lab

import (
	"strings"

	"sockscope/server/knob"
)

// compare sets servers of other labs side by side. It has no programs of its
// own: the page runs those labs, one after the other.
var compare = &Lab{
	ID:       "compare",
	Pattern:  "ssssssssr/ssr-sr---",
	Section:  Blocking,
	Compares: true,
	Brief:    "Whose clients wait?",
	Question: "The same clients, another server for each run. Whose client waits longest?",
	Recap:    "A server that waits in one client's call lets all others wait, and its slowest client sets the pace. Servers that wait for all at once, or have a thread or a process for each, let nobody wait; they pay for it in calls, threads and memory.",
	True: []string{
		"Idle is not free: a thread asleep in one client's `recv` serves no other, however little it has to do.",
		"`select`, `poll` and `epoll_wait` cost calls of their own, threads cost memory and switches, spinning costs the whole processor. Waiting itself costs nothing.",
		"One run tells little: what else the machine does moves every figure. The servers take turns in rounds, so that it falls on all alike.",
		"The clients' own pauses make the last reply late, whatever the server does. A server answers for how long each client waited.",
	},
	Needs: "select",
	Knobs: []knob.Knob{
		{Name: "servers", Label: "servers", Type: knob.List, Min: 2, Max: 5, Offers: []string{"iterative,threads,select", "select,poll,epoll,edge", "iterative,threads,processes,select,epoll"}, Default: "iterative,select"},
		clientsKnob,
		messagesKnob,
		{Name: "pause", Label: "client 1 pauses", Type: knob.Duration, Min: pauseKnob.Min, Max: pauseKnob.Max, Offers: []string{"0s", "3ms", "10ms", "40ms", "200ms", "1s"}, Default: "40ms", Injected: true},
		{Name: "pauses", Label: "each pauses", Type: knob.Duration, Min: pausesKnob.Min, Max: pausesKnob.Max, Offers: pausesKnob.Offers, Default: "0s", Injected: true},
		{Name: "seed", Label: "messages", Type: knob.Int, Min: seedKnob.Min, Max: seedKnob.Max, Offers: seedKnob.Offers, Default: "0", Zero: seedKnob.Zero},
		{Name: "rounds", Label: "rounds", Type: knob.Int, Min: 1, Max: 9, Offers: []string{"1", "3", "5", "7", "9"}, Default: "5"},
		arriveKnob, bytesKnob, buffersKnob,
	},
	Notes: "In each round every server has a run, in turn, so that none takes another's processor. Each run has its own clients: the same programs, with the same messages and pauses.",
}

// The servers that can be compared are known once all labs are.
func init() {
	k := compare.Knob("servers")
	for _, l := range All {
		if l.Talks {
			k.Items = append(k.Items, l.ID)
		}
	}
}

// Compared returns the values of a comparison whose knobs are all at their
// defaults.
func Compared() knob.Values {
	v, _ := compare.Set(nil)
	return v
}

// Servers returns the labs whose servers a comparison with the values v has, in
// their order.
func Servers(v knob.Values) []*Lab {
	var labs []*Lab
	for _, id := range strings.Split(v["servers"], ",") {
		l, err := Find(id)
		if err == nil && l.Talks {
			labs = append(labs, l)
		}
	}
	return labs
}
