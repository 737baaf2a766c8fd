// Package packet reads the packets of a run: Ethernet, IPv4 and IPv6, TCP and UDP.
//
// [Parse] reads the headers of one packet as it was captured. [Flows] sees the packets
// of a run one after another and says what each is to its connection: sequence numbers
// that begin at 0, what was sent before and is sent again, how much the receiver takes.
// [Writer] writes packets as a pcapng file, for other tools to read.
//
// The package is plain Go without system calls. Package capture gets the packets.
package packet
