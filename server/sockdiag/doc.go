// Package sockdiag reads the kernel's tables of sockets over netlink, as ss(8) does
// (sock_diag(7)): TCP, UDP and Unix sockets with their addresses, states and queues, and
// how many datagrams found no room.
package sockdiag
