// Package byhand says which calls a learner can make by hand, on several sides, and with
// which arguments. The page offers them by it, and the run checks what it is asked for by
// it. It is plain Go, so that the browser has it too.
package byhand

import (
	"fmt"
	"strings"

	"sockscope/server/trace"
)

// MaxSides is how many sides one run has at most.
const MaxSides = 4

// Form is one call that can be made by hand, with its arguments in the order in which
// a person fills them in.
type Form struct {
	Call   trace.Call
	Fields []Field
}

// Field is one argument of a call, or several that belong together.
type Field struct {
	Kind     Kind
	Label    string
	Default  string   // what stands there before anybody has chosen
	Min, Max int64    // of Int, Size and Value
	Choices  []Choice // of One and Option
}

// Choice is one of the values that an argument can have.
type Choice struct {
	Name  string
	Level int64 // of Option
	Value int64
}

// Kind is what an argument is, and where an Act has it.
type Kind uint8

const (
	FD       Kind = iota // Act.FD: a socket's
	ListFD               // Act.FD: an epoll's
	AnyFD                // Act.FD
	MemberFD             // the next of Act.Args: a socket's, put on a list
	Addr                 // Act.Addr
	Data                 // Act.Data
	Pieces               // Act.Data in pieces; Act.Args are their sizes
	Size                 // Act.Size: room for bytes
	Int                  // the next of Act.Args
	One                  // the next of Act.Args: one of Choices
	Fixed                // the next of Act.Args: the one of Choices, which nobody is asked for
	Option               // the next two of Act.Args: level and option, one of Choices
	Value                // the next of Act.Args: an option's; behind Option
	ReadFDs              // Act.Sets.Read
	WriteFDs             // Act.Sets.Write
	Timeout              // Act.Timeout, which may be none
	Pause                // Act.Timeout, which is never none
)

// Find returns the form of a call.
func Find(call trace.Call) (*Form, error) {
	var names []string
	for i := range Forms {
		if Forms[i].Call == call {
			return &Forms[i], nil
		}
		names = append(names, Forms[i].Call.String())
	}
	return nil, fmt.Errorf("%v can't be called by hand; what can is %s", call, strings.Join(names, ", "))
}

// choice returns the choice that is v, at a level.
func (f *Field) choice(level, v int64) *Choice {
	for i := range f.Choices {
		if c := &f.Choices[i]; c.Level == level && c.Value == v {
			return c
		}
	}
	return nil
}

// named returns the choice with the name.
func (f *Field) named(name string) *Choice {
	for i := range f.Choices {
		if f.Choices[i].Name == name {
			return &f.Choices[i]
		}
	}
	return nil
}

// names lists the choices, for people.
func (f *Field) names() string {
	var all []string
	for i := range f.Choices {
		all = append(all, f.Choices[i].Name)
	}
	return strings.Join(all, ", ")
}
