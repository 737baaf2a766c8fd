package export

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sockscope/server/trace"
)

const cHead = `/* Made by hand on Sockscope: the same calls on the same sides, in the same order. Each
   side is a thread here. Where a call slept, it sleeps again. It is for Linux.

       cc -pthread FILE -o hand && ./hand */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* An address of any family, and its size. */
struct address {
	struct sockaddr_storage sa;
	socklen_t size;
};
`

// cTail has the functions that every program has, in front of the sides. Its %d is how
// many calls there are.
const cTail = `
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int entered, returned, has_returned[%d + 1];

static int ready(int n, const int *during)
{
	if (entered < n - 1)
		return 0;
	for (int i = 1; i < n; i++) {
		const int *d = during;
		while (*d && *d != i)
			d++;
		if (!has_returned[i] && !*d)
			return 0;
	}
	return 1;
}

/* Waits until it is the turn of call n: the calls before it have entered, and have
   returned unless they were under way then, too. Those end with a 0. */
static void turn(int n, const int *during)
{
	pthread_mutex_lock(&order);
	while (!ready(n, during))
		pthread_cond_wait(&changed, &order);
	entered = n;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&order);
	if (*during)
		nanosleep(&(struct timespec){0, 20000000}, NULL); /* they are asleep by then */
}

#define NONE (const int[]){0}
#define DURING(...) (const int[]){__VA_ARGS__, 0}

/* Says what call n has returned, with the bytes that came out beside it. */
static void done(int n, const char *title, int result, const char *data, int size)
{
	int failed = errno;

	pthread_mutex_lock(&order);
	if (result < 0)
		printf("%%s = -1 %%s", title, strerror(failed));
	else
		printf("%%s = %%d", title, result);
	if (result >= 0 && data) {
		printf(" \"");
		for (int i = 0; i < result && i < size; i++)
			printf(isprint((unsigned char)data[i]) ? "%%c" : "\\x%%02x", (unsigned char)data[i]);
		printf("\"");
	}
	printf("\n");
	fflush(stdout);
	has_returned[n] = 1;
	returned++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&order);
}
`

// cHelpers are functions that only some calls need.
var cHelpers = []struct {
	when func(*script) bool
	text string
}{
	{func(s *script) bool {
		return s.addresses(func(addr string) bool { return strings.Contains(addr, ".") && addr[0] != '@' })
	}, `
static struct address ip4(const char *host, int port)
{
	struct address a = {.size = sizeof(struct sockaddr_in)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, host, &in.sin_addr);
	memcpy(&a.sa, &in, sizeof in);
	return a;
}
`},
	{func(s *script) bool {
		return s.addresses(func(addr string) bool { return strings.HasPrefix(addr, "[") })
	}, `
static struct address ip6(const char *host, int port)
{
	struct address a = {.size = sizeof(struct sockaddr_in6)};
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	inet_pton(AF_INET6, host, &in.sin6_addr);
	memcpy(&a.sa, &in, sizeof in);
	return a;
}
`},
	{func(s *script) bool {
		return s.addresses(func(addr string) bool { return strings.HasPrefix(addr, "@") })
	}, `
/* An abstract name: its first byte is 0, and no 0 ends it. Without a name the kernel
   makes one up. */
static struct address name(const char *text, int length)
{
	struct address a = {.size = offsetof(struct sockaddr_un, sun_path)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (length > 0) {
		memcpy(un.sun_path + 1, text, length);
		a.size += 1 + length;
	}
	memcpy(&a.sa, &un, sizeof un);
	return a;
}
`},
	{func(s *script) bool { return s.has(-1, trace.Select) }, `
static int above(int a, int b)
{
	return a > b ? a : b;
}
`},
}

// addresses reports whether an address of the script's that the learner chose is one.
func (s *script) addresses(is func(string) bool) bool {
	for i := range s.steps {
		if st := &s.steps[i]; st.enter.Addr != "" && st.uses == 0 && is(st.enter.Addr) {
			return true
		}
	}
	return false
}

// cProgram writes a script in C.
func cProgram(s *script) string {
	var l lines
	l.WriteString(cHead)
	fmt.Fprintf(&l, cTail, len(s.steps))
	for _, h := range cHelpers {
		if h.when(s) {
			l.WriteString(h.text)
		}
	}
	if len(s.names) > 0 {
		l.add("\n/* Addresses that the kernel chooses. */")
		for i, addr := range s.names {
			l.add("static struct address addr%d; /* was %s */", i+1, addr)
		}
	}
	for side := range s.sides {
		l.add("\nstatic void *side_%c(void *unused)", 'a'+side)
		l.add("{")
		unused := func(fd int) bool { return !s.uses(side, fd) }
		if fds := slices.DeleteFunc(s.fdsOf(side), unused); len(fds) > 0 {
			l.add("\tint %s;", numbered("fd", fds))
		}
		if s.of(side) > 0 {
			l.add("\tint n;")
		}
		if s.has(side, trace.Bind, trace.Connect, trace.Sendto) {
			l.add("\tstruct address to;")
		}
		if s.has(side, trace.Accept, trace.Recvfrom, trace.Getsockname, trace.Getpeername) {
			l.add("\tstruct address from;")
		}
		if room := s.room(side); room > 0 {
			l.add("\tstatic char room[%d];", room)
		}
		l.add("\n\t(void)unused;")
		for i := range s.steps {
			if st := &s.steps[i]; st.side == side {
				l.WriteString(cCall(s, st))
			}
		}
		l.add("\treturn NULL;")
		l.add("}")
	}
	l.add("\nint main(void)")
	l.add("{")
	l.add("\tpthread_t side;")
	l.add("")
	l.add("\tsignal(SIGPIPE, SIG_IGN); /* else a send to nobody would end the program */")
	for _, name := range sideNames(s, "side_%c", 'a') {
		l.add("\tpthread_create(&side, NULL, %s, NULL);", name)
	}
	l.add("\tpthread_mutex_lock(&order);")
	l.add("\twhile (returned < %d)", s.returned)
	l.add("\t\tpthread_cond_wait(&changed, &order);")
	for _, text := range s.sleepers() {
		l.add("\t/* %s */", text)
	}
	l.add("\treturn 0;")
	l.add("}")
	return l.String()
}

// room is how many bytes a side receives at once, at most.
func (s *script) room(side int) (most int) {
	for i := range s.steps {
		if st := &s.steps[i]; st.side == side && st.enter.Call.Receives() {
			most = max(most, st.enter.Size)
		}
	}
	return most
}

// cCall writes one call.
func cCall(s *script, st *step) string {
	var l lines
	e := st.enter
	fd := fmt.Sprintf("fd%d", e.FD)
	remark := st.remark()
	if remark != "" {
		remark = " /* " + remark + " */"
	}
	put := func(format string, args ...any) { l.add("\t"+format, args...) }
	do := func(format string, args ...any) { l.add("\tn = "+format+";"+remark, args...) }
	to := func() {
		if st.uses > 0 {
			put("to = addr%d;", st.uses)
			return
		}
		put("to = %s;", cAddr(e.Addr))
	}
	data, size := "NULL", 0
	l.add("")
	if len(st.during) > 0 {
		put("turn(%d, DURING(%s));", st.n, list(st.during)[2:])
	} else {
		put("turn(%d, NONE);", st.n)
	}
	const toIt, fromIt = "(struct sockaddr *)&to.sa, to.size", "(struct sockaddr *)&from.sa, &from.size"
	switch e.Call {
	case trace.Socket:
		do("socket(%s, %s, 0)", st.choice("domain", 0, e.Args[0]), st.choice("type", 0, e.Args[1]))
	case trace.Bind:
		to()
		do("bind(%s, %s)", fd, toIt)
	case trace.Listen:
		do("listen(%s, %d)", fd, e.Args[0])
	case trace.Accept:
		put("from.size = sizeof from.sa;")
		do("accept(%s, %s)", fd, fromIt)
	case trace.Connect:
		to()
		do("connect(%s, %s)", fd, toIt)
	case trace.Send:
		do("send(%s, %s, %d, %s)", fd, cString(e.Data), len(e.Data), st.choice("flags", 0, e.Args[0]))
	case trace.Recv:
		do("recv(%s, room, %d, 0)", fd, e.Size)
		data, size = "room", e.Size
	case trace.Sendto:
		to()
		do("sendto(%s, %s, %d, 0, %s)", fd, cString(e.Data), len(e.Data), toIt)
	case trace.Recvfrom:
		put("from.size = sizeof from.sa;")
		do("recvfrom(%s, room, %d, %s, %s)", fd, e.Size, st.choice("flags", 0, e.Args[0]), fromIt)
		data, size = "room", e.Size
	case trace.Writev:
		var pieces []string
		for _, p := range st.pieces() {
			pieces = append(pieces, fmt.Sprintf("{%s, %d}", cString(p), len(p)))
		}
		do("writev(%s, (struct iovec[]){%s}, %d)", fd, strings.Join(pieces, ", "), len(pieces))
	case trace.Write:
		do("write(%s, &(uint64_t){1}, 8)", fd)
	case trace.Shutdown:
		do("shutdown(%s, %s)", fd, st.choice("how", 0, e.Args[0]))
	case trace.Close:
		do("close(%s)", fd)
	case trace.Select:
		most := "-1"
		put("{")
		put("\tfd_set readable, writable;")
		if e.Timeout != trace.Forever {
			put("\tstruct timeval limit = {%d, %d};", e.Timeout/1e9, e.Timeout%1e9/1000)
		}
		put("\tFD_ZERO(&readable);")
		put("\tFD_ZERO(&writable);")
		for _, a := range st.interest() {
			if a.read {
				put("\tFD_SET(fd%d, &readable);", a.fd)
			}
			if a.write {
				put("\tFD_SET(fd%d, &writable);", a.fd)
			}
			most = fmt.Sprintf("above(fd%d, %s)", a.fd, most)
		}
		limit := "NULL"
		if e.Timeout != trace.Forever {
			limit = "&limit"
		}
		put("\tn = select(%s + 1, &readable, &writable, NULL, %s);%s", most, limit, remark)
		put("}")
	case trace.Poll:
		var all []string
		for _, a := range st.interest() {
			all = append(all, fmt.Sprintf("{fd%d, %s, 0}", a.fd, a.events("POLLIN", "POLLOUT", " | ")))
		}
		if all == nil {
			do("poll(NULL, 0, %d)", st.milliseconds())
		} else {
			do("poll((struct pollfd[]){%s}, %d, %d)", strings.Join(all, ", "), len(all), st.milliseconds())
		}
	case trace.EpollCreate:
		do("epoll_create1(0)")
	case trace.EpollCtl:
		do("epoll_ctl(%s, %s, fd%d, &(struct epoll_event){.events = %s, .data.fd = fd%d})", fd, st.choice("what", 0, e.Args[0]), e.Args[1], st.choice("events", 0, e.Args[2]), e.Args[1])
	case trace.EpollWait:
		do("epoll_wait(%s, (struct epoll_event[64]){{0}}, 64, %d)", fd, st.milliseconds())
	case trace.Fcntl:
		do("fcntl(%s, F_SETFL, %s)", fd, st.choice("flags", 0, e.Args[1]))
	case trace.Setsockopt:
		level, name := st.option()
		value := fmt.Sprintf("&(int){%d}, sizeof(int)", e.Args[2])
		switch {
		case name == "SO_LINGER" && e.Args[2] < 0:
			value = "&(struct linger){0, 0}, sizeof(struct linger)"
		case name == "SO_LINGER":
			value = fmt.Sprintf("&(struct linger){1, %d}, sizeof(struct linger)", e.Args[2])
		case name == "SO_RCVTIMEO":
			value = fmt.Sprintf("&(struct timeval){%d, %d}, sizeof(struct timeval)", e.Args[2]/1e6, e.Args[2]%1e6)
		}
		do("setsockopt(%s, %s, %s, %s)", fd, level, name, value)
	case trace.Getsockopt:
		level, name := st.option()
		put("{")
		put("\tint value = 0;")
		put("\tsocklen_t size = sizeof value;")
		put("\tn = getsockopt(%s, %s, %s, &value, &size);%s", fd, level, name, remark)
		put("\tif (n == 0)")
		put("\t\tn = value;")
		put("}")
	case trace.Getsockname, trace.Getpeername:
		put("from.size = sizeof from.sa;")
		do("%v(%s, %s)", e.Call, fd, fromIt)
	case trace.Eventfd:
		do("eventfd(0, 0)")
	case trace.Nanosleep:
		do("nanosleep(&(struct timespec){%d, %d}, NULL)", e.Timeout/1e9, e.Timeout%1e9)
	}
	if n := st.made(); n > 0 && s.uses(st.side, n) {
		put("fd%d = n;", n)
	}
	if st.learns > 0 {
		put("addr%d = from;", st.learns)
	}
	put("done(%d, %q, n, %s, %d);", st.n, st.title(), data, size)
	return l.String()
}

// cAddr is an address that the learner chose.
func cAddr(addr string) string {
	if text, abstract := strings.CutPrefix(addr, "@"); abstract {
		return fmt.Sprintf("name(%s, %d)", cString([]byte(text)), len(text))
	}
	at, _ := netip.ParseAddrPort(addr) // it was checked
	if at.Addr().Is4() {
		return fmt.Sprintf("ip4(%q, %d)", at.Addr(), at.Port())
	}
	return fmt.Sprintf("ip6(%q, %d)", at.Addr(), at.Port())
}

// cString is a literal of bytes. Octal escapes have an end, as hexadecimal ones have not;
// a ? is escaped for the sake of trigraphs.
func cString(b []byte) string {
	text := quoted(b, func(c byte) string { return fmt.Sprintf(`\%03o`, c) })
	return strings.ReplaceAll(text, "?", `\?`)
}
