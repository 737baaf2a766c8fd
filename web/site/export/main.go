// Command export writes the site as plain files.
//
//	export ENTRY DIR [BUNDLE]
//
// ENTRY is the entry page; it becomes DIR/index.html. BUNDLE is a machine for the tab.
package main

import (
	"fmt"
	"os"

	"sockscope/web/site"
)

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: export ENTRY DIR [BUNDLE]")
		os.Exit(2)
	}
	if err := export(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func export(entry, dir string, bundles []string) error {
	html, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	s, err := site.New()
	if err != nil {
		return err
	}
	for _, b := range bundles {
		if err := s.AddMachine(os.DirFS(b)); err != nil {
			return err
		}
	}
	return s.Export(html, dir)
}
