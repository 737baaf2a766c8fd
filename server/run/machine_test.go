package run

import (
	"crypto/rand"
	"flag"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"sockscope/server/console"
	"sockscope/server/trace"
)

// The machine for a tab runs the same labs, and is held to the same, where there is one:
// make test-tab has it.
var (
	machineAt    = flag.String("machine", "", "the `folder` of a machine for the tab, whose labs are to be run")
	machineTries = flag.Int("tries", 1, "runs of each lab on that machine")
)

// startMachine starts the machine, and returns an address where its control port is.
func startMachine(t *testing.T) string {
	t.Helper()
	if *machineAt == "" {
		t.Skip("needs a machine for the tab: make test-tab builds it")
	}
	cmd := exec.Command("node", "../../web/machine/node.mjs", *machineAt)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = testWriter{t}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	page := console.NewPage(func(piece []byte) { in.Write(piece) })
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 64<<10)
		for {
			n, err := out.Read(buf)
			if err == nil {
				err = page.Take(buf[:n])
			}
			if err != nil {
				page.Quit(err)
				return
			}
		}
	}()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		in.Close()
		<-read
		cmd.Wait()
	})
	var seed [console.SeedSize]byte
	rand.Read(seed[:])
	page.Set(time.Now(), seed)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := page.Open()
			if err != nil {
				near.Close()
				continue
			}
			go func() {
				io.Copy(far, near)
				far.Close()
			}()
			go func() {
				io.Copy(near, far)
				near.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// On a machine in a tab each lab but those that it names shows its point, while others
// keep the processors busy, and its traces are as true as any.
func TestMachineShowsEachPoint(t *testing.T) {
	addr := startMachine(t)
	if *machineTries > 1 {
		burnSome(t, 1)
	}
	v := dialTo(t, addr)
	if v.hello.Clock != trace.EmulatedClock || v.hello.Isolation != trace.Namespace || len(v.hello.Standing) > 0 {
		t.Errorf("the machine says of itself %+v", v.hello)
	}
	if len(v.hello.Cannot) != 3 || v.hello.Cannot["scaling"] == "" || v.hello.Cannot["runtime"] == "" || v.hello.Cannot["kqueue"] == "" {
		t.Errorf("the machine can't run %v", v.hello.Cannot)
	}
	v.ended = func(r *result) {
		if r.end.Reason == trace.EndDone {
			checkTrace(t, r)
		}
	}
	for i := range labPoints {
		p := &labPoints[i]
		if v.hello.Cannot[p.lab] != "" || *pointLabs != "" && !slices.Contains(strings.Split(*pointLabs, ","), p.lab) {
			continue
		}
		have, lacking := 0, map[string]int{}
		began := time.Now()
		for range *machineTries {
			lacks, _ := p.show(v)
			if p.lab == "selectors" && lacks == "a sleep in poll; " {
				lacks = "" // on one processor the server has answered before the client polls
			}
			if lacks == "" {
				have++
			} else {
				lacking[lacks]++
			}
		}
		t.Logf("%-10s %v: %d of %d, %v each", p.lab, p.knobs, have, *machineTries, (time.Since(began) / time.Duration(*machineTries)).Round(time.Millisecond))
		if have < *machineTries {
			t.Errorf("%s %v: %s in %d of %d runs only; lacking: %v", p.lab, p.knobs, p.point, have, *machineTries, lacking)
		}
	}
}
