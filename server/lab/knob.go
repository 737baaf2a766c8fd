package lab

import (
	"fmt"
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
)

// Knob is one setting of a lab. Its value is text, as in a link's query.
type Knob struct {
	Name     string // in links and on the wire
	Label    string // beside the control
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
	switch k.Type {
	case Choice:
		if !slices.Contains(k.Offers, value) {
			return fmt.Errorf("knob %s is %q; it can be %s", k.Name, clip(value), strings.Join(k.Offers, ", "))
		}
	case Int:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < k.Min || n > k.Max || strconv.FormatInt(n, 10) != value {
			return fmt.Errorf("knob %s is %q; it can be a whole number from %d to %d", k.Name, clip(value), k.Min, k.Max)
		}
	case Duration:
		d, err := time.ParseDuration(value)
		if err != nil || int64(d) < k.Min || int64(d) > k.Max {
			return fmt.Errorf("knob %s is %q; it can be a duration from %v to %v", k.Name, clip(value), time.Duration(k.Min), time.Duration(k.Max))
		}
	case List:
		items := strings.Split(value, ",")
		ok := int64(len(items)) >= k.Min && int64(len(items)) <= k.Max
		for _, item := range items {
			ok = ok && slices.Contains(k.Items, item)
		}
		if !ok {
			return fmt.Errorf("knob %s is %q; it can be %d to %d of %s, with commas between them", k.Name, clip(value), k.Min, k.Max, strings.Join(k.Items, ", "))
		}
	case Text:
		printable := utf8.ValidString(value) && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f })
		if !printable || int64(len(value)) < k.Min || int64(len(value)) > k.Max {
			return fmt.Errorf("knob %s is %q; it can be %d to %d bytes of printable text", k.Name, clip(value), k.Min, k.Max)
		}
	}
	return nil
}
