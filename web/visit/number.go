package visit

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Number is a whole number of 8 to 64 bits, as memory has it.
type Number struct {
	Value uint64
	Bits  int
}

// ReadNumber reads a number that somebody typed: decimal, hexadecimal with 0x, binary with
// 0b; with a minus it becomes its two's complement. A number that doesn't fit is cut to
// its low bits, as a cast does, and cut says so.
func ReadNumber(text string, bits int) (n Number, cut bool, err error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	digits, negative := strings.CutPrefix(text, "-")
	v, err := strconv.ParseUint(digits, 0, 64)
	if err != nil || strings.HasPrefix(digits, "+") {
		return n, false, fmt.Errorf("%.40q is no whole number of 64 bits; write 258, -1, 0x102 or 0b11", text)
	}
	n = Number{v & mask(bits), bits}
	cut = v > mask(bits)
	if negative {
		n.Value = -v & mask(bits)
		cut = v > mask(bits)/2+1
	}
	return n, cut, nil
}

func mask(bits int) uint64 { return 1<<bits - 1 }

// Network returns the number's bytes in network byte order, the most significant first.
func (n Number) Network() []byte {
	return binary.BigEndian.AppendUint64(nil, n.Value)[8-n.Bits/8:]
}

// Host returns the bytes as they lie in the memory of a little-endian machine, such as
// x86 and most ARM: the least significant first.
func (n Number) Host() []byte { return binary.LittleEndian.AppendUint64(nil, n.Value)[:n.Bits/8] }

// Flipped returns the number that the same bytes are in the other order: what htonl and
// ntohl make of it on a little-endian machine.
func (n Number) Flipped() Number {
	var b [8]byte
	copy(b[:], n.Network())
	return Number{binary.LittleEndian.Uint64(b[:]), n.Bits}
}

// Signed returns the number as one of two's complement.
func (n Number) Signed() int64 { return int64(n.Value<<(64-n.Bits)) >> (64 - n.Bits) }

// Hex writes it with all its digits.
func (n Number) Hex() string { return fmt.Sprintf("0x%0*x", n.Bits/4, n.Value) }

// Field is one of a struct's, with where it lies.
type Field struct {
	Name string // as C has it; "" is padding
	At   int
	Data []byte
}

// fieldSizes are the letters of Python's struct module, for unsigned numbers.
var fieldSizes = map[rune]int{'B': 1, 'H': 2, 'I': 4, 'Q': 8}

// maxFields bounds a struct.
const maxFields = 8

// Pack lays out a struct whose fields are named by letters, B, H, I and Q for 1, 2, 4 and
// 8 bytes, and that all have the number n. native is how a C compiler does it on a
// little-endian machine of 64 bits: each field at a multiple of its size, with padding
// between, and at the end up to a multiple of the largest. packed is how it is sent:
// network order, without padding.
func Pack(letters string, n uint64) (native, packed []Field, err error) {
	largest, at, sent := 1, 0, 0
	for i, letter := range letters {
		size := fieldSizes[letter]
		if size == 0 || i >= maxFields {
			return nil, nil, fmt.Errorf("%.20q is no struct; write up to %d of the letters B, H, I and Q: 1, 2, 4 and 8 bytes", letters, maxFields)
		}
		native, at = pad(native, at, size)
		field := Number{n & mask(8*size), 8 * size}
		name := fmt.Sprintf("uint%d_t", 8*size)
		native = append(native, Field{name, at, field.Host()})
		packed = append(packed, Field{name, sent, field.Network()})
		at, sent, largest = at+size, sent+size, max(largest, size)
	}
	native, _ = pad(native, at, largest)
	return native, packed, nil
}

// pad adds padding up to a multiple of size.
func pad(fields []Field, at, size int) ([]Field, int) {
	if n := (size - at%size) % size; n > 0 {
		return append(fields, Field{"", at, make([]byte, n)}), at + n
	}
	return fields, at
}

// Typed returns what a send of the learner's has of what was typed: the text; in a lab
// about a number that number, as its sender writes it, and how says so.
func (r *Run) Typed(text string) (data []byte, how string, err error) {
	if !r.Lab.Numbers || r.Player == nil {
		return []byte(text), "", nil
	}
	knobs := r.Player.Run.Header.Knobs
	bits, _ := strconv.Atoi(knobs["bits"])
	n, _, err := ReadNumber(text, bits)
	if err != nil {
		return nil, "", err
	}
	data = n.Host()
	if knobs["sender"] == "network" {
		data = n.Network()
	}
	return data, fmt.Sprintf("in %s order: % x", knobs["sender"], data), nil
}
