package foreign

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// origin asks the kernel of which process a thread is, what that was started with, and
// which TCP sockets it has open. What it doesn't tell any more is left out.
func origin(tid int) strace.Origin {
	o := strace.Origin{PID: tid}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	for line := range strings.Lines(string(status)) {
		if group, ok := strings.CutPrefix(line, "Tgid:"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(group)); err == nil {
				o.PID = n
			}
		}
	}
	cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", o.PID))
	o.Words = strings.FieldsFunc(string(cmdline), func(c rune) bool { return c == 0 })
	o.Sockets = sockets(o.PID)
	return o
}

// sockets returns the TCP sockets that a process has open, in the order of their fds:
// their addresses and states (proc(5), /proc/PID/net/tcp).
func sockets(pid int) []trace.Queue {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	fds := map[string][]int{} // by inode
	for _, e := range entries {
		link, _ := os.Readlink(dir + "/" + e.Name())
		inode, ok := strings.CutPrefix(link, "socket:[")
		if fd, err := strconv.Atoi(e.Name()); ok && err == nil {
			inode = strings.TrimSuffix(inode, "]")
			fds[inode] = append(fds[inode], fd)
		}
	}
	var found []trace.Queue
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		found = appendTable(found, f, fds)
		f.Close()
	}
	slices.SortFunc(found, func(a, b trace.Queue) int { return a.FD - b.FD })
	return found
}

// appendTable reads a table of proc's, and appends the sockets whose inodes are asked for.
func appendTable(found []trace.Queue, table io.Reader, fds map[string][]int) []trace.Queue {
	for rows := bufio.NewScanner(table); rows.Scan(); {
		row := strings.Fields(rows.Text())
		if len(row) < 10 || fds[row[9]] == nil {
			continue
		}
		local, ok := procAddr(row[1])
		peer, ok2 := procAddr(row[2])
		state, err := strconv.ParseUint(row[3], 16, 8)
		if !ok || !ok2 || err != nil {
			continue
		}
		if trace.TCPState(state) == trace.Listening || trace.TCPState(state) == trace.Closed {
			peer = ""
		}
		for _, fd := range fds[row[9]] {
			found = append(found, trace.Queue{FD: fd, Local: local, Peer: peer, State: trace.TCPState(state), Only: trace.NoQ})
		}
	}
	return found
}

// procAddr reads an address as proc has it: the words of the IP address in the machine's
// byte order, in hexadecimal, and the port.
func procAddr(text string) (string, bool) {
	ip, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(ip)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return "", false
	}
	if littleEndian {
		for i := 0; i < len(b); i += 4 {
			slices.Reverse(b[i : i+4])
		}
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)).String(), ok
}

// littleEndian is the byte order of this machine.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
