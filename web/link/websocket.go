package link

// This is the only file that knows the WebSocket library, so that the library's successor
// is a change here. In the browser that library can only close with 1000 or 3000-4999
// (other codes throw, and the socket stays open), never blocks in Write, and has no ping:
// this file keeps to the codes, and leaves the heartbeat to the relay, whose pings the
// browser answers by itself.

//lint:file-ignore SA1019 The library lives on as github.com/coder/websocket; this file is where that change will be made.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"nhooyr.io/websocket"

	"sockscope/server/trace"
)

// maxMessage bounds one WebSocket message, in bytes. A relay passes on what it
// read, which is far less than one frame of the protocol.
const maxMessage = 2 * trace.MaxFrame

// Subprotocol is negotiated with the relay: binary messages are the bytes of the
// stream, cut anywhere; short text messages are control.
const Subprotocol = "sockscope.v1"

// webSocket is a conn by way of a relay.
type webSocket struct {
	ws    *websocket.Conn
	spent int // bytes taken since the last grant
}

// dial opens a WebSocket to url. Its context must not end: it would close with a code
// that a browser refuses. A browser gives up an attempt by itself.
func dial(url string) (conn, error) {
	ws, _, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{Subprotocols: []string{Subprotocol}})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxMessage)
	return &webSocket{ws: ws}, nil
}

func (w *webSocket) read() ([]byte, *control, error) {
	for {
		kind, data, err := w.ws.Read(context.Background())
		if err != nil {
			return nil, nil, err
		}
		if kind == websocket.MessageBinary {
			return data, nil, w.took(len(data))
		}
		c, ok := parse(data)
		switch {
		case !ok || c.Type == "eof" || c.Type == "reset":
			return nil, nil, io.EOF
		case c.Type == "closing":
			return nil, &c, nil
		}
		// Credit for what we send concerns only those who send much.
	}
}

// took tells the relay, now and then, that more is welcome.
func (w *webSocket) took(n int) error {
	if w.spent += n; w.spent < grant {
		return nil
	}
	text := fmt.Appendf(nil, `{"type":"credit","bytes":%d}`, w.spent)
	w.spent = 0
	return w.ws.Write(context.Background(), websocket.MessageText, text)
}

func (w *webSocket) write(frame []byte) error {
	return w.ws.Write(context.Background(), websocket.MessageBinary, frame)
}

func (w *webSocket) noise() { w.ws.Close(closeBadFrame, "bad frame") }
func (w *webSocket) close() { w.ws.Close(websocket.StatusNormalClosure, "") }

// grant is how many bytes are taken before the relay is told that as many more
// are welcome: half of the window that it begins with, so that it never runs dry.
const grant = 128 << 10

// control is a control message of the relay's.
type control struct {
	Type   string `json:"type"`
	Reason string `json:"reason"` // of closing
	Retry  int    `json:"retry"`  // of closing; s
}

// maxRetry bounds how long the relay may ask to be left alone, in seconds.
const maxRetry = 300

func parse(text []byte) (c control, ok bool) {
	err := json.Unmarshal(text, &c)
	return c, err == nil
}

// closeBadFrame is our own close code for bytes that are no frames.
const closeBadFrame websocket.StatusCode = 4002
