package strace

import (
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// A table has the names of constants in strace's order, with Linux's numbers for the
// generic architectures. unknown is what strace says beside a number that none has.
type table struct {
	names   []name
	unknown string
}

type name struct {
	value int64
	name  string
}

var (
	domains = table{[]name{{0, "AF_UNSPEC"}, {1, "AF_UNIX"}, {2, "AF_INET"}, {3, "AF_AX25"}, {4, "AF_IPX"}, {5, "AF_APPLETALK"}, {6, "AF_NETROM"},
		{7, "AF_BRIDGE"}, {8, "AF_ATMPVC"}, {9, "AF_X25"}, {10, "AF_INET6"}, {11, "AF_ROSE"}, {12, "AF_DECnet"}, {13, "AF_NETBEUI"},
		{14, "AF_SECURITY"}, {15, "AF_KEY"}, {16, "AF_NETLINK"}, {17, "AF_PACKET"}, {18, "AF_ASH"}, {19, "AF_ECONET"}, {20, "AF_ATMSVC"},
		{21, "AF_RDS"}, {22, "AF_SNA"}, {23, "AF_IRDA"}, {24, "AF_PPPOX"}, {25, "AF_WANPIPE"}, {26, "AF_LLC"}, {27, "AF_IB"}, {28, "AF_MPLS"},
		{29, "AF_CAN"}, {30, "AF_TIPC"}, {31, "AF_BLUETOOTH"}, {32, "AF_IUCV"}, {33, "AF_RXRPC"}, {34, "AF_ISDN"}, {35, "AF_PHONET"},
		{36, "AF_IEEE802154"}, {37, "AF_CAIF"}, {38, "AF_ALG"}, {39, "AF_NFC"}, {40, "AF_VSOCK"}, {41, "AF_KCM"}, {42, "AF_QIPCRTR"},
		{43, "AF_SMC"}, {44, "AF_XDP"}, {45, "AF_MCTP"}}, "AF_???"}
	kinds = table{[]name{{1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"}, {4, "SOCK_RDM"}, {5, "SOCK_SEQPACKET"},
		{6, "SOCK_DCCP"}, {10, "SOCK_PACKET"}}, "SOCK_???"}
	protocols = table{[]name{{0, "IPPROTO_IP"}, {1, "IPPROTO_ICMP"}, {2, "IPPROTO_IGMP"}, {4, "IPPROTO_IPIP"}, {6, "IPPROTO_TCP"},
		{8, "IPPROTO_EGP"}, {12, "IPPROTO_PUP"}, {17, "IPPROTO_UDP"}, {22, "IPPROTO_IDP"}, {29, "IPPROTO_TP"}, {33, "IPPROTO_DCCP"},
		{41, "IPPROTO_IPV6"}, {43, "IPPROTO_ROUTING"}, {44, "IPPROTO_FRAGMENT"}, {46, "IPPROTO_RSVP"}, {47, "IPPROTO_GRE"},
		{50, "IPPROTO_ESP"}, {51, "IPPROTO_AH"}, {58, "IPPROTO_ICMPV6"}, {59, "IPPROTO_NONE"}, {60, "IPPROTO_DSTOPTS"},
		{92, "IPPROTO_MTP"}, {94, "IPPROTO_BEETPH"}, {98, "IPPROTO_ENCAP"}, {103, "IPPROTO_PIM"}, {108, "IPPROTO_COMP"},
		{115, "IPPROTO_L2TP"}, {132, "IPPROTO_SCTP"}, {135, "IPPROTO_MH"}, {136, "IPPROTO_UDPLITE"}, {137, "IPPROTO_MPLS"},
		{143, "IPPROTO_ETHERNET"}, {255, "IPPROTO_RAW"}, {256, "IPPROTO_SMC"}, {262, "IPPROTO_MPTCP"}}, "IPPROTO_???"}
	shutdowns = table{[]name{{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}}, "SHUT_???"}
	messages  = table{[]name{{0x1, "MSG_OOB"}, {0x2, "MSG_PEEK"}, {0x4, "MSG_DONTROUTE"}, {0x8, "MSG_CTRUNC"}, {0x10, "MSG_PROBE"},
		{0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"}, {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x200, "MSG_FIN"}, {0x400, "MSG_SYN"},
		{0x800, "MSG_CONFIRM"}, {0x1000, "MSG_RST"}, {0x2000, "MSG_ERRQUEUE"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"},
		{0x10000, "MSG_WAITFORONE"}, {0x20000, "MSG_SENDPAGE_NOTLAST"}, {0x40000, "MSG_BATCH"}, {0x80000, "MSG_NO_SHARED_FRAGS"},
		{0x100000, "MSG_SENDPAGE_DECRYPTED"}, {0x4000000, "MSG_ZEROCOPY"}, {0x20000000, "MSG_FASTOPEN"},
		{0x40000000, "MSG_CMSG_CLOEXEC"}}, "MSG_???"}
	socketFlags = table{[]name{{closeOnExec, "SOCK_CLOEXEC"}, {trace.NonBlock, "SOCK_NONBLOCK"}}, "SOCK_???"}
	accesses    = table{[]name{{0, "O_RDONLY"}, {1, "O_WRONLY"}, {2, "O_RDWR"}, {3, "O_ACCMODE"}}, "O_???"}
	openFlags   = table{[]name{{0x40, "O_CREAT"}, {0x80, "O_EXCL"}, {0x100, "O_NOCTTY"}, {0x200, "O_TRUNC"}, {0x400, "O_APPEND"},
		{trace.NonBlock, "O_NONBLOCK"}, {0x101000, "O_SYNC"}, {0x1000, "O_DSYNC"}, {0x2000, "O_ASYNC"}, {0x4000, "O_DIRECT"},
		{0x8000, "O_LARGEFILE"}, {0x20000, "O_NOFOLLOW"}, {0x40000, "O_NOATIME"}, {closeOnExec, "O_CLOEXEC"}, {0x200000, "O_PATH"},
		{0x410000, "O_TMPFILE"}, {0x10000, "O_DIRECTORY"}}, "O_???"}
	eventfdFlags = table{[]name{{1, "EFD_SEMAPHORE"}, {closeOnExec, "EFD_CLOEXEC"}, {trace.NonBlock, "EFD_NONBLOCK"}}, "EFD_???"}
	epollFlags   = table{[]name{{closeOnExec, "EPOLL_CLOEXEC"}, {trace.NonBlock, "EPOLL_NONBLOCK"}}, "EPOLL_???"}
	epollOps     = table{[]name{{1, "EPOLL_CTL_ADD"}, {trace.EpollDelete, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"}}, "EPOLL_CTL_???"}
	filters      = table{[]name{{-1, "EVFILT_READ"}, {-2, "EVFILT_WRITE"}}, "EVFILT_???"}
	eventActs    = table{[]name{{1, "EV_ADD"}, {2, "EV_DELETE"}}, "EV_???"}
	pollBits     = table{[]name{{pollIn, "POLLIN"}, {pollPri, "POLLPRI"}, {pollOut, "POLLOUT"}, {0x40, "POLLRDNORM"}, {0x100, "POLLWRNORM"},
		{0x80, "POLLRDBAND"}, {0x200, "POLLWRBAND"}, {pollErr, "POLLERR"}, {pollHup, "POLLHUP"}, {0x20, "POLLNVAL"}, {0x400, "POLLMSG"},
		{0x1000, "POLLREMOVE"}, {pollRdHup, "POLLRDHUP"}}, "POLL???"}
	epollBits = table{[]name{{pollIn, "EPOLLIN"}, {pollPri, "EPOLLPRI"}, {pollOut, "EPOLLOUT"}, {pollErr, "EPOLLERR"}, {pollHup, "EPOLLHUP"},
		{0x40, "EPOLLRDNORM"}, {0x80, "EPOLLRDBAND"}, {0x100, "EPOLLWRNORM"}, {0x200, "EPOLLWRBAND"}, {0x400, "EPOLLMSG"},
		{pollRdHup, "EPOLLRDHUP"}, {1 << 28, "EPOLLEXCLUSIVE"}, {1 << 29, "EPOLLWAKEUP"}, {1 << 30, "EPOLLONESHOT"}, {1 << 31, "EPOLLET"}}, "EPOLL???"}
	fcntls = table{[]name{{0, "F_DUPFD"}, {1, "F_GETFD"}, {2, "F_SETFD"}, {getFlags, "F_GETFL"}, {setFlags, "F_SETFL"},
		{1030, "F_DUPFD_CLOEXEC"}}, "F_???"}
	actions = table{[]name{{0, "SIG_DFL"}, {1, "SIG_IGN"}, {2, "handler"}}, "SIG_???"}
	futexes = table{[]name{{futexWait, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {futexPrivate | futexWait, "FUTEX_WAIT_PRIVATE"},
		{futexPrivate | 1, "FUTEX_WAKE_PRIVATE"}}, "FUTEX_???"}
	shmKeys     = table{[]name{{0, "IPC_PRIVATE"}}, ""}
	shmFlags    = table{[]name{{0o1000, "IPC_CREAT"}, {0o2000, "IPC_EXCL"}, {0o4000, "SHM_HUGETLB"}, {0o10000, "SHM_NORESERVE"}}, "SHM_???"}
	shmOps      = table{[]name{{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}, {11, "SHM_LOCK"}, {12, "SHM_UNLOCK"}, {13, "SHM_STAT"}, {14, "SHM_INFO"}, {15, "SHM_STAT_ANY"}}, "SHM_???"}
	fdFlags     = table{[]name{{1, "FD_CLOEXEC"}}, "FD_???"}
	waitOptions = table{[]name{{1, "WNOHANG"}, {2, "WSTOPPED"}, {2, "WUNTRACED"}, {4, "WEXITED"}, {8, "WCONTINUED"}, {0x1000000, "WNOWAIT"},
		{0x20000000, "__WNOTHREAD"}, {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"}}, "W???"}
	levels = table{[]name{{0, "SOL_IP"}, {solSocket, "SOL_SOCKET"}, {6, "SOL_TCP"}, {17, "SOL_UDP"}, {41, "SOL_IPV6"}, {58, "SOL_ICMPV6"},
		{132, "SOL_SCTP"}, {136, "SOL_UDPLITE"}, {255, "SOL_RAW"}, {263, "SOL_PACKET"}, {270, "SOL_NETLINK"}, {282, "SOL_TLS"},
		{284, "SOL_MPTCP"}}, "SOL_??"}
	// options has those of socket(7), ip(7), tcp(7) and ipv6(7), by their levels.
	options = map[int64]table{
		solSocket: {[]name{{1, "SO_DEBUG"}, {2, "SO_REUSEADDR"}, {3, "SO_TYPE"}, {soError, "SO_ERROR"}, {5, "SO_DONTROUTE"}, {6, "SO_BROADCAST"},
			{7, "SO_SNDBUF"}, {8, "SO_RCVBUF"}, {9, "SO_KEEPALIVE"}, {10, "SO_OOBINLINE"}, {11, "SO_NO_CHECK"}, {12, "SO_PRIORITY"},
			{soLinger, "SO_LINGER"}, {14, "SO_BSDCOMPAT"}, {15, "SO_REUSEPORT"}, {16, "SO_PASSCRED"}, {17, "SO_PEERCRED"},
			{18, "SO_RCVLOWAT"}, {19, "SO_SNDLOWAT"}, {soRcvTimeo, "SO_RCVTIMEO_OLD"}, {soSndTimeo, "SO_SNDTIMEO_OLD"},
			{22, "SO_SECURITY_AUTHENTICATION"}, {23, "SO_SECURITY_ENCRYPTION_TRANSPORT"}, {24, "SO_SECURITY_ENCRYPTION_NETWORK"},
			{25, "SO_BINDTODEVICE"}, {26, "SO_ATTACH_FILTER"}, {27, "SO_DETACH_FILTER"}, {28, "SO_PEERNAME"}, {29, "SO_TIMESTAMP_OLD"},
			{30, "SO_ACCEPTCONN"}, {31, "SO_PEERSEC"}, {32, "SO_SNDBUFFORCE"}, {33, "SO_RCVBUFFORCE"}, {34, "SO_PASSSEC"},
			{35, "SO_TIMESTAMPNS_OLD"}, {36, "SO_MARK"}, {37, "SO_TIMESTAMPING_OLD"}, {38, "SO_PROTOCOL"}, {39, "SO_DOMAIN"},
			{40, "SO_RXQ_OVFL"}, {41, "SO_WIFI_STATUS"}, {42, "SO_PEEK_OFF"}, {43, "SO_NOFCS"}, {44, "SO_LOCK_FILTER"},
			{45, "SO_SELECT_ERR_QUEUE"}, {46, "SO_BUSY_POLL"}, {47, "SO_MAX_PACING_RATE"}, {48, "SO_BPF_EXTENSIONS"},
			{49, "SO_INCOMING_CPU"}, {50, "SO_ATTACH_BPF"}, {51, "SO_ATTACH_REUSEPORT_CBPF"}, {52, "SO_ATTACH_REUSEPORT_EBPF"},
			{53, "SO_CNX_ADVICE"}, {54, "SCM_TIMESTAMPING_OPT_STATS"}, {55, "SO_MEMINFO"}, {56, "SO_INCOMING_NAPI_ID"}, {57, "SO_COOKIE"},
			{58, "SCM_TIMESTAMPING_PKTINFO"}, {59, "SO_PEERGROUPS"}, {60, "SO_ZEROCOPY"}, {61, "SO_TXTIME"}, {62, "SO_BINDTOIFINDEX"},
			{63, "SO_TIMESTAMP_NEW"}, {64, "SO_TIMESTAMPNS_NEW"}, {65, "SO_TIMESTAMPING_NEW"}, {66, "SO_RCVTIMEO_NEW"},
			{67, "SO_SNDTIMEO_NEW"}, {68, "SO_DETACH_REUSEPORT_BPF"}, {69, "SO_PREFER_BUSY_POLL"}, {70, "SO_BUSY_POLL_BUDGET"},
			{71, "SO_NETNS_COOKIE"}, {72, "SO_BUF_LOCK"}, {73, "SO_RESERVE_MEM"}, {74, "SO_TXREHASH"}, {75, "SO_RCVMARK"},
			{76, "SO_PASSPIDFD"}, {77, "SO_PEERPIDFD"}}, "SO_???"},
		0: {[]name{{1, "IP_TOS"}, {2, "IP_TTL"}, {3, "IP_HDRINCL"}, {4, "IP_OPTIONS"}, {5, "IP_ROUTER_ALERT"}, {6, "IP_RECVOPTS"},
			{7, "IP_RETOPTS"}, {8, "IP_PKTINFO"}, {9, "IP_PKTOPTIONS"}, {10, "IP_MTU_DISCOVER"}, {11, "IP_RECVERR"}, {12, "IP_RECVTTL"},
			{13, "IP_RECVTOS"}, {14, "IP_MTU"}, {15, "IP_FREEBIND"}, {16, "IP_IPSEC_POLICY"}, {17, "IP_XFRM_POLICY"}, {18, "IP_PASSSEC"},
			{19, "IP_TRANSPARENT"}, {20, "IP_ORIGDSTADDR"}, {21, "IP_MINTTL"}, {22, "IP_NODEFRAG"}, {23, "IP_CHECKSUM"},
			{24, "IP_BIND_ADDRESS_NO_PORT"}, {25, "IP_RECVFRAGSIZE"}, {26, "IP_RECVERR_RFC4884"}, {32, "IP_MULTICAST_IF"},
			{33, "IP_MULTICAST_TTL"}, {34, "IP_MULTICAST_LOOP"}, {35, "IP_ADD_MEMBERSHIP"}, {36, "IP_DROP_MEMBERSHIP"},
			{37, "IP_UNBLOCK_SOURCE"}, {38, "IP_BLOCK_SOURCE"}, {39, "IP_ADD_SOURCE_MEMBERSHIP"}, {40, "IP_DROP_SOURCE_MEMBERSHIP"},
			{41, "IP_MSFILTER"}, {42, "MCAST_JOIN_GROUP"}, {43, "MCAST_BLOCK_SOURCE"}, {44, "MCAST_UNBLOCK_SOURCE"},
			{45, "MCAST_LEAVE_GROUP"}, {46, "MCAST_JOIN_SOURCE_GROUP"}, {47, "MCAST_LEAVE_SOURCE_GROUP"}, {48, "MCAST_MSFILTER"},
			{49, "IP_MULTICAST_ALL"}, {50, "IP_UNICAST_IF"}, {51, "IP_LOCAL_PORT_RANGE"}, {52, "IP_PROTOCOL"}}, "IP_???"},
		41: {[]name{{1, "IPV6_ADDRFORM"}, {2, "IPV6_2292PKTINFO"}, {3, "IPV6_2292HOPOPTS"}, {4, "IPV6_2292DSTOPTS"}, {5, "IPV6_2292RTHDR"},
			{6, "IPV6_2292PKTOPTIONS"}, {7, "IPV6_CHECKSUM"}, {8, "IPV6_2292HOPLIMIT"}, {9, "IPV6_NEXTHOP"}, {10, "IPV6_AUTHHDR"},
			{11, "IPV6_FLOWINFO"}, {16, "IPV6_UNICAST_HOPS"}, {17, "IPV6_MULTICAST_IF"}, {18, "IPV6_MULTICAST_HOPS"},
			{19, "IPV6_MULTICAST_LOOP"}, {20, "IPV6_ADD_MEMBERSHIP"}, {21, "IPV6_DROP_MEMBERSHIP"}, {22, "IPV6_ROUTER_ALERT"},
			{23, "IPV6_MTU_DISCOVER"}, {24, "IPV6_MTU"}, {25, "IPV6_RECVERR"}, {26, "IPV6_V6ONLY"}, {27, "IPV6_JOIN_ANYCAST"},
			{28, "IPV6_LEAVE_ANYCAST"}, {29, "IPV6_MULTICAST_ALL"}, {30, "IPV6_ROUTER_ALERT_ISOLATE"}, {31, "IPV6_RECVERR_RFC4884"},
			{32, "IPV6_FLOWLABEL_MGR"}, {33, "IPV6_FLOWINFO_SEND"}, {34, "IPV6_IPSEC_POLICY"}, {35, "IPV6_XFRM_POLICY"},
			{36, "IPV6_HDRINCL"}, {42, "MCAST_JOIN_GROUP"}, {43, "MCAST_BLOCK_SOURCE"}, {44, "MCAST_UNBLOCK_SOURCE"},
			{45, "MCAST_LEAVE_GROUP"}, {46, "MCAST_JOIN_SOURCE_GROUP"}, {47, "MCAST_LEAVE_SOURCE_GROUP"}, {48, "MCAST_MSFILTER"},
			{49, "IPV6_RECVPKTINFO"}, {50, "IPV6_PKTINFO"}, {51, "IPV6_RECVHOPLIMIT"}, {52, "IPV6_HOPLIMIT"}, {53, "IPV6_RECVHOPOPTS"},
			{54, "IPV6_HOPOPTS"}, {55, "IPV6_RTHDRDSTOPTS"}, {56, "IPV6_RECVRTHDR"}, {57, "IPV6_RTHDR"}, {58, "IPV6_RECVDSTOPTS"},
			{59, "IPV6_DSTOPTS"}, {60, "IPV6_RECVPATHMTU"}, {61, "IPV6_PATHMTU"}, {62, "IPV6_DONTFRAG"}, {66, "IPV6_RECVTCLASS"},
			{67, "IPV6_TCLASS"}, {70, "IPV6_AUTOFLOWLABEL"}, {72, "IPV6_ADDR_PREFERENCES"}, {73, "IPV6_MINHOPCOUNT"},
			{74, "IPV6_ORIGDSTADDR"}, {75, "IPV6_TRANSPARENT"}, {76, "IPV6_UNICAST_IF"}, {77, "IPV6_RECVFRAGSIZE"},
			{78, "IPV6_FREEBIND"}}, "IPV6_???"},
		6: {[]name{{1, "TCP_NODELAY"}, {2, "TCP_MAXSEG"}, {3, "TCP_CORK"}, {4, "TCP_KEEPIDLE"}, {5, "TCP_KEEPINTVL"}, {6, "TCP_KEEPCNT"},
			{7, "TCP_SYNCNT"}, {8, "TCP_LINGER2"}, {9, "TCP_DEFER_ACCEPT"}, {10, "TCP_WINDOW_CLAMP"}, {11, "TCP_INFO"},
			{12, "TCP_QUICKACK"}, {13, "TCP_CONGESTION"}, {14, "TCP_MD5SIG"}, {15, "TCP_COOKIE_TRANSACTIONS"},
			{16, "TCP_THIN_LINEAR_TIMEOUTS"}, {17, "TCP_THIN_DUPACK"}, {18, "TCP_USER_TIMEOUT"}, {19, "TCP_REPAIR"},
			{20, "TCP_REPAIR_QUEUE"}, {21, "TCP_QUEUE_SEQ"}, {22, "TCP_REPAIR_OPTIONS"}, {23, "TCP_FASTOPEN"}, {24, "TCP_TIMESTAMP"},
			{25, "TCP_NOTSENT_LOWAT"}, {26, "TCP_CC_INFO"}, {27, "TCP_SAVE_SYN"}, {28, "TCP_SAVED_SYN"}, {29, "TCP_REPAIR_WINDOW"},
			{30, "TCP_FASTOPEN_CONNECT"}, {31, "TCP_ULP"}, {32, "TCP_MD5SIG_EXT"}, {33, "TCP_FASTOPEN_KEY"},
			{34, "TCP_FASTOPEN_NO_COOKIE"}, {35, "TCP_ZEROCOPY_RECEIVE"}, {36, "TCP_INQ"}, {37, "TCP_TX_DELAY"}}, "TCP_???"},
	}
)

// The bits of poll(2); those of epoll(7) are the same.
const (
	pollIn  = 0x1
	pollPri = 0x2
	pollOut = 0x4
	pollErr = 0x8
	pollHup = 0x10

	pollRdHup = 0x2000
)

const (
	closeOnExec = 0x80000 // O_CLOEXEC of open(2), under all its names
	accessMode  = 3       // O_ACCMODE
	createFile  = 0x40    // O_CREAT

	futexWait    = 0
	futexPrivate = 128 // FUTEX_PRIVATE_FLAG

	getFlags = 3 // F_GETFL
	setFlags = 4 // F_SETFL

	solSocket  = 1
	soError    = 4
	soLinger   = 13
	soRcvTimeo = 20
	soSndTimeo = 21

	afInet  = 2
	afInet6 = 10
)

// name returns the name of n, or n in hexadecimal with a remark, as strace does.
func (t table) name(n int64) string {
	if name, ok := t.has(n); ok {
		return name
	}
	return hex(n) + " /* " + t.unknown + " */"
}

func (t table) has(n int64) (name string, ok bool) {
	for _, c := range t.names {
		if c.value == n {
			return c.name, true
		}
	}
	return "", false
}

// bits returns the names of the bits that are set in n, with the rest.
func (t table) bits(n int64) string {
	if n == 0 {
		return "0"
	}
	var set []string
	rest := n
	for _, c := range t.names {
		if c.value != 0 && rest&c.value == c.value {
			set = append(set, c.name)
			rest &^= c.value
		}
	}
	switch {
	case len(set) == 0:
		return hex(n) + " /* " + t.unknown + " */"
	case rest != 0:
		set = append(set, hex(rest))
	}
	return strings.Join(set, "|")
}

// value returns the number of the constant with the name.
func (t table) value(name string) (int64, bool) {
	for _, c := range t.names {
		if c.name == name {
			return c.value, true
		}
	}
	return 0, false
}

// hex writes a number as C's %#x does.
func hex(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n < 0: // a number of 32 bits
		return "0x" + strconv.FormatUint(uint64(uint32(n)), 16)
	}
	return "0x" + strconv.FormatInt(n, 16)
}

func socketType(n int64) string {
	kind, flags := n&0xf, n&^0xf
	_, named := kinds.has(kind)
	switch {
	case flags == 0 && (named || kind != 0):
		return kinds.name(kind)
	case flags == 0:
		return "0"
	case named:
		return kinds.name(kind) + "|" + socketFlags.bits(flags)
	}
	return socketFlags.bits(n)
}

func protocol(domain, n int64) string {
	if domain != afInet && domain != afInet6 {
		return strconv.FormatInt(n, 10)
	}
	return protocols.name(n)
}

// fileFlags returns the flags of open(2) and of fcntl(2) with F_GETFL.
func fileFlags(n int64) string {
	s := accesses.name(n & accessMode)
	if rest := n &^ accessMode; rest != 0 {
		s += "|" + openFlags.bits(rest)
	}
	return s
}

// waitStatus returns what waitpid(2) tells of a child that ended.
func waitStatus(n int64) string {
	exit, signal := trace.WaitStatus(n)
	if signal == 0 {
		return "[{WIFEXITED(s) && WEXITSTATUS(s) == " + strconv.FormatInt(exit, 10) + "}]"
	}
	dumped := ""
	if n&0x80 != 0 {
		dumped = " && WCOREDUMP(s)"
	}
	return "[{WIFSIGNALED(s) && WTERMSIG(s) == " + trace.SignalName(signal) + dumped + "}]"
}

// OptionName returns the level of a socket's option and its name as strace writes them:
// "SOL_SOCKET", "SO_SNDBUF".
func OptionName(level, option int64) (of, name string) {
	if names, ok := options[level]; ok {
		return levels.name(level), names.name(option)
	}
	return levels.name(level), strconv.FormatInt(option, 10)
}

// OptionValue returns the value of an option as a program means it: "8192", "off" for
// SO_LINGER, "20000 us" for a timeout.
func OptionValue(level, option, value int64) string {
	switch {
	case level == solSocket && option == soLinger && value < 0:
		return "off"
	case level == solSocket && option == soLinger:
		return strconv.FormatInt(value, 10) + " s"
	case level == solSocket && (option == soRcvTimeo || option == soSndTimeo):
		return strconv.FormatInt(value, 10) + " us"
	}
	text, _ := optionValue(level, option, value)
	return strings.Trim(text, "[]")
}

// optionValue returns the value of an option and its size. The value of SO_LINGER is
// the seconds, or -1 when it is off; that of a timeout is in us.
func optionValue(level, option, value int64) (text, size string) {
	switch {
	case level == solSocket && option == soError && value != 0:
		return "[" + trace.Errno(value).String() + "]", "4"
	case level == solSocket && (option == soRcvTimeo || option == soSndTimeo):
		return timeval(value * 1000), "16"
	case level == solSocket && option == soLinger && value < 0:
		return "{l_onoff=0, l_linger=0}", "8"
	case level == solSocket && option == soLinger:
		return "{l_onoff=1, l_linger=" + strconv.FormatInt(value, 10) + "}", "8"
	}
	return "[" + strconv.FormatInt(value, 10) + "]", "4"
}
