package bridge

import (
	"encoding/json"
	"fmt"
)

// The types of a control message.
const (
	shutdownWR = "shutdown_wr"
	reset      = "reset"
	eof        = "eof"
	credit     = "credit"
	closing    = "closing"
)

// control is a control message; doc.go lists them.
type control struct {
	Type  string `json:"type"`
	Bytes int    `json:"bytes,omitempty"` // of credit: more than 0, at most maxCredit

	// Of closing: the close code, its reason, and how many seconds to wait before
	// connecting again, 0 if unknown.
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Retry  int    `json:"retry,omitempty"`
}

// maxCredit bounds the credit that a browser has granted and that isn't spent, in
// bytes.
const maxCredit = 16 << 20

// parseControl decodes a control message that a browser may send.
func parseControl(text []byte) (control, error) {
	var c control
	if err := json.Unmarshal(text, &c); err != nil {
		return control{}, fmt.Errorf("a control message is a JSON object: %w", err)
	}
	switch c.Type {
	case shutdownWR, reset:
		return control{Type: c.Type}, nil
	case credit:
		if c.Bytes < 1 || c.Bytes > maxCredit {
			return control{}, fmt.Errorf("credit of %d bytes; from 1 to %d is allowed", c.Bytes, maxCredit)
		}
		return control{Type: credit, Bytes: c.Bytes}, nil
	}
	return control{}, fmt.Errorf("control type %.20q; it can be %s, %s, %s", c.Type, shutdownWR, reset, credit)
}

// text returns c as the text of a message.
func (c control) text() []byte {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and ints
	}
	return text
}
