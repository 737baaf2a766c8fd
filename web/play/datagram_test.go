package play

import (
	"testing"

	"sockscope/server/trace"
)

func TestReaches(t *testing.T) {
	for _, c := range []struct {
		to, local string
		want      bool
	}{
		{"127.0.0.1:9", "127.0.0.1:9", true},
		{"127.0.0.1:9", "0.0.0.0:9", true},
		{"[::1]:9", "[::]:9", true},
		{"[::ffff:127.0.0.1]:9", "127.0.0.1:9", true},
		{"127.0.0.1:9", "", true},
		{"@name", "@", true},
		{"127.0.0.1:9", "127.0.0.1:10", false},
		{"127.0.0.2:9", "127.0.0.1:9", false},
		{"@name", "@other", false},
		{"/run/a:9", "/run/b:9", false},
		{"@a:9", "127.0.0.1:9", false},
	} {
		if got := reaches(c.to, c.local); got != c.want {
			t.Errorf("%q reaches %q: %v", c.to, c.local, got)
		}
	}
}

// Of four datagrams the second is lost and the third is cut. Two more say the same, and
// which of them a recv gets isn't known.
func TestDatagramsArePairedByAddressAndContent(t *testing.T) {
	const here, there = "127.0.0.1:9", "127.0.0.1:4000"
	r := NewRun(&trace.Header{Version: trace.Version, Procs: []trace.Proc{{Name: "server", Role: trace.RoleServer}, {Name: "client 1", Role: trace.RoleClient}}})
	now := int64(0)
	call := func(proc int, c trace.Call, fd int, in, out trace.Event) {
		for _, e := range []*trace.Event{&in, &out} {
			now++
			e.Time, e.Proc, e.Call, e.FD = now, proc, c, fd
		}
		in.Kind, out.Kind = trace.Enter, trace.Return
		r.Add([]trace.Event{in, out})
	}
	args := []int64{2, 2, 0} // AF_INET, SOCK_DGRAM
	call(0, trace.Socket, -1, trace.Event{Args: args}, trace.Event{Args: args, Result: 3})
	call(0, trace.Bind, 3, trace.Event{Addr: here}, trace.Event{Addr: here})
	call(1, trace.Socket, -1, trace.Event{Args: args}, trace.Event{Args: args, Result: 3})
	send := func(text string) {
		call(1, trace.Sendto, 3, trace.Event{Addr: here, Data: []byte(text), Size: len(text)},
			trace.Event{Result: int64(len(text)), Queues: []trace.Queue{{FD: 3, Local: "0.0.0.0:4000"}}})
	}
	recv := func(text string, n int) *Datagram {
		flags := []int64{0x20} // MSG_TRUNC
		call(0, trace.Recvfrom, 3, trace.Event{Args: flags, Size: 5}, trace.Event{Args: flags, Addr: there, Data: []byte(text), Result: int64(n)})
		return r.DatagramAt(r.Len() - 1)
	}
	for _, text := range []string{"one", "two", "three and more", "four"} {
		send(text)
	}
	all := func(i int) *Datagram { return &r.Datagrams[i] }
	if d := recv("one", 3); d != all(0) {
		t.Errorf("the first recv got %+v", d)
	}
	if d := recv("three", 14); d != all(2) || all(1).Passed != d.Recv || all(1).Recv >= 0 {
		t.Errorf("the second recv got %+v, and of the one before it is known %+v", d, all(1))
	}
	if d := recv("four", 4); d != all(3) || d.Alike {
		t.Errorf("the third recv got %+v", d)
	}
	send("same")
	send("same")
	if d := recv("same", 4); d == nil || !all(4).Alike || !all(5).Alike {
		t.Errorf("which of two alike was received is known: %+v, %+v", all(4), all(5))
	}
	if len(r.Posts) != 1 || len(r.Posts[0].List) != 6 || len(r.Conns) != 0 {
		t.Errorf("posts %+v, connections %+v", r.Posts, r.Conns)
	}
}
