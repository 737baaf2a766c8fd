package trace

import "strconv"

// TCPState is the state of a TCP socket, numbered as Linux numbers it
// (include/net/tcp_states.h). Zero is "not known".
type TCPState uint8

const (
	Established TCPState = 1
	SynSent     TCPState = 2
	SynRecv     TCPState = 3
	FinWait1    TCPState = 4
	FinWait2    TCPState = 5
	TimeWait    TCPState = 6
	Closed      TCPState = 7
	CloseWait   TCPState = 8
	LastAck     TCPState = 9
	Listening   TCPState = 10
	Closing     TCPState = 11
)

// String returns the name RFC 9293 section 3.3.2 gives the state, in capitals,
// or "" when it isn't known.
func (s TCPState) String() string {
	names := [...]string{"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1",
		"FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"}
	if int(s) < len(names) {
		return names[s]
	}
	return "state " + strconv.Itoa(int(s))
}
