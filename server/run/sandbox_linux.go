package run

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"sockscope/server/trace"
)

// sandbox is a way to set a worker apart from the rest of the system.
type sandbox struct {
	isolation string // trace.Namespace or trace.Shared
	users     bool   // with a user namespace of its own
	attr      func() *syscall.SysProcAttr
}

// nobody is the user that sandboxes belong to when the server is root.
const nobody = 65534

// sandboxes lists the ways to be tried, the best first. With a process
// namespace the kernel kills all programs of a worker together with it
// (pid_namespaces(7)); with a user namespace of its own (user_namespaces(7))
// the sandbox's root is nobody outside.
func sandboxes() []sandbox {
	const apart = unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = nobody, nobody
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
	ways := []sandbox{{trace.Namespace, true, user}}
	if os.Getuid() == 0 {
		ways = append(ways, sandbox{trace.Namespace, false, root})
	}
	return append(ways, shared)
}

// standingWays lists the ways to start a standing program, the best first. Its
// ports are the host's, so its network is too; in a user namespace of its own it
// is nobody outside, and can do nothing to the host's network but use it. A port
// below 1024 may take more (ip(7), ip_unprivileged_port_start): then it stays the
// server's own user.
func standingWays() []func() *syscall.SysProcAttr {
	apart := func() *syscall.SysProcAttr {
		attr := sandboxes()[0].attr()
		attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWIPC
		attr.UidMappings[0].ContainerID, attr.GidMappings[0].ContainerID = nobody, nobody // without root's capabilities
		attr.Credential.Uid, attr.Credential.Gid = nobody, nobody
		return attr
	}
	return []func() *syscall.SysProcAttr{apart, shared.attr}
}

// shared is no sandbox: the programs use the host's loopback.
var shared = sandbox{trace.Shared, false, func() *syscall.SysProcAttr { return nil }}

// furnish prepares a new network namespace for programs: loopback is up, and
// what the kernel does about a peer that is gone takes seconds.
func furnish() error {
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

// setBuffers bounds what a TCP socket of this network namespace that is yet to be
// made can hold, each way (tcp(7), tcp_rmem and tcp_wmem).
func setBuffers(size int) error {
	for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
		value := fmt.Appendf(nil, "%d %d %d", size, size, size) // least, at first, most
		if err := os.WriteFile("/proc/sys/net/ipv4/"+name, value, 0); err != nil {
			return err
		}
	}
	return nil
}

// forbidNamespaces has this user namespace have none beneath it
// (/proc/sys/user, namespaces(7)): in one of its own a program would be root again.
func forbidNamespaces() {
	os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0) // refused, it has no capability outside either
}

// kernel names the running system: "Linux 6.18.44".
func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "Linux"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
