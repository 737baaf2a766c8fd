package socket

// Domains, types and options, with Linux's numbers on every system; where the
// kernel has others they are translated on the way in.
const (
	AF_UNIX  = 1  // on this machine, by a path or a name (unix(7))
	AF_INET  = 2  // Internet, IPv4 (ip(7))
	AF_INET6 = 10 // Internet, IPv6 (ipv6(7))

	SOCK_STREAM    = 1 // a stream of bytes: TCP
	SOCK_DGRAM     = 2 // datagrams, each for itself: UDP
	SOCK_RAW       = 3 // the packets of a protocol beneath (raw(7))
	SOCK_SEQPACKET = 5 // a connection that keeps boundaries

	MSG_TRUNC = 0x20 // of recvfrom: return the whole size of a datagram that is cut

	// SOMAXCONN is the longest backlog of Linux since 5.4 (listen(2)); the sysctl
	// net.core.somaxconn may allow less, and the kernel cuts a longer one.
	SOMAXCONN = 4096

	SHUT_RD   = 0 // no more receiving
	SHUT_WR   = 1 // no more sending: half-close
	SHUT_RDWR = 2 // both

	MSG_NOSIGNAL = 0x4000 // of send: EPIPE alone, without SIGPIPE

	SOL_SOCKET   = 1 // options of any socket (socket(7))
	SO_REUSEADDR = 2
	SO_ERROR     = 4
	SO_SNDBUF    = 7
	SO_RCVBUF    = 8
	SO_KEEPALIVE = 9
	SO_LINGER    = 13
	SO_REUSEPORT = 15
	SO_RCVTIMEO  = 20

	IPPROTO_TCP      = 6 // options of TCP (tcp(7))
	TCP_NODELAY      = 1
	TCP_KEEPIDLE     = 4  // seconds of silence before the first keepalive probe
	TCP_KEEPINTVL    = 5  // seconds between two of them
	TCP_KEEPCNT      = 6  // so many without an answer end the connection
	TCP_QUICKACK     = 12 // acknowledge at once; for a while
	TCP_USER_TIMEOUT = 18 // ms that what was sent may wait for its ACK

	// FD_SETSIZE is how many fds select can tell apart: those from 0 to 1023.
	FD_SETSIZE = 1024
)

// Of fcntl(2), with Linux's numbers.
const (
	f_SETFL    = 4
	o_NONBLOCK = 0x800
)
