//go:build !linux && !darwin

package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
)

// native is always nil: this system has no native server.
type native = *noNative

type noNative struct{}

func (*noNative) Isolation() string { return "" }
func (*noNative) Notes() []string   { return nil }
func (*noNative) Close() error      { return nil }

type nativeFlags struct{}

func (*nativeFlags) add(*flag.FlagSet)         {}
func (*nativeFlags) given() string             { return "" }
func (*nativeFlags) check() error              { return nil }
func (*nativeFlags) settle(net.Listener, bool) {}

// startNative starts what tells the pages that there is none.
func startNative(_ config, log *slog.Logger) (map[string]string, native, error) {
	why := fmt.Sprintf("the native server runs on Linux and macOS, and this relay is on %s: it plays recordings, "+
		"and relay -server HOST runs the labs on another machine", runtime.GOOS)
	log.Warn(why)
	addrs, err := noServer(why)
	return addrs, nil, err
}

func child() {}

func (f figures) ofNative(io.Writer) {}
