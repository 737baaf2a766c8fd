package visit

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/web/play"
)

// Stream is what has gone one way of a connection at a position: the bytes of
// the sends, and how many of them were received.
type Stream struct {
	Sends []play.Move
	Sent  int64 // bytes, by all sends as far as is known
	Read  int64 // bytes, by all recvs

	flow *play.Flow

	// Alone says that one side is traced: its recvs, if Received says so, in
	// place of the sends.
	Alone, Received bool
}

// streamAt returns flow as it is when pos steps have happened. A peer may have
// received a send's bytes before the send has returned: those are sent too.
func streamAt(f *play.Flow, pos int) Stream {
	s := Stream{flow: f}
	for i := range f.Recvs {
		if m := &f.Recvs[i]; m.Step < pos {
			s.Read = m.Off + m.Len
		}
	}
	for i := range f.Sends {
		switch m := &f.Sends[i]; {
		case m.Step < pos:
			s.Sends, s.Sent = f.Sends[:i+1], m.Off+m.Len
		case m.Off < s.Read:
			s.Sends, s.Sent = f.Sends[:i+1], min(s.Read, m.Off+m.Len)
		}
	}
	return s
}

// Cell is one byte of a stream.
type Cell struct {
	Byte byte
	Send int  // index of the send that it came from
	Wait bool // not received yet
	Kept bool // its content is in the trace
	Hit  bool // the call that is followed moved it
}

// Tail returns the offset from which the stream shows, so that at most most bytes do: a
// multiple of 16, or the first byte that is known. Where hit begins earlier it is there.
func (s *Stream) Tail(most int64, hit play.Move) int64 {
	first := int64(0) // of a stream that is known from its middle on
	if len(s.Sends) > 0 {
		first = s.Sends[0].Off
	}
	if s.Sent <= most {
		return first
	}
	tail := (s.Sent - most + 15) &^ 15
	if hit.Len > 0 {
		tail = min(tail, hit.Off&^15)
	}
	return max(first, tail)
}

// From returns the bytes of the stream from an offset on, at most so many. The bytes of
// hit are marked.
func (s *Stream) From(off int64, most int, hit play.Move) (cells []Cell) {
	for i := range s.Sends {
		m := &s.Sends[i]
		var kept []byte
		if m.Off+m.Len > off {
			kept = s.flow.Bytes(m)
		}
		for k := int64(0); k < min(m.Len, s.Sent-m.Off); k++ {
			at := m.Off + k
			if at < off {
				if skip := off - at; skip > 1 { // to the byte before the first that shows
					k += skip - 1
				}
				continue
			}
			if len(cells) == most {
				return cells
			}
			c := Cell{Send: i, Wait: at >= s.Read, Kept: k < int64(len(kept)), Hit: at >= hit.Off && at < hit.Off+hit.Len}
			if c.Kept {
				c.Byte = kept[k]
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// SendClasses is how many ways there are to underline a send.
const SendClasses = 5

// Class is the look of a byte: the line of its send, the tint of one that
// waits in a queue.
func (c *Cell) Class() string {
	class := fmt.Sprintf("s%d", c.Send%SendClasses+1)
	if c.Wait {
		class += " wait"
	}
	if c.Hit {
		class += " hit"
	}
	return class
}

// Hexdump writes cells as HTML in the manner of hexdump -C, each run of bytes
// from one send in a span of its own.
func Hexdump(off int64, cells []Cell, perRow int) string {
	var b strings.Builder
	width := 2
	for n := off + int64(len(cells)); n > 1<<(4*width); width += 2 {
	}
	gap := "  "
	if width > 4 {
		gap = " " // a longer offset takes no room from the text
	}
	for i := 0; i < len(cells); i += perRow {
		row := cells[i:min(i+perRow, len(cells))]
		fmt.Fprintf(&b, `<span class="o">%0*x</span>%s`, width, off+int64(i), gap)
		spell(&b, row, " ", func(c *Cell) string {
			if !c.Kept {
				return "··"
			}
			return fmt.Sprintf("%02x", c.Byte)
		})
		b.WriteString(strings.Repeat("   ", perRow-len(row)) + gap)
		spell(&b, row, "", glyph)
		b.WriteByte('\n')
	}
	return b.String()
}

// Spell writes cells as text, as HTML. The first of them are a frame, in hexadecimal.
func Spell(cells []Cell, head int) string {
	var b strings.Builder
	head = min(head, len(cells))
	for _, part := range [][]Cell{cells[:head], cells[head:]} {
		if len(part) > 0 {
			spell(&b, part, "", func(c *Cell) string {
				if head > 0 && c.Kept && &part[0] == &cells[0] {
					return fmt.Sprintf("%02x ", c.Byte)
				}
				return glyph(c)
			})
		}
	}
	return b.String()
}

// glyph is a byte as hexdump -C shows it, as HTML.
func glyph(c *Cell) string {
	switch {
	case !c.Kept:
		return " "
	case c.Byte == '<':
		return "&lt;"
	case c.Byte == '&':
		return "&amp;"
	case c.Byte < ' ' || c.Byte > '~':
		return "."
	}
	return string(rune(c.Byte))
}

// spell writes a row with spans around what looks alike.
func spell(b *strings.Builder, row []Cell, sep string, text func(*Cell) string) {
	for i := range row {
		c := &row[i]
		begins := i == 0 || row[i-1].Send != c.Send || row[i-1].Class() != c.Class()
		if begins && i > 0 {
			b.WriteString("</span>" + sep)
		} else if i > 0 {
			b.WriteString(sep)
		}
		if begins {
			b.WriteString(`<span data-send="` + strconv.Itoa(c.Send) + `" class="` + c.Class() + `">`)
		}
		b.WriteString(text(c))
	}
	b.WriteString("</span>")
}
