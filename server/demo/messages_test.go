package demo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	inbox "sockscope/server/demo/messages"
)

// decode returns the messages of a whole stream, and how many bytes of it are none: what
// the frames of the lab mean, written down once more without a thought of pieces.
func decode(stream, framing string) (texts []string, left int) {
	switch framing {
	case "end":
		if stream != "" {
			texts = []string{stream}
		}
		return texts, 0
	case "delimiter":
		lines := strings.SplitAfter(stream, "\n")
		return lines[:len(lines)-1], len(lines[len(lines)-1])
	}
	for i := 0; i < len(stream); {
		head, size := 0, 32
		switch framing {
		case "length":
			if i+2 > len(stream) {
				return texts, len(stream) - i
			}
			head, size = 2, int(stream[i])<<8|int(stream[i+1])
		case "type":
			head, size = 1, 4
			for j, letter := range []byte("SML") {
				if stream[i] == letter {
					size = []int{8, 16, 32}[j]
				}
			}
		}
		if i+head+size > len(stream) {
			return texts, len(stream) - i
		}
		texts = append(texts, stream[i+head:i+head+size])
		i += head + size
	}
	return texts, 0
}

// cutAll gives the decoder a stream in pieces, as recvs would, and returns what it finds
// and how many bytes it holds at the end.
func cutAll(pieces []string, framing string) (texts []string, left int) {
	var held []byte
	take := func(end bool) {
		for {
			text, n := inbox.Cut(held, framing, end)
			if n == 0 {
				return
			}
			texts, held = append(texts, text), held[n:]
		}
	}
	for _, p := range pieces {
		held = append(held, p...)
		take(false)
	}
	take(true)
	return texts, len(held)
}

var framings = []string{"fixed", "delimiter", "length", "type", "end"}

// agrees holds a decoder to the reference, for a stream that comes in pieces.
func agrees(t *testing.T, framing string, pieces ...string) {
	t.Helper()
	want, rest := decode(strings.Join(pieces, ""), framing)
	got, left := cutAll(pieces, framing)
	if !slices.Equal(got, want) || left != rest {
		t.Fatalf("%s, %q: %q and %d bytes left, want %q and %d", framing, pieces, got, left, want, rest)
	}
}

// single cuts a stream into its bytes.
func single(stream string) (pieces []string) {
	for i := range len(stream) {
		pieces = append(pieces, stream[i:i+1])
	}
	return pieces
}

// However a stream is cut in two, in three, or into bytes, its messages are the same.
func TestMessagesDoNotDependOnThePieces(t *testing.T) {
	stream := map[string]string{
		"fixed":     fmt.Sprintf("%-32s%-32s", "Hello", "OK"),
		"delimiter": "Hello\n\nOK\nno end",
		"length":    "\x00\x05Hello\x00\x00\x01\x01" + strings.Repeat("x", 257) + "\x00\x07half",
		"type":      fmt.Sprintf("S%-8sM%-16sL%-32s?four", "Hello", "How are you?", "TCP is a stream of bytes"),
		"end":       "HelloOK",
	}
	for _, framing := range framings {
		s := stream[framing]
		for i := range len(s) + 1 {
			agrees(t, framing, s[:i], s[i:])
			for k := i; k <= len(s); k += 7 {
				agrees(t, framing, s[:i], s[i:k], s[k:])
			}
		}
		agrees(t, framing, single(s)...)
	}
	// Without a frame the pieces are the messages: that is the bug.
	if got, _ := cutAll([]string{"Hello", "OK"}, "none"); !slices.Equal(got, []string{"Hello", "OK"}) {
		t.Errorf("%q", got)
	}
	if got, _ := cutAll([]string{"HelloOK"}, "none"); !slices.Equal(got, []string{"HelloOK"}) {
		t.Errorf("%q", got)
	}
}

// Any bytes, cut anywhere.
func FuzzMessages(f *testing.F) {
	f.Add("\x00\x05Hello\x00\x02OK", uint8(2))
	f.Add("SHello   MHow are you?    ", uint8(3))
	f.Add("Hello\nOK\n", uint8(1))
	f.Fuzz(func(t *testing.T, stream string, n uint8) {
		stream = stream[:min(len(stream), 400)]
		framing := framings[int(n)%len(framings)]
		for i := range len(stream) + 1 {
			agrees(t, framing, stream[:i], stream[i:])
		}
		agrees(t, framing, single(stream)...)
	})
}
