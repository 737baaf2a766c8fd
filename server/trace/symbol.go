package trace

import (
	"fmt"
	"strings"
)

// The names of constants, with Linux's numbers for the generic architectures.
var (
	domains   = map[int64]string{1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 17: "AF_PACKET"}
	kinds     = map[int64]string{1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 5: "SOCK_SEQPACKET"}
	protocols = map[int64]string{0: "IPPROTO_IP", 1: "IPPROTO_ICMP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP"}
	shutdowns = map[int64]string{0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}
	messages  = []bit{{0x1, "MSG_OOB"}, {0x2, "MSG_PEEK"}, {0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"},
		{0x100, "MSG_WAITALL"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"}}
	levels  = map[int64]string{0: "SOL_IP", solSocket: "SOL_SOCKET", 6: "SOL_TCP", 41: "SOL_IPV6"}
	options = map[[2]int64]string{
		{solSocket, 2}: "SO_REUSEADDR", {solSocket, 3}: "SO_TYPE", {solSocket, soError}: "SO_ERROR",
		{solSocket, 7}: "SO_SNDBUF", {solSocket, 8}: "SO_RCVBUF", {solSocket, 9}: "SO_KEEPALIVE",
		{solSocket, soLinger}: "SO_LINGER", {solSocket, 15}: "SO_REUSEPORT",
		{solSocket, soRcvTimeo}: "SO_RCVTIMEO_OLD", {solSocket, 21}: "SO_SNDTIMEO_OLD",
		{6, 1}: "TCP_NODELAY", {6, 4}: "TCP_KEEPIDLE", {6, 5}: "TCP_KEEPINTVL", {6, 6}: "TCP_KEEPCNT",
		{6, 18}: "TCP_USER_TIMEOUT",
	}
	socketFlags = []bit{{closeOnExec, "SOCK_CLOEXEC"}, {nonBlock, "SOCK_NONBLOCK"}}
	openFlags   = []bit{{1, "O_WRONLY"}, {2, "O_RDWR"}, {0x40, "O_CREAT"}, {0x80, "O_EXCL"}, {0x200, "O_TRUNC"}, {0x400, "O_APPEND"},
		{nonBlock, "O_NONBLOCK"}, {0x8000, "O_LARGEFILE"}, {0x10000, "O_DIRECTORY"}, {closeOnExec, "O_CLOEXEC"}}
	eventfdFlags = []bit{{closeOnExec, "EFD_CLOEXEC"}, {nonBlock, "EFD_NONBLOCK"}}
	epollOps     = map[int64]string{1: "EPOLL_CTL_ADD", epollDelete: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"}
	filters      = map[int64]string{-1: "EVFILT_READ", -2: "EVFILT_WRITE"}
	eventActs    = map[int64]string{1: "EV_ADD", 2: "EV_DELETE"}
	pollBits     = []bit{{pollIn, "POLLIN"}, {pollPri, "POLLPRI"}, {pollOut, "POLLOUT"}, {pollErr, "POLLERR"}, {pollHup, "POLLHUP"}}
	epollBits    = []bit{{pollIn, "EPOLLIN"}, {pollPri, "EPOLLPRI"}, {pollOut, "EPOLLOUT"}, {pollErr, "EPOLLERR"},
		{pollHup, "EPOLLHUP"}, {pollRdHup, "EPOLLRDHUP"}, {1 << 30, "EPOLLONESHOT"}, {1 << 31, "EPOLLET"}}
)

// Of poll(2); epoll(7) has the same.
const (
	pollIn  = 0x1
	pollPri = 0x2
	pollOut = 0x4
	pollErr = 0x8
	pollHup = 0x10

	pollRdHup = 0x2000

	epollDelete = 2
)

// O_NONBLOCK and O_CLOEXEC of open(2), under all their names.
const (
	nonBlock    = 0x800
	closeOnExec = 0x80000
)

const (
	solSocket  = 1
	soError    = 4
	soLinger   = 13
	soRcvTimeo = 20
)

type bit struct {
	value int64
	name  string
}

// symbol returns the name of n, or n in hexadecimal, as strace does.
func symbol(names map[int64]string, n int64) string {
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprintf("%#x", n)
}

// bits returns the names of the bits that are set in n, with the rest.
func bits(names []bit, n int64) string {
	var set []string
	for _, b := range names {
		if n&b.value != 0 {
			set = append(set, b.name)
			n &^= b.value
		}
	}
	if n != 0 || len(set) == 0 {
		set = append(set, fmt.Sprintf("%#x", n))
	}
	return strings.Join(set, "|")
}

func socketType(n int64) string {
	s := symbol(kinds, n&0xf)
	if rest := n &^ 0xf; rest != 0 {
		s += "|" + bits(socketFlags, rest)
	}
	return s
}

func protocol(domain, n int64) string {
	if domain != 2 && domain != 10 {
		return fmt.Sprint(n)
	}
	return symbol(protocols, n)
}

// waitStatus returns what waitpid(2) tells of a child that ended.
func waitStatus(n int64) string {
	exit, signal := WaitStatus(n)
	if signal != 0 {
		return "[{WIFSIGNALED(s) && WTERMSIG(s) == " + SignalName(signal) + "}]"
	}
	return fmt.Sprintf("[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", exit)
}

// WaitStatus takes the status that waitpid(2) stores apart: the exit status, or
// the number of the signal that ended the process, which is else 0.
func WaitStatus(n int64) (exit, signal int64) { return n >> 8 & 0xff, n & 0x7f }

func waitOptions(n int64) string {
	if n == 0 {
		return "0"
	}
	return bits([]bit{{1, "WNOHANG"}}, n)
}

// flags returns the last argument of a send or recv, nothing when none is set.
func flags(n int64) string {
	if n == 0 {
		return ""
	}
	return ", " + bits(messages, n)
}

func openMode(n int64) string {
	if n&3 != 0 {
		return bits(openFlags, n)
	}
	if n == 0 {
		return "O_RDONLY"
	}
	return "O_RDONLY|" + bits(openFlags, n)
}

func fileFlags(n int64) string {
	const accessMode = 3
	access := []string{"O_RDONLY", "O_WRONLY", "O_RDWR", "0x3"}[n&accessMode]
	rest := n &^ accessMode
	if rest == 0 {
		return access
	}
	set := bits([]bit{{0x400, "O_APPEND"}, {0x800, "O_NONBLOCK"}, {0x2000, "O_ASYNC"}}, rest)
	if n&accessMode == 0 {
		return set // F_SETFL takes no notice of the access mode
	}
	return access + "|" + set
}

func optionNames(level, option int64) (string, string) {
	name, ok := options[[2]int64{level, option}]
	if !ok {
		name = fmt.Sprintf("%#x", option)
	}
	return symbol(levels, level), name
}

// optionValue returns the value of an option and its size. The value of
// SO_LINGER is the seconds, or -1 when it is off; of SO_RCVTIMEO it is in us.
func optionValue(level, option, value int64) (text, size string) {
	if level == solSocket && option == soError && value != 0 {
		return "[" + Errno(value).String() + "]", "4"
	}
	if level == solSocket && option == soRcvTimeo {
		return timeval(value * 1000), "16"
	}
	if level != solSocket || option != soLinger {
		return fmt.Sprintf("[%d]", value), "4"
	}
	if value < 0 {
		return "{l_onoff=0, l_linger=0}", "8"
	}
	return fmt.Sprintf("{l_onoff=1, l_linger=%d}", value), "8"
}
