// Package sockdiag reads the kernel's table of TCP sockets over netlink, as ss(8) does
// (sock_diag(7)): their addresses, states and queues.
package sockdiag
