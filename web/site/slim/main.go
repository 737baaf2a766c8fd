// Command slim makes a Go program's WebAssembly module smaller.
//
//	slim FILE OUT
//
// The runtime finds the function of a program counter by a table that the linker
// writes (runtime.findfunctab: 20 bytes for every 4096 program counters). In
// WebAssembly a function has 65,536 program counters to itself, so the table has
// sixteen equal entries for each function, and takes a tenth of the module to say
// 0, 1, 2, and so on. The module that slim writes fills the table in itself, by a
// start function of a few instructions, before anything else runs.
//
// The entries are compared with what the start function will write, all of them.
// Where they differ, as they may with another linker, the module is left as it is,
// and slim says so.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: slim FILE OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "slim:", err)
		os.Exit(1)
	}
}

func run(file, out string) error {
	module, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	slimmer, err := slim(module)
	if err != nil {
		fmt.Fprintf(os.Stderr, "slim: %s is left as it is: %v\n", file, err)
		slimmer = module
	}
	if err := os.WriteFile(out+".tmp", slimmer, 0o644); err != nil {
		return err
	}
	return os.Rename(out+".tmp", out)
}
