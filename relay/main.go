// Command relay is what people start: the site, and the bridge from a
// browser's WebSockets to the TCP ports of the native server. Unless -server
// names one that runs elsewhere, the native server is in the same process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sockscope/relay/bridge"
	"sockscope/server/run"
	"sockscope/web/site"
)

func main() {
	run.Child() // the native server's processes are this binary once more
	var c config
	var origins string
	flag.StringVar(&c.http, "http", "127.0.0.1:8080", "serve the site and the WebSockets on this `address`")
	flag.StringVar(&c.server, "server", "", "relay to the native server on `HOST[:CONTROLPORT]` instead of starting one")
	flag.StringVar(&c.ports.control, "control", run.DefaultControl, "the native server's control `address`")
	flag.StringVar(&c.ports.echo, "echo", run.DefaultEcho, "the echo server's `address`")
	flag.StringVar(&c.ports.mux, "mux", run.DefaultMux, "the select multiplexer's `address`")
	flag.StringVar(&c.ports.byteorder, "byteorder", run.DefaultByteorder, "the byte order server's `address`")
	flag.StringVar(&origins, "allow-origin", "", "let pages from these `origins` connect too, such as https://example.org; separated by commas")
	flag.Var(&c.watch, "watch", "let visitors watch the standing servers, and so everyone's bytes; on where -http is a loopback address")
	flag.Parse()
	if c.server != "" && c.watch != run.WatchHere {
		fmt.Fprintln(os.Stderr, "relay: -watch is a flag of the server that -server names: give it there")
		os.Exit(2)
	}
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "relay: unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	for origin := range strings.SplitSeq(origins, ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			c.origins = append(c.origins, origin)
		}
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// config is what the flags say.
type config struct {
	http, server string
	ports        ports
	origins      []string
	watch        run.Watch
}

// serve runs until ctx ends, and returns nil then.
func serve(ctx context.Context, c config) error {
	pages, err := site.New()
	if err != nil {
		return err
	}
	listener, err := listen(c.http)
	if err != nil {
		return err
	}
	defer listener.Close()
	if c.watch == run.WatchHere && !run.Loopback(listener) {
		c.watch = run.WatchNever
	}
	targets, closeTargets, err := openTargets(c.server, c.ports, c.watch)
	if err != nil {
		return err
	}
	defer closeTargets()

	relay := bridge.New(bridge.Config{
		Targets: targets,
		Listen:  listener.Addr().String(),
		Origins: c.origins,
	})
	mux := http.NewServeMux()
	mux.Handle(bridge.Prefix, relay)
	mux.Handle("/", pages)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	fmt.Printf("Sockscope: http://%s/\n", listener.Addr())

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// The sessions first: the HTTP server knows nothing of a connection that
	// has become a WebSocket.
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	relay.Shutdown(grace)
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	return nil
}

// listen says in one line what to do about an address that is taken.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use; -http ADDR serves on another address", address)
	}
	return l, err
}
