package demo

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Setting is one thing about a program that can be set. Its value is text.
type Setting struct {
	Name    string
	Default string
	Doc     string // what it does, and what it can be

	// Check returns nil for a value that can be, else what can.
	Check func(value string) error
}

// Settings are the values of a program's settings, by name, as Check returned
// them.
type Settings map[string]string

// Int returns the value of a whole number.
func (s Settings) Int(name string) int {
	n, _ := strconv.Atoi(s[name])
	return n
}

// Duration returns the value of a duration.
func (s Settings) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(s[name])
	return d
}

// number is a Check for whole numbers.
func number(low, high int64) func(string) error {
	return func(value string) error {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < low || n > high {
			return fmt.Errorf("a whole number from %d to %d", low, high)
		}
		return nil
	}
}

// duration is a Check for durations, which are written "300ms" or "2s".
func duration(high time.Duration) func(string) error { return atLeast(0, high) }

// atLeast is duration with a lower end, too.
func atLeast(low, high time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < low || d > high {
			return fmt.Errorf("a duration from %v to %v", low, high)
		}
		return nil
	}
}

// address is a Check for what a socket can be bound to.
func address(value string) error {
	if _, err := netip.ParseAddrPort(value); err != nil {
		return errors.New("an address and a port, 127.0.0.1:8021")
	}
	return nil
}

// choice is a Check for one of several words.
func choice(words ...string) func(string) error {
	return func(value string) error {
		if !slices.Contains(words, value) {
			return errors.New(strings.Join(words, " or "))
		}
		return nil
	}
}

// text is a Check for printable text; empty is "not set".
func text(most int) func(string) error {
	return func(value string) error {
		control := func(r rune) bool { return r < ' ' || r == 0x7f }
		if len(value) > most || !utf8.ValidString(value) || strings.ContainsFunc(value, control) {
			return fmt.Errorf("up to %d bytes of printable text", most)
		}
		return nil
	}
}
