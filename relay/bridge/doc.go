// Package bridge joins a WebSocket (RFC 6455) to a TCP connection. So a browser can be
// a client of a socket program. The bridge carries bytes and ends. It doesn't know
// what they mean.
//
// # Plain pipe
//
// A client that asks for no subprotocol, or for "binary", gets a pipe. Each binary
// message is some bytes for the TCP connection, and bytes come back in binary
// messages. Where a message ends means nothing. A WebSocket has no half-close. So the
// client's close becomes a FIN for the program, and the program's FIN becomes a
// close with code 1000. Bytes that the client sent before it saw that close are
// still delivered.
//
// # sockscope.v1
//
// A client that asks for the subprotocol "sockscope.v1" can do all that a TCP client can.
// Binary messages are bytes, as before. Text messages are control messages, one JSON
// object each:
//
//	{"type":"shutdown_wr"}           to the relay: no more bytes follow; becomes a FIN
//	{"type":"reset"}                 to the relay: end the connection by a RST
//	{"type":"eof"}                   to the browser: the program sent a FIN
//	{"type":"reset"}                 to the browser: the program sent a RST; close 4001 follows
//	{"type":"credit","bytes":65536}  either way: that many more bytes are welcome
//	{"type":"closing","code":1001,"reason":"the relay was told to stop"}
//	                                 to the browser: why the relay closes, now or soon, in
//	                                 words for a person; "retry":30 says in how many
//	                                 seconds to connect again, where that is known
//
// Bytes sent before an end arrive before it. After both shutdown_wr and eof the relay
// closes with 1000. If the browser closes before that, it is close(2): its bytes are
// delivered, a FIN follows, and what still comes back is dropped.
//
// Credit bounds the buffers, since a browser's own are unbounded. Each direction
// begins with [Window] bytes of credit. A sender spends one for each byte. A
// receiver grants what it has consumed again, in portions of any size. The relay's
// portions are half of the window at most, so that a sender never runs dry.
//
// When the browser grants nothing, the relay stops reading from the program. The
// program's send then blocks in the end, as it would without a relay. The relay
// never stops reading from a browser that keeps to its credit. So one
// direction at a standstill can't hold up the other. If a browser sends
// more, the relay stops reading until the program has taken its bytes.
//
// # Close codes
//
//	1000  both directions have ended
//	1001  the relay shuts down
//	1002  what came is against RFC 6455
//	1003  a text message on a plain pipe
//	1007  a text message that isn't UTF-8
//	1009  a message of more than MaxMessage bytes
//	1011  the TCP connection failed; the reason says how
//	1013  the target can't be reached, or too many sessions are open
//	4001  the program reset the connection
//	4002  a control message that isn't one, or not at this point
//	4003  no byte moved for [Limits].Idle
//	4004  the session reached [Limits].Lifetime, or [Target].Turn while others waited
//	4029  the client has too many sessions, in all or at a target that serves one client
//	      after another, or began too many in a minute; without sockscope.v1
//	      it gets the HTTP status 429 and Retry-After instead
//
// Some libraries hide the close code from a page, and all hide the status of a failed
// handshake. So a browser that speaks sockscope.v1 gets a message "closing" before
// 1001, 1013, 4003, 4004 and 4029.
//
// # Who may connect
//
// The client names a target of a fixed list, never an address. Any page in a browser
// can open a WebSocket to the loopback address, so the Origin and Host headers must
// be known ones: see [Config]. If a page's WebSocket doesn't open, a POST tells whether that is why:
// the answer is 204, or 403 and the reason. [Limits] bound what a client takes.
//
// # HTTP
//
// A WebSocket needs HTTP/1.1: in HTTP/1.0 Upgrade is ignored (RFC 9110, section 7.8). A
// request that is refused by a status reaches no target.
package bridge
