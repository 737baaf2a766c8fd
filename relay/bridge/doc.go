// Package bridge joins a WebSocket (RFC 6455) to a TCP connection, so that a
// browser can be a client of a socket program. It carries bytes and ends; what
// they mean is between the browser and the program.
//
// # Plain pipe
//
// A client that asks for no subprotocol, or for "binary", gets a pipe: each
// binary message is some bytes for the TCP connection, the bytes that come back
// arrive in binary messages, and where one message ends means nothing. A
// WebSocket has no half-close, so the client's close is a FIN for the program,
// and the program's FIN is a close with code 1000. What the client sent until
// it saw that close is still delivered.
//
// # sockscope.v1
//
// A client that asks for the subprotocol "sockscope.v1" can do all that a TCP
// client can. Binary messages are bytes as before. Text messages are control,
// one JSON object each:
//
//	{"type":"shutdown_wr"}           to the relay: no more bytes follow; becomes a FIN
//	{"type":"reset"}                 to the relay: end the connection by a RST
//	{"type":"eof"}                   to the browser: the program sent a FIN
//	{"type":"reset"}                 to the browser: the program sent a RST; close 4001 follows
//	{"type":"credit","bytes":65536}  either way: that many more bytes are welcome
//	{"type":"closing","code":1001,"reason":"the relay was told to stop"}
//	                                 to the browser: why the relay closes, now or soon, in
//	                                 words for a person; "retry":30 after how many seconds
//	                                 it makes sense to connect again, where that is known
//
// What was sent before an end arrives before it. After both shutdown_wr and eof
// the relay closes with 1000. A close by the browser before that is close(2):
// its bytes are delivered, a FIN follows, what still comes back is dropped.
//
// Credit bounds the buffers, since a browser's own are unbounded. Each
// direction begins with [Window] bytes of credit. A sender spends a byte of credit for each
// byte; a receiver grants anew what it has consumed, in any portions. The
// relay stops reading from a program whose browser has granted nothing, so
// the program's send blocks in the end, as it would without a relay. It never
// has to stop reading from a browser that keeps to its credit, so one
// direction at a standstill can't hold up the other; from one that doesn't,
// it stops reading until the program has taken its bytes.
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
//	      after another, or began too many in a minute; without
//	      sockscope.v1 it gets HTTP's status 429 and Retry-After instead
//
// A page can't read a close code from every library, and never the status of a
// failed handshake: to a browser that speaks sockscope.v1 the message "closing"
// says the same before 1001, 1013, 4003, 4004 and 4029.
//
// # Who may connect
//
// The client names a target out of a fixed list and never an address. Since any
// page that a browser shows can open a WebSocket to the loopback address,
// the Origin and Host headers must be known ones: see [Config]. A page whose
// WebSocket didn't open can ask by a POST whether that is why: the answer is 204, or
// 403 and the reason. What a client may take is bounded: see [Limits].
package bridge
