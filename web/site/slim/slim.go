package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// An entry of the table: the index of a function, and sixteen bytes that are 0
// where a function fills its entries (runtime/symtab.go, findfuncbucket).
const (
	entrySize = 20
	perFunc   = 16
)

// minFuncs is how many functions a table must have to be taken for one.
const minFuncs = 64

// slim returns the module with its table filled in by a start function.
func slim(module []byte) ([]byte, error) {
	m, err := parse(module)
	if err != nil {
		return nil, err
	}
	if m.section(startSection) != nil {
		return nil, errors.New("it has a start function already")
	}
	segments, err := readSegments(m.section(dataSection))
	if err != nil {
		return nil, err
	}
	base, image := flatten(segments)
	at, entries := findTable(image)
	if entries == 0 {
		return nil, errors.New("it has no table of functions of the shape that is known")
	}
	clear(image[at : at+entries*entrySize])
	m.set(dataSection, writeSegments(base, image))
	if err := m.addStart(fillTable(uint32(base+at), uint32(entries))); err != nil {
		return nil, err
	}
	return m.bytes(), nil
}

// findTable returns where the table begins in an image of memory, and how many
// entries from there are as fillTable writes them; 0 entries for none.
func findTable(image []byte) (at, entries int) {
	// The entries of functions 1 and 2 are like nothing else; those of function
	// 0 before them are all 0.
	var pattern []byte
	for i := perFunc; i < 3*perFunc; i++ {
		pattern = append(pattern, entry(i)...)
	}
	at = bytes.Index(image, pattern) - perFunc*entrySize
	if at < 0 {
		return 0, 0
	}
	for end := at; end+entrySize <= len(image) && bytes.Equal(image[end:end+entrySize], entry(entries)); end += entrySize {
		entries++
	}
	if entries < minFuncs*perFunc {
		return 0, 0
	}
	return at, entries
}

// entry returns entry i of a table.
func entry(i int) []byte {
	e := make([]byte, entrySize)
	binary.LittleEndian.PutUint32(e, uint32(i/perFunc))
	return e
}

// fillTable returns the body of a function without parameters that writes the
// entries of the table at an address, and needs memory to be 0 there.
func fillTable(at, entries uint32) []byte {
	b := []byte{1, 1, i32} // one local: i
	b = append(b, opLoop, blockVoid)
	b = append(b, opLocalGet, 0, opI32Const)
	b = appendInt(b, entrySize)
	b = append(b, opI32Mul, opLocalGet, 0, opI32Const)
	b = appendInt(b, 4) // perFunc is 1<<4
	b = append(b, opI32ShrU, opI32Store, 2)
	b = appendUint(b, at)
	b = append(b, opLocalGet, 0, opI32Const, 1, opI32Add, opLocalTee, 0, opI32Const)
	b = appendInt(b, int32(entries))
	return append(b, opI32LtU, opBrIf, 0, opEnd, opEnd)
}
