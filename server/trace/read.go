//go:build !js

package trace

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

var decMode = must(cbor.DecOptions{
	MaxNestedLevels:  maxDepth,
	MaxArrayElements: maxItems,
	MaxMapPairs:      maxPairs,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
	DupMapKey:        cbor.DupMapKeyEnforcedAPF,
}.DecMode())

// ReadFrame reads one frame from r into v, a *Message or a *Request, whose
// fields that the frame doesn't have become zero. A frame of more than limit
// bytes is refused before it is read. At a clean end between two frames the
// error is io.EOF, inside one io.ErrUnexpectedEOF.
//
// What the processes of a server tell one another may be anything else that
// package cbor decodes; no page ever reads it.
func ReadFrame(r io.Reader, limit int, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || int64(n) > int64(limit) {
		return fmt.Errorf("%w: length %d, from 1 to %d is allowed", ErrFrame, n, limit)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	switch v := v.(type) {
	case *Message:
		m, err := decodeMessage(body)
		*v = *m
		return err
	case *Request:
		q, err := decodeRequest(body)
		*v = *q
		return err
	}
	if err := decMode.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %v", ErrFrame, err)
	}
	return nil
}
