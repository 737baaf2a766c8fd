package trace

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
)

// AppendRequest appends r to b as a frame, with the bytes that AppendFrame gives.
// A page sends nothing but requests: written out here, they leave package cbor's
// encoder, 300 KB, out of app.wasm.
func AppendRequest(b []byte, r *Request) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = appendHead(b, cborMap, 1+ones(r.Lab != "", len(r.Knobs) > 0, r.Act != nil))
	b = appendText(appendUint(b, 1), r.Op)
	if r.Lab != "" {
		b = appendText(appendUint(b, 2), r.Lab)
	}
	if len(r.Knobs) > 0 {
		b = appendHead(appendUint(b, 3), cborMap, len(r.Knobs))
		// Shorter keys first: the order of their encoded bytes (RFC 8949,
		// section 4.2.1).
		names := slices.SortedFunc(maps.Keys(r.Knobs), func(x, y string) int {
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
		})
		for _, name := range names {
			b = appendText(appendText(b, name), r.Knobs[name])
		}
	}
	if a := r.Act; a != nil {
		b = appendHead(appendUint(b, 4), cborMap, 1+ones(len(a.Data) > 0, a.Size != 0, a.How != 0))
		b = appendUint(appendUint(b, 1), int(a.Call))
		if len(a.Data) > 0 {
			b = append(appendHead(appendUint(b, 2), cborBytes, len(a.Data)), a.Data...)
		}
		if a.Size != 0 {
			b = appendInt(appendUint(b, 3), a.Size)
		}
		if a.How != 0 {
			b = appendInt(appendUint(b, 4), a.How)
		}
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

// The major types of CBOR that a message is made of (RFC 8949, section 3.1).
const (
	cborUint     = 0 << 5
	cborNegative = 1 << 5
	cborBytes    = 2 << 5
	cborText     = 3 << 5
	cborArray    = 4 << 5
	cborMap      = 5 << 5
)

// appendHead appends the head of a data item: its type, and a number that is the
// value, or the length of what follows.
func appendHead(b []byte, major byte, number int) []byte {
	switch n := uint64(number); {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), n)
	}
}

func appendUint(b []byte, n int) []byte { return appendHead(b, cborUint, n) }

func appendInt(b []byte, n int) []byte {
	if n < 0 {
		return appendHead(b, cborNegative, -1-n)
	}
	return appendUint(b, n)
}

func appendText(b []byte, s string) []byte { return append(appendHead(b, cborText, len(s)), s...) }

// ones counts what is true.
func ones(set ...bool) (n int) {
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}
