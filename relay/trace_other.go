//go:build !linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// traceMain says that there is no strace here.
func traceMain(args []string) int {
	if _, err := parseTrace(args, os.Stdout); errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "relay trace: strace takes the program's calls, and only Linux has it")
	return 1
}
