// Package capture takes the packets of a network namespace's loopback interface, as
// tcpdump(8) does (packet(7)). The kernel puts them into memory that it shares with this
// process: no thread that sends or receives waits for that, and what finds no room is
// counted.
package capture
