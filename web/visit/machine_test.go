package visit

import (
	"testing"

	"sockscope/web/link"
)

func TestMachineIsRead(t *testing.T) {
	for content, want := range map[string]Machine{
		"web/tab/12ab/ 4400000": {Place: "web/tab/12ab/", Size: 4400000},
		"":                      {},
		"web/tab/":              {},
		"web/tab/ 0":            {},
		"web/tab/ x":            {},
		" 5":                    {},
	} {
		if m := ReadMachine(content); m != want {
			t.Errorf("%q is %+v", content, m)
		}
	}
}

// The machine is offered where there is one, and no server is in reach.
func TestMachineIsOffered(t *testing.T) {
	none, m := Machine{}, ReadMachine("web/tab/ 4400000")
	for state, want := range map[link.State]bool{link.Connecting: false, link.Live: false, link.Gone: true, link.Refused: true} {
		if none.Offered(state) || m.Offered(state) != want {
			t.Errorf("state %d: %v, and without a machine %v", state, m.Offered(state), none.Offered(state))
		}
	}
	if what := m.What(); what != "a real Linux, emulated (4.4 MB)" {
		t.Error(what)
	}
	m.Phase, m.Loaded = MachineLoading, 1100000
	if m.Offered(link.Gone) || !m.Wanted() || m.Progress() != "loading Linux, 25%" {
		t.Errorf("while it loads: %+v, %s", m, m.Progress())
	}
	m.Loaded = m.Size
	if m.Progress() != "starting Linux" {
		t.Error(m.Progress())
	}
	m.Phase, m.Why = MachineFailed, "state.bin: status 404"
	if !m.Offered(link.Connecting) || m.Wanted() || m.Said() != "Linux doesn't run in this tab: state.bin: status 404." {
		t.Errorf("when it failed: %+v, %s", m, m.Said())
	}
}
