package web

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/web/play"
)

// stream is what has gone one way of a connection at a position: the bytes of
// the sends, and how many of them were received.
type stream struct {
	sends []play.Move
	sent  int64 // bytes, by all sends as far as is known
	read  int64 // bytes, by all recvs

	// alone says that one side is traced: its recvs, if received says so, in
	// place of the sends.
	alone, received bool
}

// streamAt returns flow as it is when pos steps have happened. A peer may have
// received a send's bytes before the send has returned: those are sent too.
func streamAt(f *play.Flow, pos int) stream {
	var s stream
	for i := range f.Recvs {
		if m := &f.Recvs[i]; m.Step < pos {
			s.read = m.Off + m.Len
		}
	}
	for i := range f.Sends {
		switch m := &f.Sends[i]; {
		case m.Step < pos:
			s.sends, s.sent = f.Sends[:i+1], m.Off+m.Len
		case m.Off < s.read:
			s.sends, s.sent = f.Sends[:i+1], min(s.read, m.Off+m.Len)
		}
	}
	return s
}

// cell is one byte of a stream.
type cell struct {
	b    byte
	send int  // index of the send that it came from
	wait bool // not received yet
	kept bool // its content is in the trace
	hit  bool // the call that is followed moved it
}

// tail returns the offset of the first of the last bytes of the stream, at most
// most of them: a multiple of 16, or that of the first byte that is known.
func (s *stream) tail(most int64) int64 {
	first := int64(0) // of a stream that is known from its middle on
	if len(s.sends) > 0 {
		first = s.sends[0].Off
	}
	if s.sent <= most {
		return first
	}
	return max(first, (s.sent-most+15)&^15)
}

// from returns the bytes of the stream from an offset on, those of a move marked.
func (s *stream) from(off int64, hit play.Move) (cells []cell) {
	for i := range s.sends {
		m := &s.sends[i]
		for k := int64(0); k < min(m.Len, s.sent-m.Off); k++ {
			at := m.Off + k
			if at < off {
				if skip := off - at; skip > 1 { // to the byte before the first that shows
					k += skip - 1
				}
				continue
			}
			c := cell{send: i, wait: at >= s.read, kept: k < int64(len(m.Bytes)), hit: at >= hit.Off && at < hit.Off+hit.Len}
			if c.kept {
				c.b = m.Bytes[k]
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// sendClasses is how many ways there are to underline a send.
const sendClasses = 5

// class is the look of a byte: the line of its send, the tint of one that
// waits in a queue.
func (c *cell) class() string {
	class := fmt.Sprintf("s%d", c.send%sendClasses+1)
	if c.wait {
		class += " wait"
	}
	if c.hit {
		class += " hit"
	}
	return class
}

// hexdump writes cells as HTML in the manner of hexdump -C, each run of bytes
// from one send in a span of its own.
func hexdump(off int64, cells []cell, perRow int) string {
	var b strings.Builder
	width := 2
	for n := off + int64(len(cells)); n > 1<<(4*width); width += 2 {
	}
	for i := 0; i < len(cells); i += perRow {
		row := cells[i:min(i+perRow, len(cells))]
		fmt.Fprintf(&b, `<span class="o">%0*x</span>  `, width, off+int64(i))
		spell(&b, row, " ", func(c *cell) string {
			if !c.kept {
				return "··"
			}
			return fmt.Sprintf("%02x", c.b)
		})
		b.WriteString(strings.Repeat("   ", perRow-len(row)) + "  ")
		spell(&b, row, "", func(c *cell) string {
			switch {
			case !c.kept:
				return " "
			case c.b == '<':
				return "&lt;"
			case c.b == '&':
				return "&amp;"
			case c.b < ' ' || c.b > '~':
				return "."
			}
			return string(rune(c.b))
		})
		b.WriteByte('\n')
	}
	return b.String()
}

// spell writes a row with spans around what looks alike.
func spell(b *strings.Builder, row []cell, sep string, text func(*cell) string) {
	for i := range row {
		c := &row[i]
		begins := i == 0 || row[i-1].send != c.send || row[i-1].class() != c.class()
		if begins && i > 0 {
			b.WriteString("</span>" + sep)
		} else if i > 0 {
			b.WriteString(sep)
		}
		if begins {
			b.WriteString(`<span data-send="` + strconv.Itoa(c.send) + `" class="` + c.class() + `">`)
		}
		b.WriteString(text(c))
	}
	b.WriteString("</span>")
}
