// Package knob holds what can be set about a lab or about a program: in a link,
// on the page, on the wire, on a command line. Every value is text, and is
// checked here.
package knob

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Type is what kind of value a knob takes.
type Type uint8

const (
	Choice   Type = iota // one of Offers
	Int                  // a whole number from Min to Max
	Duration             // a duration from Min to Max ns, written "300ms" or "2s"
	Text                 // Min to Max bytes of printable UTF-8
	List                 // Min to Max of Items, with commas between them
	Address              // an IP address and a port, written "127.0.0.1:80"
)

// Knob is one thing that can be set.
type Knob struct {
	Name     string // in links, on the wire and on the command line
	Label    string // what it sets, for people
	Type     Type
	Min, Max int64    // see Type
	Offers   []string // the values that the page offers; more may be allowed
	Items    []string // of a List: what can be in it
	Default  string
	Injected bool   // it makes something happen that the programs wouldn't do by themselves
	Quiet    bool   // the page shows it only when asked, or when it isn't at its default
	Zero     string // what 0 is called; "" for a number like the others
	Size     bool   // of an Int or a Choice: its values are bytes
}

// Check returns nil when value is one the knob can take, else an error that
// says what would be.
func (k *Knob) Check(value string) error {
	if !k.takes(value) {
		return fmt.Errorf("%s is %.40q; it can be %s", k.Name, value, k.Takes())
	}
	return nil
}

// takes reports whether value is one the knob can take.
func (k *Knob) takes(value string) bool {
	between := func(n int64) bool { return n >= k.Min && n <= k.Max }
	switch k.Type {
	case Choice:
		return slices.Contains(k.Offers, value)
	case Int:
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && between(n) && strconv.FormatInt(n, 10) == value
	case Duration:
		d, err := time.ParseDuration(value)
		return err == nil && between(int64(d))
	case Text:
		control := func(r rune) bool { return r < ' ' || r == 0x7f }
		return between(int64(len(value))) && utf8.ValidString(value) && !strings.ContainsFunc(value, control)
	case List:
		items := strings.Split(value, ",")
		other := func(item string) bool { return !slices.Contains(k.Items, item) }
		return between(int64(len(items))) && !slices.ContainsFunc(items, other)
	case Address:
		_, err := netip.ParseAddrPort(value)
		return err == nil
	}
	return false
}

// Takes says what the knob can be: "a whole number from 1 to 8".
func (k *Knob) Takes() string {
	switch k.Type {
	case Int:
		return fmt.Sprintf("a whole number from %d to %d", k.Min, k.Max)
	case Duration:
		return fmt.Sprintf("a duration from %v to %v", time.Duration(k.Min), time.Duration(k.Max))
	case Text:
		return fmt.Sprintf("%d to %d bytes of printable text", k.Min, k.Max)
	case List:
		return fmt.Sprintf("%d to %d of %s, with commas between them", k.Min, k.Max, strings.Join(k.Items, ", "))
	case Address:
		return "an IP address and a port, such as 127.0.0.1:80"
	}
	last := len(k.Offers) - 1
	return strings.Join(k.Offers[:last], ", ") + " or " + k.Offers[last]
}

// Values are the checked values of knobs, by the knobs' names.
type Values map[string]string

// Set returns the values of all knobs: those given, and the defaults of the
// others. A name that no knob has, or a value that a knob can't take, is an
// error that begins with the name.
func Set(knobs []Knob, given map[string]string) (Values, error) {
	values := Values{}
	for i := range knobs {
		values[knobs[i].Name] = knobs[i].Default
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		k := Find(knobs, name)
		if k == nil {
			return nil, fmt.Errorf("%.40q does not exist; %s", name, there(knobs))
		}
		if err := k.Check(given[name]); err != nil {
			return nil, err
		}
		values[name] = given[name]
	}
	return values, nil
}

// Find returns the knob with the name, or nil.
func Find(knobs []Knob, name string) *Knob {
	for i := range knobs {
		if knobs[i].Name == name {
			return &knobs[i]
		}
	}
	return nil
}

// there says which knobs there are.
func there(knobs []Knob) string {
	switch len(knobs) {
	case 0:
		return "there are none"
	case 1:
		return "there is " + knobs[0].Name
	}
	var names []string
	for i := range knobs {
		names = append(names, knobs[i].Name)
	}
	return "there are " + strings.Join(names, ", ")
}

// Int returns the value of an Int knob.
func (v Values) Int(name string) int {
	n, _ := strconv.Atoi(v[name])
	return n
}

// Duration returns the value of a Duration knob.
func (v Values) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(v[name])
	return d
}
