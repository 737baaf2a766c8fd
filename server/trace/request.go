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
	if r.Act != nil {
		b = r.Act.append(appendUint(b, 4))
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

// append appends a, without the fields that are zero.
func (a *Act) append(b []byte) []byte {
	b = appendHead(b, cborMap, 1+ones(len(a.Data) > 0, a.Size != 0, a.How != 0, a.Side != 0, a.FD != 0, len(a.Args) > 0, a.Addr != "", a.Timeout != 0, a.Sets != nil))
	b = appendUint(appendUint(b, 1), int(a.Call))
	if len(a.Data) > 0 {
		b = append(appendHead(appendUint(b, 2), cborBytes, len(a.Data)), a.Data...)
	}
	number := func(key int, v int64) {
		if v != 0 {
			b = appendInt(appendUint(b, key), v)
		}
	}
	number(3, int64(a.Size))
	number(4, int64(a.How))
	number(5, int64(a.Side))
	number(6, int64(a.FD))
	if len(a.Args) > 0 {
		b = appendHead(appendUint(b, 7), cborArray, len(a.Args))
		for _, v := range a.Args {
			b = appendInt(b, v)
		}
	}
	if a.Addr != "" {
		b = appendText(appendUint(b, 8), a.Addr)
	}
	number(9, a.Timeout)
	if a.Sets != nil {
		b = a.Sets.append(appendUint(b, 10))
	}
	return b
}

// append appends s, without the lists that are empty.
func (s *Sets) append(b []byte) []byte {
	lists := [...][]int{s.Read, s.Write, s.Except, s.Error, s.HangUp, s.RdHup}
	n := ones(s.Null != 0)
	for _, list := range lists {
		n += ones(len(list) > 0)
	}
	b = appendHead(b, cborMap, n)
	for i, list := range lists {
		if len(list) == 0 {
			continue
		}
		b = appendHead(appendUint(b, 1+i), cborArray, len(list))
		for _, fd := range list {
			b = appendInt(b, int64(fd))
		}
	}
	if s.Null != 0 {
		b = appendUint(appendUint(b, 7), int(s.Null))
	}
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
func appendHead[T int | int64](b []byte, major byte, number T) []byte {
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

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, cborNegative, -1-n)
	}
	return appendHead(b, cborUint, n)
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
