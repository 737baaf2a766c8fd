package confine

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Workers are the rules of workers. They may start programs, change the settings of
// their own network, and ask how much memory a program has.
func Workers() []string { return confine(slices.Concat(self(), strace(), []grant{proc}), 0) }

// Programs are the rules of programs. They may start this executable, as one with
// children does, and listen below port 1024. They open no file but /dev/null.
func Programs() []string {
	return slices.Concat(confine(self(), 0), dropCapabilities())
}

// Straced are the rules of programs whose calls strace takes. They may start strace
// too, and read how long a backlog may be, as package net does.
func Straced() []string {
	return slices.Concat(confine(append(self(), strace()...), 0), dropCapabilities())
}

// Standing are the rules of programs on the host's own network. They connect to
// nothing.
func Standing() []string {
	return slices.Concat(confine(append(self(), proc), unix.LANDLOCK_ACCESS_NET_CONNECT_TCP), dropCapabilities())
}

// proc is granted to who starts a process in a user namespace: the user IDs of that
// are written there.
var proc = grant{"/proc", unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
	unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE}

// confine takes from the calling thread, and all that it starts from now on, every
// access to files but those granted, and the given accesses to the network
// (landlock(7)). That is for good. They gain no privileges by execve(2), signal no
// process outside, and see no more of one than any process may.
func confine(granted []grant, network uint64) []string {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return []string{fmt.Sprintf("programs could gain privileges: PR_SET_NO_NEW_PRIVS: %v", err)}
	}
	version, err := landlockVersion()
	if err != nil {
		return []string{fmt.Sprintf("programs could read the files that anyone on this machine may read: no Landlock here: %v", err)}
	}
	rules, notes := rulesetOf(version, network)
	if err := restrict(rules, granted); err != nil {
		return append(notes, fmt.Sprintf("programs could read the files that anyone on this machine may read: Landlock: %v", err))
	}
	return notes
}

// grant is what may be done with a file, or with all beneath a directory:
// unix.LANDLOCK_ACCESS_FS flags.
type grant struct {
	path   string
	access uint64
}

// self grants what it takes to start this executable: to run it and the libraries it
// is linked with.
func self() []grant {
	const run = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE
	list := []grant{
		{os.DevNull, unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE},
		{"/proc/self/exe", run},
		{"/etc/ld.so.cache", unix.LANDLOCK_ACCESS_FS_READ_FILE}, // where ld.so(8) finds libraries
	}
	maps, _ := os.ReadFile("/proc/self/maps") // proc_pid_maps(5)
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) == 6 && strings.HasPrefix(fields[1], "r-x") && strings.HasPrefix(fields[5], "/") {
			list = append(list, grant{fields[5], run})
		}
	}
	return list
}

// strace grants what it takes to start strace(1), where that is installed.
func strace() []grant {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return nil
	}
	const read = unix.LANDLOCK_ACCESS_FS_READ_FILE
	list := []grant{{tool, read | unix.LANDLOCK_ACCESS_FS_EXECUTE}, {"/proc/sys/net/core/somaxconn", read}}
	loaded := exec.Command(tool)
	loaded.Env = []string{"LD_TRACE_LOADED_OBJECTS=1"} // ld.so(8): name the libraries, and end
	names, _ := loaded.Output()
	for _, name := range strings.Fields(string(names)) {
		if strings.HasPrefix(name, "/") {
			list = append(list, grant{name, read | unix.LANDLOCK_ACCESS_FS_EXECUTE})
		}
	}
	return list
}

// mainThread reports whether the calling thread is the process's first.
func mainThread() bool { return unix.Gettid() == unix.Getpid() }

// landlockVersion returns the version of this kernel's Landlock, from 1 on.
func landlockVersion() (int, error) {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch errno {
	case 0:
		return int(v), nil
	case unix.ENOSYS, unix.EOPNOTSUPP:
		return 0, fmt.Errorf("the kernel is older than 5.13, or was built or started without it (%w)", errno)
	}
	return 0, os.NewSyscallError("landlock_create_ruleset", errno)
}

// rulesetOf returns all that this version of Landlock can forbid of files and
// processes, and the given accesses to the network. The notes say what it can't forbid.
func rulesetOf(version int, network uint64) (r unix.LandlockRulesetAttr, notes []string) {
	for _, more := range []struct {
		since       int
		files, nets uint64
		scopes      uint64
		without     string
	}{
		{1, unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1, 0, 0, ""},
		{2, unix.LANDLOCK_ACCESS_FS_REFER, 0, 0, ""}, // version 1 forbids it always
		{3, unix.LANDLOCK_ACCESS_FS_TRUNCATE, 0, 0, "truncate files that they may not write"},
		{4, 0, network, 0, "connect to this machine's own servers"},
		{5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, 0, 0, ""}, // they open no device
		{6, 0, 0, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL, "signal processes of their user outside of their run"},
	} {
		if version >= more.since {
			r.Handled_access_fs |= more.files
			r.Handled_access_net |= more.nets
			r.Scoped |= more.scopes
		} else if more.without != "" && more.files|more.nets|more.scopes != 0 {
			notes = append(notes, fmt.Sprintf("programs could %s: Landlock is of version %d here, and %d forbids it", more.without, version, more.since))
		}
	}
	return r, notes
}

// restrict makes a ruleset and puts the calling thread under it.
func restrict(r unix.LandlockRulesetAttr, granted []grant) error {
	set, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&r)), unsafe.Sizeof(r), 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_create_ruleset", errno)
	}
	defer unix.Close(int(set))
	for _, g := range granted {
		fd, err := unix.Open(g.path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // what can't be found isn't needed
		}
		rule := unix.LandlockPathBeneathAttr{Allowed_access: g.access & r.Handled_access_fs, Parent_fd: int32(fd)}
		_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, set, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
		unix.Close(fd)
		if errno != 0 {
			return &os.PathError{Op: "landlock_add_rule", Path: g.path, Err: errno}
		}
	}
	_, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}

// dropCapabilities leaves what the calling thread starts one capability: to listen
// below port 1024 (capabilities(7), the bounding set). A program starts as root of its
// user namespace, and would have them all.
func dropCapabilities() []string {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	err := unix.Capget(&header, &sets[0])
	if err == nil && cmp.Or(sets[0].Permitted, sets[1].Permitted) == 0 {
		return nil // it has none to give
	}
	for c := uintptr(0); err == nil; c++ {
		if c != unix.CAP_NET_BIND_SERVICE {
			err = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		}
	}
	if err != unix.EINVAL { // of the first number that is no capability
		return []string{fmt.Sprintf("programs have more capabilities than they need: PR_CAPBSET_DROP: %v", err)}
	}
	return nil
}
