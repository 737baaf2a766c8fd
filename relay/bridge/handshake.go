package bridge

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// upgrades reports whether a request asks for a WebSocket. HTTP/1.0 can't: a
// server must ignore Upgrade there (RFC 9110, section 7.8).
func upgrades(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && websocket.IsWebSocketUpgrade(r)
}

// badHandshake returns what is wrong with a request for a WebSocket, and the HTTP
// status for it, 0 if nothing is. It looks before the target is dialled. The upgrade
// itself looks later, and at less.
func badHandshake(r *http.Request) (status int, why string) {
	keys, versions := r.Header.Values("Sec-Websocket-Key"), r.Header.Values("Sec-Websocket-Version")
	key := strings.Join(keys, ", ")
	nonce, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.ContentLength != 0: // its bytes would pass for frames
		return http.StatusBadRequest, "a WebSocket's handshake has no body"
	case len(versions) != 1 || versions[0] != "13": // RFC 6455, section 4.2.2
		return http.StatusUpgradeRequired, "Sec-WebSocket-Version must be 13, once"
	case err != nil || len(nonce) != 16: // section 4.2.1
		return http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64, once"
	}
	return 0, ""
}

// joinProtocols makes one line of the list of subprotocols. Several lines mean the same
// (RFC 6455, section 11.3.4), but the upgrade looks at the first only.
func joinProtocols(h http.Header) {
	const name = "Sec-Websocket-Protocol"
	if lines := h.Values(name); len(lines) > 1 {
		h.Set(name, strings.Join(lines, ", "))
	}
}
