package site

import (
	"embed"
	"encoding/binary"
	"fmt"
	"io/fs"
)

// built holds what make puts there: app.wasm.br and app.wasm.gz. A clean
// checkout has the empty folder, and builds.
//
//go:embed all:built
var built embed.FS

// builtWasm returns app.wasm; the error wraps fs.ErrNotExist when it hasn't
// been built.
func builtWasm(built fs.FS) (*file, error) {
	br, err := fs.ReadFile(built, "built/app.wasm.br")
	if err != nil {
		return nil, err
	}
	gz, err := fs.ReadFile(built, "built/app.wasm.gz")
	if err != nil {
		return nil, err
	}
	if len(gz) < 18 {
		return nil, fmt.Errorf("built/app.wasm.gz has %d bytes, less than an empty gzip file", len(gz))
	}
	return &file{
		contentType: contentTypes[".wasm"],
		version:     hash(gz),
		// gzip's last four bytes are the length of what it holds (RFC 1952,
		// section 2.3.1), which saves unpacking it to know.
		size:   int(binary.LittleEndian.Uint32(gz[len(gz)-4:])),
		gzip:   gz,
		brotli: br,
	}, nil
}
