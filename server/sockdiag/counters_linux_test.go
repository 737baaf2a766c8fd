package sockdiag

import (
	"slices"
	"testing"

	"sockscope/server/trace"
)

func TestCounters(t *testing.T) {
	const file = "TcpExt: SyncookiesSent ListenOverflows Other ListenDrops TCPTimeouts\nTcpExt: 0 3 9 4 -x\nIpExt: InNoRoutes\nIpExt: 1\n"
	want := []trace.Counter{{Name: "ListenOverflows", N: 3}, {Name: "ListenDrops", N: 4}}
	if got := counters(file); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, cut := range []string{"", "TcpExt:", "TcpExt: ListenDrops", "TcpExt: ListenDrops\nTcpExt:\n"} {
		if got := counters(cut); len(got) != 0 {
			t.Errorf("%q has %v", cut, got)
		}
	}
	d, err := Open()
	if err != nil {
		t.Skip(err)
	}
	defer d.Close()
	for range 2 { // the second time from where the first has read
		if _, err := d.Counters(); err != nil {
			t.Error(err)
		}
	}
}
