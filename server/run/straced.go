package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// The fds that a process starts with when strace takes its calls, besides those of
// every program's. They are closed before it begins.
const (
	straceFD = 5 // where strace writes
	selfFD   = 6 // this executable: strace's own /proc/self/exe is strace
)

// stracedEnv says in the environment of a program that strace takes its calls.
const stracedEnv = "SOCKSCOPE_STRACED"

// straced has strace start the command and write to fd straceFD.
func straced(cmd *exec.Cmd) error {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return err
	}
	words := append([]string{tool}, trace.StraceOptions...)
	words = append(words, "-o", fmt.Sprintf("/dev/fd/%d", straceFD), fmt.Sprintf("/dev/fd/%d", selfFD))
	cmd.Path, cmd.Args = tool, append(words, cmd.Args[1:]...)
	cmd.Env = append(cmd.Env, stracedEnv+"=1")
	return nil
}

// beTraced is what a program does before it begins when strace takes its calls: the
// marks that its trace begins with.
func beTraced() {
	unix.Close(straceFD)
	unix.Close(selfFD)
	for range trace.StraceMarks {
		unix.Close(-1)
	}
}

// straceLacks says in a sentence why strace can't take the calls of a program in a
// sandbox, "" when it can.
func straceLacks(box sandbox) string {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return "the calls of its server are taken by strace, which is not installed on the machine that runs it"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, append(append([]string{}, trace.StraceOptions...), "-o", os.DevNull, tool, "-V")...)
	cmd.SysProcAttr = box.attr()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	by := newLauncher(confineWorkers) // who starts it in a sandbox is a worker
	defer by.end()
	err = by.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		if line == "" {
			line = err.Error()
		}
		return fmt.Sprintf("the calls of its server are taken by strace, which may not do that on the machine that runs it: %.200s", line)
	}
	return ""
}

// clocks returns what to add to a time of the wall clock, ns since 1970, to get that
// of CLOCK_MONOTONIC, and the wall clock's time. Of a few readings the one counts
// between which the least has happened.
func clocks() (shift, wall int64) {
	best := never
	for range 5 {
		before, then, after := now(), time.Now().UnixNano(), now()
		if after-before < best {
			best, shift, wall = after-before, before+(after-before)/2-then, then
		}
	}
	return shift, wall
}

// spawnStraced starts the processes whose calls strace takes, by their numbers.
func spawnStraced(procs []lab.Process) (map[int]*process, error) {
	ready := map[int]*process{}
	for i, p := range procs {
		if p.Tracer == "" {
			continue
		}
		by := newLauncher(confineStraced)
		defer by.end()
		var err error
		if ready[i], err = spawnBy(true, by, nil, nil, nil); err != nil {
			return nil, err
		}
	}
	return ready, nil
}

// straceSettle is how long the events of a run are kept back in which strace takes
// calls: it tells them after they happened, and more of them at once.
const straceSettle = 200 * time.Millisecond

// straceQuiet is how long strace may write nothing before a call that it has begun to
// write is taken for one that waits.
const straceQuiet = 10 * time.Millisecond

// witness reads what strace writes and gives it on as events, at the times of a run
// that began at began, ns of CLOCK_MONOTONIC. strace's own times are those of the
// wall clock: how far that is from the other one is taken once, so that the order of
// what is read stays, and again when it has been set.
type witness struct {
	out   *os.File
	began int64
	take  func([]trace.Event)
	note  func(string)

	strace trace.Straced
	shift  int64         // from the wall clock's times to the run's
	last   map[int]int64 // by thread: no event of it is earlier than the one before
	told   bool          // the cost has been
}

// clockSet is by how much two clocks have to part until one of them was set, and
// didn't just run a little faster.
const clockSet = time.Millisecond

// read reads to the end. What can't be read is an error.
func (w *witness) read() error {
	w.last = map[int]int64{}
	line, chunk := []byte{}, make([]byte, 64<<10)
	for {
		w.out.SetReadDeadline(time.Now().Add(straceQuiet))
		n, err := w.out.Read(chunk)
		line = append(line, chunk[:n]...)
		for {
			one, rest, whole := bytes.Cut(line, []byte("\n"))
			if !whole {
				break
			}
			if err := w.strace.Line(string(one)); err != nil {
				return err
			}
			line = rest
		}
		if len(line) > trace.MaxStraceLine {
			return w.strace.Line(string(line)) // too long, which it says
		}
		line = append([]byte{}, line...)
		quiet := errors.Is(err, os.ErrDeadlineExceeded)
		if quiet {
			if err := w.strace.Partial(string(line)); err != nil {
				return err
			}
		}
		w.pass()
		if err != nil && !quiet {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// pass gives on what has been read.
func (w *witness) pass() {
	if cost, ok := w.strace.Began(); ok && !w.told {
		w.told = true
		if w.strace.Early() > 0 {
			w.note("Go's runtime made its epoll as this executable started, before the program: that stands at the program's beginning")
		}
		w.note(fmt.Sprintf("strace takes the server's calls: it stops the thread at each, which adds about %v to a call here, and a return can stand too early by some of that; its clock counts in µs",
			time.Duration(cost).Round(100*time.Nanosecond)))
	}
	shift, wall := clocks()
	if shift -= w.began; max(shift-w.shift, w.shift-shift) > int64(clockSet) {
		w.shift = shift
	}
	events := w.strace.Take(wall - int64(straceQuiet))
	for i := range events {
		e := &events[i]
		e.Time = max(e.Time+w.shift, w.last[e.Thread])
		w.last[e.Thread] = e.Time
	}
	if len(events) > 0 {
		w.take(events)
	}
}
