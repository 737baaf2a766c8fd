package confine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// Nobody is the user that sandboxes belong to when the server is root.
const Nobody = 65534

// Sandboxes lists the ways to be tried, the best first. With a process namespace
// (pid_namespaces(7)) the kernel kills all children of a process together with it. With
// a user namespace (user_namespaces(7)) the sandbox's root is nobody outside.
func Sandboxes() []Sandbox {
	const apart = unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 && !alone() {
		uid, gid = Nobody, Nobody
	}
	user := func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{
			Cloneflags:  apart | unix.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}},
			Credential:  &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: true},
		}
	}
	root := func() *syscall.SysProcAttr { return &syscall.SysProcAttr{Cloneflags: apart} }
	ways := []Sandbox{{trace.Namespace, true, user}}
	if os.Getuid() == 0 {
		ways = append(ways, Sandbox{trace.Namespace, false, root})
	}
	return append(ways, Shared)
}

// alone reports whether root is the one user of this process's user namespace, and
// somebody else outside: so it is in a sandbox (user_namespaces(7)).
func alone() bool {
	ids, _ := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(ids))
	return len(fields) == 3 && fields[0] == "0" && fields[2] == "1"
}

// Nursery returns how to start a process that starts sandboxes with users of their own: in
// user and network namespaces of its own. There it can have [SmallTables].
func Nursery() *syscall.SysProcAttr {
	attr := Sandboxes()[0].Attr()
	attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET
	return attr
}

// SmallTables has the network namespaces that this process makes from now on begin with
// tables for a run's few sockets. The host's are made for as many as its memory holds, and
// who reads them looks into each bucket. It is for a process in a namespace of its own.
func SmallTables() error {
	// Enough for the thousands of connections that one lab has; see ip-sysctl.rst.
	tcp := os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte("8192"), 0) // since Linux 6.1
	udp := os.WriteFile("/proc/sys/net/ipv4/udp_child_hash_entries", []byte("256"), 0)   // since Linux 6.3
	return errors.Join(tcp, udp)
}

// StandingWays lists the ways to start a standing program, the best first. It uses the
// host's ports, and so the host's network. In a user namespace of its own it is nobody
// outside, and can do no more to that network than use it. A port below 1024 may take
// more (ip(7), ip_unprivileged_port_start): then it stays the server's own user.
func StandingWays() []func() *syscall.SysProcAttr {
	apart := func() *syscall.SysProcAttr {
		attr := Sandboxes()[0].Attr()
		attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWIPC
		attr.UidMappings[0].ContainerID, attr.GidMappings[0].ContainerID = Nobody, Nobody // without root's capabilities
		attr.Credential.Uid, attr.Credential.Gid = Nobody, Nobody
		return attr
	}
	return []func() *syscall.SysProcAttr{apart, Shared.Attr}
}

// Give lets a process in the sandbox open a pipe by its name in /dev/fd. A pipe belongs to
// who made it, and in a user namespace the process is somebody else.
func (s Sandbox) Give(f *os.File) error {
	if attr := s.Attr(); s.Users {
		return f.Chown(attr.UidMappings[0].HostID, attr.GidMappings[0].HostID)
	}
	return nil
}

// Furnish prepares this new network namespace for programs: loopback is up, and the
// kernel gives up a silent peer within seconds.
func Furnish() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return os.NewSyscallError("ioctl SIOCSIFFLAGS lo", err)
	}
	for _, s := range []struct {
		name  string
		value int
	}{ // ip-sysctl.rst of the kernel's documentation
		{"tcp_retries2", 4},    // retransmissions to a silent peer: 3 to 6 s, not 15 min
		{"tcp_syn_retries", 3}, // connects to nobody: about 15 s, not 2 min
		{"tcp_synack_retries", 2},
		{"tcp_fin_timeout", 5}, // FIN-WAIT-2 of a socket that is closed; not 60 s
		{"tcp_orphan_retries", 3},
	} {
		// A container may forbid them. What differs then is only patience.
		os.WriteFile("/proc/sys/net/ipv4/"+s.name, []byte(strconv.Itoa(s.value)), 0)
	}
	return nil
}

// SetBuffers sets how many bytes a TCP socket of this network namespace can hold each
// way (tcp(7), tcp_rmem and tcp_wmem). Sockets that exist stay as they are.
func SetBuffers(size int) error {
	for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
		value := fmt.Appendf(nil, "%d %d %d", size, size, size) // least, at first, most
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, value, 0); err != nil {
			return err
		}
	}
	return nil
}

// SetRetries sets how often a TCP socket of this network namespace sends unacknowledged
// bytes again until it gives its peer up (tcp(7), tcp_retries2).
func SetRetries(n int) error {
	return os.WriteFile("/proc/sys/net/ipv4/tcp_retries2", []byte(strconv.Itoa(n)), 0)
}

// SetCookies sets when TCP answers a SYN by a cookie in this network namespace
// (ip-sysctl.rst, tcp_syncookies): "0", "1" or "2".
func SetCookies(when string) error {
	return os.WriteFile("/proc/sys/net/ipv4/tcp_syncookies", []byte(when), 0)
}

// ForbidNamespaces keeps the processes of this user namespace from making another
// (/proc/sys/user, namespaces(7)). In its own a program would be root again.
func ForbidNamespaces() {
	os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0) // refused, it has no capability outside either
}
