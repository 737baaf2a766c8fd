package visit

import (
	"fmt"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

func TestANumberInBothOrders(t *testing.T) {
	for _, c := range []struct {
		text          string
		bits          int
		network, host string
		flipped       uint64
		signed        int64
		hex           string
		cut           bool
	}{
		{"1", 16, "00 01", "01 00", 256, 1, "0x0001", false},
		{"0x12345678", 32, "12 34 56 78", "78 56 34 12", 0x78563412, 0x12345678, "0x12345678", false},
		{"-1", 8, "ff", "ff", 255, -1, "0xff", false},
		{"-2", 16, "ff fe", "fe ff", 0xfeff, -2, "0xfffe", false},
		{"16,843,009", 32, "01 01 01 01", "01 01 01 01", 0x01010101, 0x01010101, "0x01010101", false},
		{"20000", 32, "00 00 4e 20", "20 4e 00 00", 541982720, 20000, "0x00004e20", false},
		{" 65537 ", 16, "00 01", "01 00", 256, 1, "0x0001", true},
		{"-129", 8, "7f", "7f", 127, 127, "0x7f", true},
		{"-128", 8, "80", "80", 128, -128, "0x80", false},
		{"18446744073709551615", 64, "ff ff ff ff ff ff ff ff", "ff ff ff ff ff ff ff ff", 1<<64 - 1, -1, "0xffffffffffffffff", false},
		{"0b101", 8, "05", "05", 5, 5, "0x05", false},
	} {
		n, cut, err := ReadNumber(c.text, c.bits)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("% x", n.Network()); got != c.network {
			t.Errorf("%s: network %s", c.text, got)
		}
		if got := fmt.Sprintf("% x", n.Host()); got != c.host {
			t.Errorf("%s: host %s", c.text, got)
		}
		if n.Flipped().Value != c.flipped || n.Flipped().Flipped() != n || n.Signed() != c.signed || n.Hex() != c.hex || cut != c.cut {
			t.Errorf("%s: flipped %d, signed %d, %s, cut %v", c.text, n.Flipped().Value, n.Signed(), n.Hex(), cut)
		}
	}
	for _, bad := range []string{"", "one", "1.5", "--1", "+1", "18446744073709551616", "0xg", strings.Repeat("9", 999)} {
		if n, _, err := ReadNumber(bad, 32); err == nil || len(err.Error()) > 200 {
			t.Errorf("%q is %+v, %v", bad, n, err)
		}
	}
}

func TestAStructHasPaddingAndTheWireHasNot(t *testing.T) {
	lay := func(fields []Field) string {
		var parts []string
		for _, f := range fields {
			parts = append(parts, fmt.Sprintf("%d:%s:%x", f.At, f.Name, f.Data))
		}
		return strings.Join(parts, " ")
	}
	native, packed, err := Pack("BIH", 0x01020304)
	if got, want := lay(native), "0:uint8_t:04 1::000000 4:uint32_t:04030201 8:uint16_t:0403 10::0000"; got != want || err != nil {
		t.Errorf("native %s", got)
	}
	if got, want := lay(packed), "0:uint8_t:04 1:uint32_t:01020304 5:uint16_t:0304"; got != want {
		t.Errorf("packed %s", got)
	}
	if native, packed, err = Pack("", 1); native != nil || packed != nil || err != nil {
		t.Errorf("an empty struct: %v %v %v", native, packed, err)
	}
	for _, bad := range []string{"x", "BBBBBBBBB", "bi", "é"} {
		if _, _, err := Pack(bad, 1); err == nil {
			t.Errorf("%q is a struct", bad)
		}
	}
}

func FuzzReadNumber(f *testing.F) {
	f.Add("0x12345678", uint8(2), "BHIQ")
	f.Fuzz(func(t *testing.T, text string, size uint8, letters string) {
		bits := 8 << (size % 4)
		if n, _, err := ReadNumber(text, bits); err == nil && (n.Value > mask(bits) || n.Flipped().Flipped() != n || len(n.Host()) != bits/8 || len(n.Network()) != bits/8) {
			t.Errorf("%q: %+v", text, n)
		}
		native, packed, err := Pack(letters, 1)
		if at := 0; err == nil {
			for _, f := range native {
				if f.At != at {
					t.Errorf("%s: a gap at %d", letters, at)
				}
				at += len(f.Data)
			}
			if len(packed) > len(native) {
				t.Errorf("%s: %d fields are sent, of %d", letters, len(packed), len(native))
			}
		}
	})
}

// In a lab about a number the learner sends what the lab's sender would.
func TestTyped(t *testing.T) {
	l, err := lab.Find("byteorder")
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{Desk: Desk{Lab: l}}
	r.Player = play.NewPlayer(play.NewRun(&trace.Header{}))
	for _, c := range []struct{ bits, sender, text, want, how string }{
		{"16", "host", "1", "\x01\x00", "in host order: 01 00"},
		{"16", "network", "258", "\x01\x02", "in network order: 01 02"},
		{"32", "network", "-1", "\xff\xff\xff\xff", "in network order: ff ff ff ff"},
		{"16", "host", "one", "", ""},
	} {
		r.Player.Run.Header.Knobs = map[string]string{"bits": c.bits, "sender": c.sender}
		data, how, err := r.Typed(c.text)
		if string(data) != c.want || how != c.how || (err != nil) != (c.want == "") {
			t.Errorf("%+v: % x, %q, %v", c, data, how, err)
		}
	}
	r.Lab, _ = lab.Find("echo")
	if data, how, err := r.Typed("1\n"); string(data) != "1\n" || how != "" || err != nil {
		t.Errorf("of a text: %q, %q, %v", data, how, err)
	}
}
