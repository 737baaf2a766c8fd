package packet

import (
	"encoding/binary"
	"io"
)

// Writer writes packets as a pcapng file (draft-ietf-opsawg-pcapng): one section, one
// interface. The zero Writer is not ready; see NewWriter.
type Writer struct {
	w   io.Writer
	buf []byte
}

// The types of blocks, and the options that are used here.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6

	optionEnd        = 0
	optionName       = 2 // if_name
	optionResolution = 9 // if_tsresol
)

// NewWriter begins a file on w. All packets were captured on one interface, with the name.
func NewWriter(w io.Writer, name string) (*Writer, error) {
	pw := &Writer{w: w}
	const unknownLength = 1<<64 - 1
	b := binary.LittleEndian.AppendUint32(pw.begin(blockSection), 0x1a2b3c4d) // tells the byte order
	b = binary.LittleEndian.AppendUint16(b, 1)                                // version 1.0
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint64(b, unknownLength)
	if err := pw.end(b); err != nil {
		return nil, err
	}
	const linkEthernet, nanoseconds = 1, 9
	b = binary.LittleEndian.AppendUint32(pw.begin(blockInterface), linkEthernet)
	b = binary.LittleEndian.AppendUint32(b, Snap)
	b = appendOption(b, optionName, []byte(name))
	b = appendOption(b, optionResolution, []byte{nanoseconds})
	b = appendOption(b, optionEnd, nil)
	return pw, pw.end(b)
}

// Write adds a packet: when it was captured, in ns since 1970, its bytes as far as they
// were kept, and how many it had.
func (pw *Writer) Write(time int64, frame []byte, length int) error {
	b := binary.LittleEndian.AppendUint32(pw.begin(blockPacket), 0) // the first interface
	b = binary.LittleEndian.AppendUint32(b, uint32(uint64(time)>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(time))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
	b = binary.LittleEndian.AppendUint32(b, uint32(length))
	return pw.end(pad(append(b, frame...)))
}

func (pw *Writer) begin(block uint32) []byte {
	b := binary.LittleEndian.AppendUint32(pw.buf[:0], block)
	return append(b, 0, 0, 0, 0) // the block's length, twice in each; see end
}

func (pw *Writer) end(b []byte) error {
	size := uint32(len(b) + 4)
	binary.LittleEndian.PutUint32(b[4:], size)
	pw.buf = binary.LittleEndian.AppendUint32(b, size)
	_, err := pw.w.Write(pw.buf)
	return err
}

func appendOption(b []byte, code uint16, value []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return pad(append(b, value...))
}

// pad fills b up to a multiple of 4 bytes.
func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
