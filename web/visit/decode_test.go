package visit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sockscope/web/play"
)

// flowOfPieces is a flow whose recvs return pieces.
func flowOfPieces(pieces ...string) *play.Flow {
	f := &play.Flow{Content: func(step int) []byte { return []byte(pieces[step]) }}
	off := int64(0)
	for i, p := range pieces {
		f.Recvs = append(f.Recvs, play.Move{Step: i, Off: off, Len: int64(len(p))})
		off += int64(len(p))
	}
	return f
}

// texts returns the messages of a decoding, and what is left behind them.
func texts(f *play.Flow, d *Decoding) (list []string, left string) {
	all := ""
	for i := range f.Recvs {
		all += string(f.Bytes(&f.Recvs[i]))
	}
	for _, m := range d.Messages {
		list = append(list, all[m.Off+m.Head:m.Off+m.Len-m.Tail])
	}
	return list, all[d.From:]
}

// The page's decoder finds what the program printed, which decodes by itself.
func TestTheDecoderFindsWhatTheProgramPrinted(t *testing.T) {
	s := recorded(t, "framing")
	s.Seek(s.Player.Len())
	flow := s.Player.Run.Conns[0].Flows[0]
	d := s.Decoding(Flow{}, s.Framing())
	list, left := texts(&flow, &d)
	want := ""
	for _, text := range list {
		want += fmt.Sprintf("%q\n", text)
	}
	if out := s.Printed(); len(list) != 5 || len(out) != 1 || out[0].Text != want || left != "" || d.Held != 0 {
		t.Errorf("%q and %q left, and the program printed %+v", list, left, out)
	}
	// After the first recv it holds back what is there of the third message.
	s.Seek(flow.Recvs[0].Step + 1)
	if d = s.Decoding(Flow{}, s.Framing()); len(d.Messages) != 2 || d.Held != 19 || d.Wants != "19 of 26 bytes are here: 7 bytes missing" {
		t.Errorf("%+v", d)
	}
}

// However the bytes come, the decoder finds the same messages; and none before it can.
func TestDecodersDoNotDependOnThePieces(t *testing.T) {
	for framing, stream := range map[string]string{
		"fixed":     fmt.Sprintf("%-32s%-32sOK", "Hello", "there"),
		"delimiter": "Hello\n\nOK\nno end",
		"length":    "\x00\x05Hello\x00\x00\x00\x07half",
		"type":      fmt.Sprintf("S%-8sM%-16s?four", "Hello", "How are you?"),
		"end":       "HelloOK",
	} {
		whole := flowOfPieces(stream)
		d := Decode(framing, whole, 1, true)
		want, rest := texts(whole, &d)
		for i := range len(stream) + 1 {
			f := flowOfPieces(stream[:i], stream[i:])
			d := Decode(framing, f, 2, true)
			if got, left := texts(f, &d); !slices.Equal(got, want) || left != rest {
				t.Fatalf("%s cut at %d: %q and %q, want %q and %q", framing, i, got, left, want, rest)
			}
		}
	}
	if d := Decode("length", flowOfPieces("\x00"), 1, false); d.Held != 1 || d.Wants != "the second byte of the length" {
		t.Errorf("half a length: %+v", d)
	}
	if d := Decode("end", flowOfPieces("abc"), 1, false); d.Held != 3 || d.Wants != "the end of the stream" {
		t.Errorf("no end yet: %+v", d)
	}
	if d := Decode("length", flowOfPieces("\x00\x09half"), 1, true); d.Held != 6 || d.Wants != "the rest, which never came" {
		t.Errorf("half a message: %+v", d)
	}
}

func TestADecoderStopsWhereTheContentIsMissing(t *testing.T) {
	f := flowOfPieces("one\n", "two\nthree\n")
	f.Content = func(step int) []byte { return []byte([]string{"one\n", "two\n"}[step]) }
	if d := Decode("delimiter", f, 2, true); !d.Lost || len(d.Messages) != 1 || d.From != 4 || d.Held != 10 {
		t.Errorf("%+v", d)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("\x00\x05Hello\x00\x02OK", uint8(3), uint8(4))
	f.Add("Hello\nOK\n", uint8(2), uint8(7))
	f.Fuzz(func(t *testing.T, stream string, which, at uint8) {
		framing := Framings[1:][int(which)%(len(Framings)-1)]
		cut := min(int(at), len(stream))
		whole, parts := flowOfPieces(stream), flowOfPieces(stream[:cut], stream[cut:])
		a, b := Decode(framing, whole, 1, true), Decode(framing, parts, 2, true)
		one, left := texts(whole, &a)
		two, rest := texts(parts, &b)
		if !slices.Equal(one, two) || left != rest || strings.Join(append(two, rest), "") == "" && stream != "" && framing == "fixed" {
			t.Fatalf("%s, %q cut at %d: %q and %q, or %q and %q", framing, stream, cut, one, left, two, rest)
		}
	})
}
