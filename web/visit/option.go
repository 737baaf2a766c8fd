package visit

import (
	"slices"

	"sockscope/server/trace/strace"
	"sockscope/web/play"
)

// OptionRow is one option of a socket at the position.
type OptionRow struct {
	FD      int
	Level   string // "SOL_SOCKET"
	Name    string // "SO_SNDBUF"
	Values  [3]Value
	Differs bool // what was read after it was set isn't what was set
}

// Value is a value that a call set or read. Step is the call's Return, an index in
// Run.Steps, -1 where there was no such call.
type Value struct {
	Text string
	Step int
}

// The places in OptionRow.Values.
const (
	Before = iota
	Set
	After
)

// AsksOptions reports whether the selected lane's process has asked for an option of a
// socket.
func (f *Focus) AsksOptions() bool {
	return slices.ContainsFunc(f.Options(), func(r OptionRow) bool { return r.Values[Before].Step >= 0 || r.Values[After].Step >= 0 })
}

// Options returns the options that calls of the selected lane's process have been about.
func (f *Focus) Options() []OptionRow {
	if f.Player == nil {
		return nil
	}
	run, pos, rows := f.Player.Run, f.Pos(), []OptionRow(nil)
	for i := range run.Options {
		o := &run.Options[i]
		if o.Proc != f.Proc() || o.Steps[0] >= pos {
			continue
		}
		row := OptionRow{FD: o.FD}
		row.Level, row.Name = strace.OptionName(o.Level, o.Name)
		before, set, after := o.At(run, pos)
		for k, step := range [...]int{before, set, after} {
			row.Values[k] = value(run, step)
		}
		row.Differs = set >= 0 && after >= 0 && run.Step(set).Args[2] != run.Step(after).Args[2]
		rows = append(rows, row)
	}
	return rows
}

func value(run *play.Run, step int) Value {
	if step < 0 {
		return Value{Step: -1}
	}
	e := run.Step(step)
	return Value{strace.OptionValue(e.Args[0], e.Args[1], e.Args[2]), step}
}
