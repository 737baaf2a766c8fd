// Command export writes the site as plain files.
//
//	export ENTRY DIR
//
// ENTRY is the entry page; it becomes DIR/index.html.
package main

import (
	"fmt"
	"os"

	"sockscope/web/site"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: export ENTRY DIR")
		os.Exit(2)
	}
	if err := export(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func export(entry, dir string) error {
	html, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	s, err := site.New()
	if err != nil {
		return err
	}
	return s.Export(html, dir)
}
