package byhand

import "sockscope/server/trace"

// Numbers of Linux's, as the trace has them.
const (
	solSocket = 1
	solTCP    = 6
	solIPv6   = 41

	soLinger   = 13
	soRcvTimeo = 20

	setFlags = 4 // F_SETFL
)

// Forms are the calls that can be made by hand: those of package socket, but for what
// takes a program of its own (fork, waitpid, signals and threads) and for the BSDs' kqueue.
var Forms = []Form{
	{trace.Socket, []Field{
		{Kind: One, Label: "domain", Choices: []Choice{{Name: "AF_INET", Value: 2}, {Name: "AF_INET6", Value: 10}, {Name: "AF_UNIX", Value: 1}}},
		{Kind: One, Label: "type", Choices: []Choice{{Name: "SOCK_STREAM", Value: 1}, {Name: "SOCK_DGRAM", Value: 2}, {Name: "SOCK_SEQPACKET", Value: 5},
			{Name: "SOCK_STREAM|SOCK_NONBLOCK", Value: 1 | trace.NonBlock}, {Name: "SOCK_DGRAM|SOCK_NONBLOCK", Value: 2 | trace.NonBlock}}},
		{Kind: Fixed, Label: "protocol", Choices: []Choice{{Name: "0", Value: 0}}},
	}},
	{trace.Bind, []Field{socketFD, address}},
	{trace.Listen, []Field{socketFD, {Kind: Int, Label: "backlog", Default: "5", Min: 0, Max: 4096}}},
	{trace.Accept, []Field{socketFD}},
	{trace.Connect, []Field{socketFD, address}},
	{trace.Send, []Field{socketFD, data, {Kind: One, Label: "flags", Choices: []Choice{
		{Name: "0"}, {Name: "MSG_NOSIGNAL", Value: 0x4000}, {Name: "MSG_DONTWAIT", Value: 0x40}, {Name: "MSG_MORE", Value: 0x8000}}}}},
	{trace.Recv, []Field{socketFD, room, noFlags}},
	{trace.Sendto, []Field{socketFD, data, noFlags, address}},
	{trace.Recvfrom, []Field{socketFD, room, {Kind: One, Label: "flags", Choices: []Choice{
		{Name: "0"}, {Name: "MSG_PEEK", Value: 0x2}, {Name: "MSG_TRUNC", Value: 0x20}, {Name: "MSG_DONTWAIT", Value: 0x40}}}}},
	{trace.Writev, []Field{socketFD, {Kind: Pieces, Label: "pieces, with | between", Default: "Hello,| world"}}},
	{trace.Shutdown, []Field{socketFD, {Kind: One, Label: "how", Default: "SHUT_WR", Choices: []Choice{
		{Name: "SHUT_RD", Value: 0}, {Name: "SHUT_WR", Value: 1}, {Name: "SHUT_RDWR", Value: 2}}}}},
	{trace.Close, []Field{{Kind: AnyFD, Label: "fd"}}},
	{trace.Select, []Field{toRead, toWrite, timeout}},
	{trace.Poll, []Field{toRead, toWrite, timeout}},
	{trace.EpollCreate, []Field{noFlags}},
	{trace.EpollCtl, []Field{listFD,
		{Kind: One, Label: "what", Choices: []Choice{{Name: "EPOLL_CTL_ADD", Value: 1}, {Name: "EPOLL_CTL_MOD", Value: 3}, {Name: "EPOLL_CTL_DEL", Value: trace.EpollDelete}}},
		{Kind: MemberFD, Label: "fd"},
		{Kind: One, Label: "events", Choices: []Choice{{Name: "EPOLLIN", Value: 1}, {Name: "EPOLLOUT", Value: 4}, {Name: "EPOLLIN|EPOLLOUT", Value: 5},
			{Name: "EPOLLIN|EPOLLET", Value: 1 | 1<<31}, {Name: "EPOLLIN|EPOLLOUT|EPOLLET", Value: 5 | 1<<31}, {Name: "0"}}}}},
	{trace.EpollWait, []Field{listFD, timeout}},
	{trace.Fcntl, []Field{socketFD,
		{Kind: Fixed, Label: "what", Choices: []Choice{{Name: "F_SETFL", Value: setFlags}}},
		{Kind: One, Label: "flags", Choices: []Choice{{Name: "O_NONBLOCK", Value: trace.NonBlock}, {Name: "0"}}}}},
	{trace.Setsockopt, []Field{socketFD, {Kind: Option, Label: "option", Choices: settable}, {Kind: Value, Label: "value", Default: "1", Min: -1, Max: 1<<31 - 1}}},
	{trace.Getsockopt, []Field{socketFD, {Kind: Option, Label: "option", Choices: gettable}, {Kind: Fixed, Label: "value", Choices: []Choice{{Name: "0"}}}}},
	{trace.Getsockname, []Field{socketFD}},
	{trace.Getpeername, []Field{socketFD}},
	{trace.Eventfd, []Field{{Kind: Fixed, Label: "count", Choices: []Choice{{Name: "0"}}}, noFlags}},
	{trace.Write, []Field{{Kind: FD, Label: "fd"}}},
	{trace.Nanosleep, []Field{{Kind: Pause, Label: "for", Default: "100ms"}}},
}

// Fields that several calls have.
var (
	socketFD = Field{Kind: FD, Label: "fd"}
	listFD   = Field{Kind: ListFD, Label: "epoll fd"}
	address  = Field{Kind: Addr, Label: "address", Default: "127.0.0.1:9999"}
	data     = Field{Kind: Data, Label: "bytes", Default: "Hello, world"}
	room     = Field{Kind: Size, Label: "room", Default: "1024", Min: 1, Max: MaxRoom}
	noFlags  = Field{Kind: Fixed, Label: "flags", Choices: []Choice{{Name: "0"}}}
	toRead   = Field{Kind: ReadFDs, Label: "to read"}
	toWrite  = Field{Kind: WriteFDs, Label: "to write"}
	timeout  = Field{Kind: Timeout, Label: "timeout", Default: "none"}
)

// settable and gettable are options of sockets. The value of SO_LINGER is the seconds, -1
// where it is off; that of SO_RCVTIMEO is in µs.
var (
	settable = []Choice{
		{"SO_REUSEADDR", solSocket, 2}, {"SO_REUSEPORT", solSocket, 15}, {"SO_KEEPALIVE", solSocket, 9}, {"SO_BROADCAST", solSocket, 6},
		{"SO_RCVBUF", solSocket, 8}, {"SO_SNDBUF", solSocket, 7}, {"SO_LINGER", solSocket, soLinger}, {"SO_RCVTIMEO", solSocket, soRcvTimeo},
		{"TCP_NODELAY", solTCP, 1}, {"TCP_CORK", solTCP, 3}, {"TCP_QUICKACK", solTCP, 12}, {"TCP_KEEPIDLE", solTCP, 4},
		{"TCP_KEEPINTVL", solTCP, 5}, {"TCP_KEEPCNT", solTCP, 6}, {"TCP_USER_TIMEOUT", solTCP, 18}, {"IPV6_V6ONLY", solIPv6, 26},
	}
	gettable = []Choice{
		{"SO_ERROR", solSocket, 4}, {"SO_TYPE", solSocket, 3}, {"SO_ACCEPTCONN", solSocket, 30},
		{"SO_REUSEADDR", solSocket, 2}, {"SO_REUSEPORT", solSocket, 15}, {"SO_KEEPALIVE", solSocket, 9}, {"SO_BROADCAST", solSocket, 6},
		{"SO_RCVBUF", solSocket, 8}, {"SO_SNDBUF", solSocket, 7},
		{"TCP_NODELAY", solTCP, 1}, {"TCP_CORK", solTCP, 3}, {"TCP_QUICKACK", solTCP, 12}, {"TCP_KEEPIDLE", solTCP, 4},
		{"TCP_KEEPINTVL", solTCP, 5}, {"TCP_KEEPCNT", solTCP, 6}, {"TCP_USER_TIMEOUT", solTCP, 18}, {"IPV6_V6ONLY", solIPv6, 26},
	}
)
