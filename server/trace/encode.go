//go:build !js

package trace

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

var encMode = must(cbor.CoreDetEncOptions().EncMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// AppendFrame appends v, a Message or a Request, to b as a frame: a uint32
// length in network byte order, then that many bytes of CBOR (RFC 8949).
func AppendFrame(b []byte, v any) ([]byte, error) {
	body, err := encMode.Marshal(v)
	if err != nil {
		return b, err
	}
	if len(body) > MaxFrame {
		return b, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrFrame, len(body), MaxFrame)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...), nil
}

// WriteFrame writes v to w as one frame, with one call of Write.
func WriteFrame(w io.Writer, v any) error {
	b, err := AppendFrame(nil, v)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
