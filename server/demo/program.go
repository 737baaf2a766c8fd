package demo

import (
	"embed"
	"fmt"
	"strings"

	"sockscope/server/demo/apart"
	"sockscope/server/demo/exclusive"
	"sockscope/server/demo/herd"
	"sockscope/server/demo/prefork"
	"sockscope/server/demo/processes"
	"sockscope/server/demo/reuseport"
	"sockscope/server/demo/shared"
	"sockscope/server/knob"
	"sockscope/server/socket"
)

// Program is one of the programs, as labs and the command line run it.
type Program struct {
	Name     string
	Follows  string // the program that this one differs from by one idea; "" for a first one
	Doc      string // what it does, a line
	Settings []knob.Knob
	Needs    Need // what not every system has; "" for nothing

	// Run runs it at addr, to bind or to connect to, with what Check returned.
	// It makes its calls in the calling thread and may never return.
	Run func(addr string, v knob.Values)

	Forks     bool // it makes child processes
	AnyFamily bool // its address may be of any family: of IPv6, or of a Unix socket
}

// Need is what a program takes that not every system has.
type Need string

const (
	Kqueue Need = "kqueue" // kqueue(2), of the BSDs and macOS

	// Strace is strace(1), which takes the calls of a program that leaves them to
	// Go's runtime. The program tells its own beside them, see package told.
	Strace Need = "strace"

	// Linux is an option of a socket that only Linux has.
	Linux Need = "linux"
)

// Forked has to be called first in main, by every executable that runs programs:
// a child of one begins there. See socket.Forked.
func Forked() {
	socket.Forked(processes.Child, prefork.Child, herd.Child, exclusive.Child, reuseport.Child, apart.Child, shared.Child)
}

// Find returns the program with the name, or an error that says who names them all.
func Find(name string) (*Program, error) {
	for _, p := range Programs {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no program %.40q; `server list` names them", name)
}

// Check returns the program's settings: those given, and the defaults of the
// others. An unknown name or a value that can't be is an error which says what
// can.
func (p *Program) Check(given map[string]string) (knob.Values, error) {
	v, err := knob.Set(p.Settings, given)
	if err != nil {
		return nil, fmt.Errorf("program %s: setting %w", p.Name, err)
	}
	return v, nil
}

// sources holds the programs' files, as they are compiled.
//
//go:embed */*.go
var sources embed.FS

// folder is where the program's file is, and how that is called.
func (p *Program) folder() string { return strings.ReplaceAll(p.Name, "-", "") }

// File returns the name of the program's file, which has all of it: "echo.go".
func (p *Program) File() string { return p.folder() + ".go" }

// Source returns the text of the program's file.
func (p *Program) Source() string {
	text, err := sources.ReadFile(p.folder() + "/" + p.File())
	if err != nil {
		panic(err) // TestSourcesReadLikeATextbook reads them all
	}
	return string(text)
}
