package sockdiag

import (
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// counted are the counters of TCP that tell what the labs are about, in
// /proc/net/netstat; see Documentation/networking/snmp_counter.rst of the kernel.
var counted = []string{"SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "ListenOverflows", "ListenDrops",
	"TCPTimeouts", "TCPLossProbes", "TCPSynRetrans", "TCPAbortOnTimeout", "TCPKeepAlive", "TCPReqQFullDoCookies", "TCPReqQFullDrop"}

// Counters returns what the kernel has counted in the network namespace: those of TCP's
// counters that are not 0.
func (d *Table) Counters() ([]trace.Counter, error) {
	if d.stats == nil {
		var err error
		if d.stats, err = os.Open("/proc/thread-self/net/netstat"); err != nil {
			return nil, err
		}
	}
	n, err := d.stats.ReadAt(d.buf, 0) // from its start the kernel writes it anew
	if err != io.EOF {
		return nil, cmp.Or(err, errDiag)
	}
	return counters(string(d.buf[:n])), nil
}

// counters reads the lines of TcpExt: one of names, and one of numbers.
func counters(file string) (out []trace.Counter) {
	var names []string
	for line := range strings.Lines(file) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] != "TcpExt:":
		case names == nil:
			names = fields
		default:
			for i := 1; i < min(len(names), len(fields)); i++ {
				if n, err := strconv.ParseInt(fields[i], 10, 64); err == nil && n != 0 && slices.Contains(counted, names[i]) {
					out = append(out, trace.Counter{Name: names[i], N: n})
				}
			}
			return out
		}
	}
	return out
}
