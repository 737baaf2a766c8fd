package demo

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"sockscope/server/socket"
)

// Program is one of the programs, as labs and the command line run it.
type Program struct {
	Name     string
	File     string // of its source; see Source
	Doc      string // what it does, a line
	Settings []Setting
	Needs    Need // what not every system has; "" for nothing

	// Run runs it at addr, to bind or to connect to, with what Check returned.
	// It makes its calls in the calling thread and may never return.
	Run func(addr string, s Settings)

	Forks bool // it makes child processes
}

// Forked has to be called first in main, by every executable that runs programs:
// a child of one begins there. See socket.Forked.
func Forked() { socket.Forked(child) }

// Need is what a program takes that not every system has.
type Need string

const (
	Kqueue Need = "kqueue" // kqueue(2), of the BSDs and macOS

	// Strace is strace(1), which takes the calls of a program that leaves them to
	// Go's runtime. The program tells its own beside them, see package told.
	Strace Need = "strace"
)

// Find returns the program with the name, or an error that names those there are.
func Find(name string) (*Program, error) {
	var names []string
	for _, p := range Programs {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return nil, fmt.Errorf("there is no program %q; the programs are %s", clip(name), strings.Join(names, ", "))
}

// Check returns the program's settings: those given, and the defaults of the
// others. An unknown name or a value that can't be is an error which says what
// can.
func (p *Program) Check(given map[string]string) (Settings, error) {
	values := Settings{}
	var names []string
	for _, s := range p.Settings {
		values[s.Name] = s.Default
		names = append(names, s.Name)
	}
	for name, value := range given {
		i := slices.Index(names, name)
		if i < 0 {
			if len(names) == 0 {
				return nil, fmt.Errorf("program %s has no settings, and so no %q", p.Name, clip(name))
			}
			return nil, fmt.Errorf("program %s has no setting %q; it has %s", p.Name, clip(name), strings.Join(names, ", "))
		}
		if err := p.Settings[i].Check(value); err != nil {
			return nil, fmt.Errorf("program %s: setting %s is %q; it can be %w", p.Name, name, clip(value), err)
		}
		values[name] = value
	}
	return values, nil
}

// Sources holds the programs' files, as they are compiled.
//
//go:embed web.go get.go echo.go select.go client.go slow.go reset.go
//go:embed halfclose.go receive.go number.go byteorder.go spin.go
//go:embed poll.go epoll.go edge.go kqueue.go net.go threads.go processes.go twoports.go
//go:embed timeouts.go many.go dice.go watchful.go
var Sources embed.FS

// Source returns the text of a program's file, "" when there is no such file.
func Source(file string) string {
	text, _ := Sources.ReadFile(file)
	return string(text)
}

// clip shortens text from outside for an error message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
