package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The sections of a module that slim knows (WebAssembly core specification, 5.5).
const (
	typeSection     = 1
	importSection   = 2
	functionSection = 3
	startSection    = 8
	elementSection  = 9
	codeSection     = 10
	dataSection     = 11
)

// What slim writes of the instruction set (5.4), and of the types (5.3).
const (
	opLoop     = 0x03
	opEnd      = 0x0b
	opBrIf     = 0x0d
	opLocalGet = 0x20
	opLocalTee = 0x22
	opI32Store = 0x36
	opI32Const = 0x41
	opI32LtU   = 0x49
	opI32Add   = 0x6a
	opI32Mul   = 0x6c
	opI32ShrU  = 0x76
	blockVoid  = 0x40
	i32        = 0x7f
)

var magic = []byte("\x00asm\x01\x00\x00\x00")

// module is a module cut into its sections.
type module struct{ sections []section }

type section struct {
	id      byte
	content []byte
}

var errShort = errors.New("it ends too early")

func parse(b []byte) (*module, error) {
	rest, ok := bytes.CutPrefix(b, magic)
	if !ok {
		return nil, errors.New("it is no WebAssembly module of version 1")
	}
	m := &module{}
	for len(rest) > 0 {
		id := rest[0]
		content, after, err := cutBytes(rest[1:])
		if err != nil {
			return nil, fmt.Errorf("section %d: %w", id, err)
		}
		m.sections = append(m.sections, section{id, content})
		rest = after
	}
	return m, nil
}

// section returns the content of a section; nil without it.
func (m *module) section(id byte) []byte {
	for _, s := range m.sections {
		if s.id == id {
			return s.content
		}
	}
	return nil
}

func (m *module) set(id byte, content []byte) {
	for i := range m.sections {
		if m.sections[i].id == id {
			m.sections[i].content = content
		}
	}
}

// bytes puts the module together again.
func (m *module) bytes() []byte {
	b := bytes.Clone(magic)
	for _, s := range m.sections {
		b = append(b, s.id)
		b = appendUint(b, uint32(len(s.content)))
		b = append(b, s.content...)
	}
	return b
}

// addStart adds a function with the body, and has it run first.
func (m *module) addStart(body []byte) error {
	imported, err := countImportedFuncs(m.section(importSection))
	if err != nil {
		return err
	}
	own, _, err := cutUint(m.section(functionSection))
	if err != nil {
		return err
	}
	types, _, err := cutUint(m.section(typeSection))
	if err != nil {
		return err
	}
	noParams := []byte{0x60, 0, 0} // a function type of neither parameters nor results
	for _, add := range []struct {
		id   byte
		item []byte
	}{
		{typeSection, noParams},
		{functionSection, appendUint(nil, types)},
		{codeSection, append(appendUint(nil, uint32(len(body))), body...)},
	} {
		grown, err := grow(m.section(add.id), add.item)
		if err != nil {
			return err
		}
		m.set(add.id, grown)
	}
	for i, s := range m.sections { // sections have an order; start is before elements
		if s.id == elementSection || s.id == codeSection {
			start := section{startSection, appendUint(nil, imported+own)}
			m.sections = append(m.sections[:i:i], append([]section{start}, m.sections[i:]...)...)
			return nil
		}
	}
	return errors.New("it has no code")
}

// grow adds an item to a section that is a vector.
func grow(content, item []byte) ([]byte, error) {
	n, items, err := cutUint(content)
	if err != nil {
		return nil, err
	}
	return append(append(appendUint(nil, n+1), items...), item...), nil
}

func countImportedFuncs(b []byte) (funcs uint32, err error) {
	if b == nil {
		return 0, nil
	}
	n, b, err := cutUint(b)
	for ; err == nil && n > 0; n-- {
		for range 2 { // the names of a module, and of what is taken from it
			if _, b, err = cutBytes(b); err != nil {
				return 0, err
			}
		}
		if len(b) == 0 {
			return 0, errShort
		}
		if b[0] != 0 {
			return 0, fmt.Errorf("it imports something else than functions (kind %d)", b[0])
		}
		_, b, err = cutUint(b[1:])
		funcs++
	}
	return funcs, err
}

// segment is a piece of memory as it is when the module starts.
type segment struct {
	at   uint32
	data []byte
}

// readSegments returns the segments in the order of their addresses.
func readSegments(b []byte) ([]segment, error) {
	n, b, err := cutUint(b)
	if err != nil {
		return nil, err
	}
	var segments []segment
	for range n {
		if len(b) < 2 || b[0] != 0 || b[1] != opI32Const {
			return nil, errors.New("it has a data segment of another kind than those at a constant address")
		}
		at, rest, err := cutInt(b[2:])
		if err != nil {
			return nil, err
		}
		if len(rest) == 0 || rest[0] != opEnd {
			return nil, errors.New("it has a data segment whose address is more than a constant")
		}
		data, rest, err := cutBytes(rest[1:])
		if err != nil {
			return nil, err
		}
		if at < 0 || int64(at)+int64(len(data)) > maxMemory {
			return nil, errors.New("it has a data segment too far up")
		}
		segments = append(segments, segment{uint32(at), data})
		b = rest
	}
	slices.SortStableFunc(segments, func(a, b segment) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(segments); i++ {
		if before := segments[i-1]; segments[i].at < before.at+uint32(len(before.data)) {
			return nil, errors.New("it has data segments that overlap")
		}
	}
	return segments, nil
}

// maxMemory bounds the data of a module, in bytes.
const maxMemory = 256 << 20

// flatten returns the memory from the first segment to the end of the last.
func flatten(segments []segment) (base int, image []byte) {
	if len(segments) == 0 {
		return 0, nil
	}
	last := segments[len(segments)-1]
	base = int(segments[0].at)
	image = make([]byte, int(last.at)+len(last.data)-base)
	for _, s := range segments {
		copy(image[int(s.at)-base:], s.data)
	}
	return base, image
}

// segmentCost is about how many bytes a segment takes besides its data: more
// zeros than that are left out of the module.
const segmentCost = 8

// writeSegments writes the data section of an image of memory.
func writeSegments(base int, image []byte) []byte {
	var out []byte
	n := uint32(0)
	for at := 0; at < len(image); {
		if image[at] == 0 {
			at++
			continue
		}
		end := at + 1 // of the data up to the next long row of zeros
		for i := end; i < len(image) && i < end+segmentCost; i++ {
			if image[i] != 0 {
				end = i + 1
			}
		}
		out = append(out, 0, opI32Const)
		out = appendInt(out, int32(base+at))
		out = append(out, opEnd)
		out = appendUint(out, uint32(end-at))
		out = append(out, image[at:end]...)
		n++
		at = end
	}
	return append(appendUint(nil, n), out...)
}

// cutUint cuts an unsigned LEB128 integer of 32 bits off b (5.2.2).
func cutUint(b []byte) (v uint32, rest []byte, err error) {
	u, n := binary.Uvarint(b)
	if n <= 0 || n > 5 || u > 1<<32-1 {
		return 0, nil, errShort
	}
	return uint32(u), b[n:], nil
}

// cutInt cuts a signed LEB128 integer of 32 bits off b.
func cutInt(b []byte) (v int32, rest []byte, err error) {
	u, n := binary.Uvarint(b)
	if n <= 0 || n > 5 {
		return 0, nil, errShort
	}
	if bits := 7 * n; bits < 64 && u>>(bits-1)&1 == 1 {
		u |= ^uint64(0) << bits
	}
	return int32(u), b[n:], nil
}

// cutBytes cuts a length and as many bytes off b.
func cutBytes(b []byte) (v, rest []byte, err error) {
	n, b, err := cutUint(b)
	if err != nil {
		return nil, nil, err
	}
	if uint64(n) > uint64(len(b)) {
		return nil, nil, errShort
	}
	return b[:n:n], b[n:], nil
}

func appendUint(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

// appendInt appends a signed LEB128 integer.
func appendInt(b []byte, v int32) []byte {
	for {
		c := byte(v) & 0x7f
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
