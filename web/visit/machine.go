package visit

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/link"
	"sockscope/web/words"
)

// Machine is the Linux that a tab can run by itself, where the site has one.
type Machine struct {
	Place  string // of its files, from the site's root; "" where the site has none
	Size   int64  // of what has to be loaded, bytes
	Phase  MachinePhase
	Loaded int64  // bytes
	Why    string // it failed
}

// MachinePhase is how far the machine has come.
type MachinePhase uint8

const (
	MachineOff MachinePhase = iota
	MachineLoading
	MachineOn
	MachineFailed
)

// ReadMachine reads what a page says of the site's machine: a place and a size.
func ReadMachine(content string) Machine {
	place, size, _ := strings.Cut(content, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if place == "" || err != nil || n <= 0 {
		return Machine{}
	}
	return Machine{Place: place, Size: n}
}

// Offered reports whether the machine is to be offered, to a page whose link stands so.
func (m *Machine) Offered(state link.State) bool {
	return m.Place != "" && (m.Phase == MachineOff && state.Off() || m.Phase == MachineFailed)
}

// Wanted reports whether the tab has its machine, or gets it.
func (m *Machine) Wanted() bool { return m.Phase == MachineLoading || m.Phase == MachineOn }

// What says what is offered, and how much that is to load.
func (m *Machine) What() string {
	return fmt.Sprintf("a real Linux, emulated (%.1f MB)", float64(m.Size)/1e6)
}

// Progress says how far the machine is, a few words.
func (m *Machine) Progress() string {
	if m.Loaded < m.Size {
		return fmt.Sprintf("loading Linux, %d%%", 100*m.Loaded/m.Size)
	}
	return "starting Linux"
}

// Said says of a machine what a visitor has to know, a sentence.
func (m *Machine) Said() string {
	switch m.Phase {
	case MachineLoading:
		return words.Sentence(m.Progress())
	case MachineFailed:
		return words.Sentence("Linux doesn't run in this tab: " + m.Why)
	case MachineOn:
		return "Runs are live, on a Linux of this tab's own. Each tab has its own. It stands still while nothing runs, and while the tab is hidden."
	}
	return ""
}

// Emulated says what the times of an emulated machine are worth.
var Emulated = fmt.Sprintf("Emulated: calls, order, sleeps and wakes are Linux's own. How long they take is the emulator's doing, by a clock that runs at a quarter of the speed of yours, and slower while your processor is busy. Less than %s is not told apart", words.Span(trace.EmulatedGrain))
