//go:build !linux && !darwin

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// openMain says what does here.
func openMain(args []string) int {
	if _, err := parseOpen(args, os.Stdout); errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "relay open: it takes a native server, and there is none for this system; start relay, and open the file on the page")
	return 1
}
