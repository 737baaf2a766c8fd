package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// opening is what the command line of `relay open` says.
type opening struct {
	config
	ownPage
	file string
}

const openUse = `relay open [FLAGS] FILE   show a trace of ours, or anyone's log of strace's, on a page; - is standard input
`

// parseOpen reads the command line behind `relay open`.
func parseOpen(args []string, help io.Writer) (opening, error) {
	var o opening
	o.config, _ = parse([]string{"-control", "127.0.0.1:0", "-echo", "127.0.0.1:0", "-mux", "127.0.0.1:0", "-byteorder", "127.0.0.1:0"}, io.Discard)
	f := flag.NewFlagSet("relay open", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.ownPage.http, "http", "", "serve the page on this `address`; the default is 127.0.0.1:8080, or where that is in use a port that is free")
	f.BoolVar(&o.ownPage.beyond, "beyond-loopback", false, "let -http be an address that other machines reach: they see all that the file has")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, openUse)
		f.SetOutput(help)
		f.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, err
	}
	if f.NArg() != 1 {
		return o, errors.New("which file? relay open FILE, and - for standard input")
	}
	o.file = f.Arg(0)
	err := o.choose("the file has")
	o.config.http = o.ownPage.http
	return o, err
}
