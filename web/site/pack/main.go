// Command pack compresses a file the way that browsers take it: with brotli
// (RFC 7932) and with gzip (RFC 1952), each at its best.
//
//	pack FILE DIR
//
// writes DIR/NAME.br and DIR/NAME.gz, where NAME is the last element of FILE.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/andybalholm/brotli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack FILE DIR")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// pack compresses twice at once: brotli's best takes a processor for half a
// minute, and gzip hides in its shadow.
func pack(file, dir string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	base := filepath.Join(dir, filepath.Base(file))
	zipped := make(chan error, 1)
	go func() {
		zipped <- write(base+".gz", data, func(w io.Writer) (io.WriteCloser, error) {
			return gzip.NewWriterLevel(w, gzip.BestCompression)
		})
	}()
	err = write(base+".br", data, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: window}), nil
	})
	if zipErr := <-zipped; err == nil {
		err = zipErr
	}
	return err
}

// window has brotli look back over all of app.wasm, 2 to this many bytes: that saves 1%.
const window = 24

// write replaces the file name by data as compress writes it, whole or not at
// all, so that an interrupted build leaves no half a file with a new date.
func write(name string, data []byte, compress func(io.Writer) (io.WriteCloser, error)) error {
	var out bytes.Buffer
	c, err := compress(&out)
	if err != nil {
		return err
	}
	if _, err := c.Write(data); err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(name+".tmp", out.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}
