package main

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// ownPage is the command line's part about a page that shows one trace.
type ownPage struct {
	http   string
	beyond bool
}

// choose checks the page's address, and chooses one where none was given.
func (p *ownPage) choose(shows string) error {
	if p.http == "" {
		p.http = "127.0.0.1:8080"
		if l, err := net.Listen("tcp", p.http); err != nil {
			p.http = "127.0.0.1:0"
		} else {
			l.Close()
		}
	}
	host, _, err := net.SplitHostPort(p.http)
	if err != nil {
		return fmt.Errorf("-http %.100q: an ADDR is HOST:PORT, such as 127.0.0.1:8080", p.http)
	}
	if ip := net.ParseIP(host); !p.beyond && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("-http %.100q can be reached from other machines, which would see all that %s; -beyond-loopback allows it", p.http, shows)
	}
	return nil
}

// servePage serves the page of a trace. It returns where that is, and what ends it.
func servePage(c config) (at string, leave func(), err error) {
	if c.logFormat == "" {
		c.logFormat = "text"
	}
	ctx, stop := context.WithCancel(context.Background())
	page, served := make(chan string, 1), make(chan error, 1)
	c.ready = func(where string) { page <- where + "trace" }
	go func() { served <- serve(ctx, c) }()
	select {
	case at = <-page:
		return at, func() { stop(); <-served }, nil
	case err := <-served:
		stop()
		if err == nil {
			err = errors.New("the page ended before it began")
		}
		return "", nil, err
	}
}
