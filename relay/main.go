// Command relay is what people start. It serves the site, and it joins a browser's
// WebSockets to the TCP ports of the native server. That server is in the same
// process, unless -server names one elsewhere.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sockscope/relay/bridge"
	"sockscope/web/site"
)

func main() {
	child()

	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "trace":
			os.Exit(traceMain(os.Args[2:]))
		case "open":
			os.Exit(openMain(os.Args[2:]))
		case "export":
			os.Exit(exportMain(os.Args[2:]))
		}
	}
	c, err := parse(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "relay: %v (relay -h lists the flags)\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal kills the process
	if err := serve(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// serve runs until ctx ends. It then drains and returns nil.
func serve(ctx context.Context, c config) error {
	log := c.logger()
	slog.SetDefault(log)
	pages, err := site.New()
	if err != nil {
		return err
	}
	pages.Framers = c.framers
	if c.tab {
		if err := addMachine(pages); err != nil {
			return err
		}
	}
	if err := c.checkTargets(ctx); err != nil {
		return err
	}
	scheme, tlsConfig := "http", (*tls.Config)(nil)
	if c.cert != "" {
		cert, err := readCertificate(c.cert, c.key, log)
		if err != nil {
			return err
		}
		scheme, tlsConfig = "https", &tls.Config{GetCertificate: cert.get}
	}
	listener, err := listen("http", c.http)
	if err != nil {
		return err
	}
	defer listener.Close()
	c.native.settle(listener, c.public())
	var apart net.Listener
	if c.metrics != "" {
		if apart, err = listen("metrics", c.metrics); err != nil {
			return err
		}
		defer apart.Close()
	}
	targets, native, err := openTargets(c, log)
	if err != nil {
		return err
	}
	if native != nil {
		defer native.Close()
	}

	relay := bridge.New(bridge.Config{
		Targets: targets,
		Listen:  listener.Addr().String(),
		Origins: c.origins,
		Proxies: c.proxies,
		Limits:  c.limits,
		Log:     log,
	})
	state := &health{native: native, control: targets["lab"].Address}
	inside := state.inside(figures{relay, native}.handler())
	mux := http.NewServeMux()
	mux.Handle(bridge.Prefix, relay)
	mux.Handle("/", pages)
	// A proxy on this machine makes strangers look local. Whoever set one up has given
	// one of these flags.
	hosted := len(c.origins) > 0 || len(c.proxies) > 0
	state.outside(mux, relay, inside, c.metrics == "" && !hosted)

	server := newServer(mux, log)
	server.TLSConfig = tlsConfig
	failed := make(chan error, 2)
	go func() {
		l := limit(listener, c.connections, c.proxies)
		if tlsConfig != nil {
			failed <- server.ServeTLS(l, "", "")
			return
		}
		failed <- server.Serve(l)
	}()
	if apart != nil {
		private := newServer(inside, log)
		defer private.Close()
		go func() { failed <- private.Serve(apart) }()
		log.Info("metrics", "address", apart.Addr().String())
	}
	if c.ready != nil {
		c.ready(where(scheme, listener.Addr()))
	} else {
		fmt.Printf("Sockscope: %s\n", where(scheme, listener.Addr()))
	}
	if c.server != "" && c.server != "none" {
		go state.await(ctx, log)
	}

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	state.draining.Store(true)
	if open := relay.Stats().Open; open > 0 {
		log.Info("draining; a second signal ends it at once", "sessions", open, "grace", c.drain)
	}
	relay.Drain(context.Background(), c.drain)
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// The sessions first: the HTTP server has given their connections away.
	relay.Shutdown(grace)
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	return nil
}

// addMachine has the pages offer the machine that is in this binary.
func addMachine(pages *site.Site) error {
	bundle := site.BuiltMachine()
	if bundle == nil {
		return errors.New("-tab: this relay was built without a machine for the tab; make build TAB=1 builds one with it")
	}
	return pages.AddMachine(bundle)
}

// where returns the site's address, as a browser on this machine can open it.
func where(scheme string, at net.Addr) string {
	here := at.(*net.TCPAddr).AddrPort()
	if !here.Addr().IsUnspecified() {
		return fmt.Sprintf("%s://%s/", scheme, here)
	}
	return fmt.Sprintf("%s://127.0.0.1:%d/ and at every other address of this machine", scheme, here.Port())
}

// newServer bounds how long a request and its answer may take. Five minutes are enough
// for app.wasm at 5 KB a second. WebSockets aren't bound by these times.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // strangers' malformed requests
	}
}

// listen listens on an address. If it is taken, the error says which flag helps.
func listen(name, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use; -%s ADDR serves on another address", address, name)
	}
	return l, err
}
