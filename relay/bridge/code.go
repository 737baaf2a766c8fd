package bridge

import "github.com/gorilla/websocket"

// The close codes of a session: those of RFC 6455, section 7.4.1, and ours from 4000
// up, which it leaves to applications.
const (
	codeDone      = websocket.CloseNormalClosure
	codeShutdown  = websocket.CloseGoingAway
	codeProtocol  = websocket.CloseProtocolError
	codeNotUTF8   = websocket.CloseInvalidFramePayloadData
	codeText      = websocket.CloseUnsupportedData
	codeTooBig    = websocket.CloseMessageTooBig
	codeFailed    = websocket.CloseInternalServerErr
	codeNotNow    = websocket.CloseTryAgainLater
	codeReset     = 4001
	codeMalformed = 4002
	codeIdle      = 4003
	codeAge       = 4004
	codeTooMany   = 4029 // as HTTP's 429
)

// maxReason is how long a close reason may be, in bytes. A control frame holds 125, and
// the code takes two.
const maxReason = 123

// closeFrame is the payload of a close frame.
func closeFrame(code int, reason string) []byte {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	return websocket.FormatCloseMessage(code, reason)
}
