package run

import (
	"bufio"
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

// startMachine starts the machine, and returns an address where its control port is. said
// gets what it prints, and is closed if it can be.
func startMachine(t *testing.T, said io.Writer) string {
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
	cmd.Stderr = said
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
				if c, ok := said.(io.Closer); ok {
					c.Close()
				}
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

// Machines that go on from one snapshot have our time, and random numbers of their own.
func TestMachineWakes(t *testing.T) {
	var drawn [2]string
	for i := range drawn {
		lines, out := io.Pipe()
		began := time.Now()
		startMachine(t, out)
		scan := bufio.NewScanner(lines)
		for drawn[i] == "" && scan.Scan() {
			at, bytes, ok := strings.Cut(strings.TrimPrefix(scan.Text(), "machine: it is "), ", random bytes are ")
			if !ok {
				continue
			}
			if is, err := time.Parse(time.RFC3339Nano, at); err != nil || is.Before(began) || is.After(time.Now()) {
				t.Errorf("in the machine it is %s, after %s here", at, began.UTC())
			}
			drawn[i] = bytes
		}
		go io.Copy(io.Discard, lines)
	}
	if len(drawn[0]) != 16 || drawn[0] == drawn[1] {
		t.Errorf("two machines drew the random bytes %s", drawn)
	}
}

// On a machine in a tab each lab but those that it names shows its point, while others
// keep the processors busy, and its traces are as true as any.
func TestMachineShowsEachPoint(t *testing.T) {
	addr := startMachine(t, testWriter{t})
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
		tries := *machineTries
		if i > 0 && p.lab == labPoints[i-1].lab {
			tries = 1 // of a lab's other set-ups
		}
		have, lacking := 0, map[string]int{}
		began := time.Now()
		for range tries {
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
		t.Logf("%-10s %v: %d of %d, %v each", p.lab, p.knobs, have, tries, (time.Since(began) / time.Duration(tries)).Round(time.Millisecond))
		if have < tries {
			t.Errorf("%s %v: %s in %d of %d runs only; lacking: %v", p.lab, p.knobs, p.point, have, tries, lacking)
		}
	}
}
