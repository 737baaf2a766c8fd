package packet

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// segment makes a packet of TCP over IPv4, or over IPv6 where the addresses are.
func segment(from, to string, flags Flags, seq, ack uint32, window int, options, data string) []byte {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	for len(options)%4 != 0 {
		options += "\x01"
	}
	tcp := binary.BigEndian.AppendUint16(nil, a.Port())
	tcp = binary.BigEndian.AppendUint16(tcp, b.Port())
	tcp = binary.BigEndian.AppendUint32(tcp, seq)
	tcp = binary.BigEndian.AppendUint32(tcp, ack)
	tcp = append(tcp, byte(5+len(options)/4)<<4, byte(flags))
	tcp = binary.BigEndian.AppendUint16(tcp, uint16(window))
	tcp = append(tcp, 0, 0, 0, 0)
	tcp = append(append(tcp, options...), data...)
	return ip(a.Addr(), b.Addr(), TCP, tcp)
}

func ip(from, to netip.Addr, p Protocol, payload []byte) []byte {
	frame := make([]byte, 12)
	if from.Is6() {
		frame = append(frame, 0x86, 0xdd, 0x60, 0, 0, 0)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
		frame = append(frame, byte(p), 64)
	} else {
		frame = append(frame, 0x08, 0x00, 0x45, 0)
		frame = binary.BigEndian.AppendUint16(frame, uint16(20+len(payload)))
		frame = append(frame, 0, 0, 0x40, 0, 64, byte(p), 0, 0)
	}
	frame = append(append(frame, from.AsSlice()...), to.AsSlice()...)
	return append(frame, payload...)
}

const (
	alice = "127.0.0.1:40000"
	bob   = "127.0.0.1:80"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		want  Packet
	}{
		"a SYN": {segment(alice, bob, SYN, 7, 0, 65495, "\x02\x04\xff\xd7\x01\x03\x03\x0a", ""),
			Packet{Protocol: TCP, Flags: SYN, Seq: 7, Window: 65495, Scale: 10, MSS: 65495}},
		"data": {segment(alice, bob, ACK|PSH, 8, 9, 64, "", "hello"),
			Packet{Protocol: TCP, Flags: ACK | PSH, Seq: 8, Ack: 9, Window: 64, Scale: -1, Length: 5, Data: []byte("hello")}},
		"data that was cut off": {segment(alice, bob, ACK, 8, 9, 64, "", "hello")[:57],
			Packet{Protocol: TCP, Flags: ACK, Seq: 8, Ack: 9, Window: 64, Scale: -1, Length: 5, Data: []byte("hel")}},
		"filled up to Ethernet's least length": {append(segment(alice, bob, RST, 8, 0, 0, "", ""), make([]byte, 6)...),
			Packet{Protocol: TCP, Flags: RST, Seq: 8, Scale: -1, Data: []byte{}}},
		"over IPv6": {segment("[::1]:40000", "[::1]:80", FIN|ACK, 8, 9, 64, "", ""),
			Packet{Protocol: TCP, Flags: FIN | ACK, Seq: 8, Ack: 9, Window: 64, Scale: -1, Data: []byte{}, From: netip.MustParseAddrPort("[::1]:40000"), To: netip.MustParseAddrPort("[::1]:80")}},
		"a broken option": {segment(alice, bob, SYN, 7, 0, 1, "\x02\x01\x00\x00", ""),
			Packet{Protocol: TCP, Flags: SYN, Seq: 7, Window: 1, Scale: -1}},
		"a datagram": {ip(netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.1"), UDP, []byte("\x9c\x40\x00\x50\x00\x0a\x00\x00hi")),
			Packet{Protocol: UDP, Scale: -1, Length: 2, Data: []byte("hi")}},
	} {
		got, err := Parse(c.frame)
		if !c.want.From.IsValid() {
			c.want.From, c.want.To = netip.MustParseAddrPort(alice), netip.MustParseAddrPort(bob)
		}
		data := got.Data
		got.Data, c.want.Data = nil, bytes.Clone(c.want.Data)
		want := c.want
		want.Data = nil
		if err != nil || got.String() != want.String() || !bytes.Equal(data, c.want.Data) {
			t.Errorf("%s: %v %q, %v\nwant %v %q", name, got, data, err, want, c.want.Data)
		}
	}
}

// String tells all that a test compares.
func (p Packet) String() string {
	return strings.Join([]string{p.From.String(), p.To.String(), p.Flags.String(), hex.EncodeToString(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(
		[]byte{byte(p.Protocol), byte(p.Flags), byte(p.Scale)}, p.Seq), p.Ack)), string(rune('0' + p.Length)), hex.EncodeToString(binary.BigEndian.AppendUint32(nil, uint32(p.Window<<16|p.MSS)))}, " ")
}

func TestWhatIsNoPacket(t *testing.T) {
	whole := segment(alice, bob, SYN, 7, 0, 1, "\x02\x04\xff\xd7", "")
	for n := range len(whole) {
		if _, err := Parse(whole[:n]); !errors.Is(err, ErrShort) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	change := func(at int, to byte) []byte {
		b := bytes.Clone(whole)
		b[at] = to
		return b
	}
	for name, frame := range map[string][]byte{
		"another protocol":            change(13, 6),
		"another version":             change(14, 0x65),
		"a header shorter than it is": change(14, 0x41),
		"a length of nothing":         change(17, 3),
		"a later fragment":            change(21, 1),
		"a TCP header too short":      change(46, 0x10),
		"less than its own headers":   change(17, 30),
	} {
		if _, err := Parse(frame); !errors.Is(err, ErrOther) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// flow plays packets and returns what each is.
type flow struct {
	t     *testing.T
	flows Flows
}

func (f *flow) add(from, to string, flags Flags, seq, ack uint32, window int, options, data string) Segment {
	f.t.Helper()
	p, err := Parse(segment(from, to, flags, seq, ack, window, options, data))
	if err != nil {
		f.t.Fatal(err)
	}
	s, ok := f.flows.Add(&p)
	if !ok {
		f.t.Fatal("not a segment")
	}
	return s
}

func TestFlows(t *testing.T) {
	f := &flow{t: t}
	const scale = "\x03\x03\x04"
	const top = 1<<32 - 3 // the numbers wrap
	for i, c := range []struct {
		got, want Segment
	}{
		{f.add(alice, bob, SYN, top, 0, 1000, scale, ""), Segment{Window: 1000}},
		{f.add(alice, bob, SYN, top, 0, 1000, scale, ""), Segment{Window: 1000, Again: true}},
		{f.add(bob, alice, SYN|ACK, 500, top+1, 900, scale, ""), Segment{Ack: 1, Window: 900}},
		{f.add(alice, bob, ACK, top+1, 501, 10, "", ""), Segment{Seq: 1, Ack: 1, Window: 160}},
		{f.add(alice, bob, ACK, top+1, 501, 10, "", "abc"), Segment{Seq: 1, Ack: 1, Window: 160}},
		{f.add(alice, bob, ACK, 1, 501, 10, "", "d"), Segment{Seq: 4, Ack: 1, Window: 160}},
		{f.add(alice, bob, ACK, 1, 501, 10, "", "d"), Segment{Seq: 4, Ack: 1, Window: 160, Again: true}},
		{f.add(bob, alice, ACK, 501, 2, 0, "", ""), Segment{Seq: 1, Ack: 5}},
		{f.add(bob, alice, ACK, 501, 2, 3, "", ""), Segment{Seq: 1, Ack: 5, Window: 48, Update: true}},
		{f.add(alice, bob, ACK, 1, 501, 10, "", ""), Segment{Seq: 4, Ack: 1, Window: 160, Probe: true}},
		{f.add(alice, bob, FIN|ACK, 2, 501, 10, "", ""), Segment{Seq: 5, Ack: 1, Window: 160}},
		{f.add(bob, alice, RST, 501, 0, 0, "", ""), Segment{Seq: 1}},
		// The same addresses, later.
		{f.add(alice, bob, SYN, 90, 0, 1000, "", ""), Segment{Window: 1000}},
		{f.add(bob, alice, SYN|ACK, 70, 91, 900, scale, ""), Segment{Ack: 1, Window: 900}},
		{f.add(alice, bob, ACK, 91, 71, 10, "", ""), Segment{Seq: 1, Ack: 1, Window: 10}}, // one side has no scale
		// A connection whose beginning wasn't captured.
		{f.add("127.0.0.1:5", bob, ACK, 1000, 2000, 10, "", "x"), Segment{Seq: 1, Ack: 1, Window: 10}},
		{f.add(bob, "127.0.0.1:5", ACK, 2000, 1001, 10, "", ""), Segment{Seq: 1, Ack: 2, Window: 10}},
	} {
		if c.got != c.want {
			t.Errorf("packet %d is %+v, want %+v", i, c.got, c.want)
		}
	}
	p := Packet{Protocol: UDP}
	if _, ok := f.flows.Add(&p); ok {
		t.Error("a datagram is a segment")
	}
}

func TestFlowsAreBounded(t *testing.T) {
	var f Flows
	followed := 0
	for i := range maxFlows + 10 {
		p := Packet{Protocol: TCP, From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, byte(i >> 16), byte(i >> 8)}), uint16(i)), To: netip.MustParseAddrPort(bob)}
		if _, ok := f.Add(&p); ok {
			followed++
		}
	}
	if followed != maxFlows/2 || len(f.ways) > maxFlows {
		t.Errorf("%d followed, %d kept", followed, len(f.ways))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(segment(alice, bob, SYN, 7, 0, 1, "\x02\x04\xff\xd7\x01\x03\x03\x0a", ""))
	f.Add(segment("[::1]:40000", "[::1]:80", ACK, 8, 9, 64, "", "hello"))
	f.Add(ip(netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.1"), UDP, []byte("\x9c\x40\x00\x50\x00\x0a\x00\x00hi")))
	f.Fuzz(func(t *testing.T, frame []byte) {
		p, err := Parse(frame)
		if err != nil {
			if !errors.Is(err, ErrShort) && !errors.Is(err, ErrOther) {
				t.Fatal(err)
			}
			return
		}
		if p.Length < 0 || p.Length < len(p.Data) || len(p.Data) > len(frame) || p.Scale > 14 {
			t.Fatalf("%+v", p)
		}
		var flows Flows
		flows.Add(&p)
		if s, ok := flows.Add(&p); ok && p.Span() > 0 && !p.Flags.Has(RST) && !s.Again {
			t.Fatalf("%+v, twice, is %+v", p, s)
		}
	})
}

func TestPcapng(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, "lo")
	if err != nil {
		t.Fatal(err)
	}
	frame := segment(alice, bob, SYN, 7, 0, 1, "", "abc") // 57 bytes
	if err := w.Write(0x1122334455667788, frame, 99); err != nil {
		t.Fatal(err)
	}
	b := file.Bytes()
	blocks := 0
	for len(b) > 0 {
		kind, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if size%4 != 0 || binary.LittleEndian.Uint32(b[size-4:]) != size {
			t.Fatalf("a block of %d bytes", size)
		}
		if kind == blockPacket && !bytes.HasPrefix(b[8:], append([]byte("\x00\x00\x00\x00\x44\x33\x22\x11\x88\x77\x66\x55\x39\x00\x00\x00\x63\x00\x00\x00"), frame...)) {
			t.Errorf("the packet is %x", b[:size])
		}
		b = b[size:]
		blocks++
	}
	if blocks != 3 {
		t.Errorf("%d blocks", blocks)
	}
}
