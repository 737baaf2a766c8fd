// Package witness has strace(1) tell the calls of a program that can't tell them itself,
// since a runtime of another's making makes them.
package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/confine"
	"sockscope/server/socket"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// tracedEnv says in the environment of a program that strace takes its calls.
const tracedEnv = "SOCKSCOPE_STRACED"

// Trace has strace start the command and write what it sees to fd out. fd self has to
// be this executable: strace's own /proc/self/exe is strace.
func Trace(cmd *exec.Cmd, out, self int) error {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return err
	}
	words := append([]string{tool}, strace.Options...)
	words = append(words, "-o", fmt.Sprintf("/dev/fd/%d", out), fmt.Sprintf("/dev/fd/%d", self))
	cmd.Path, cmd.Args = tool, append(words, cmd.Args[1:]...)
	cmd.Env = append(cmd.Env, tracedEnv+"=1")
	return nil
}

// Begin is what a program does before its first call. Where strace takes its calls it
// closes the fds, which are strace's, and makes the marks that the trace begins with.
func Begin(fds ...int) {
	if os.Getenv(tracedEnv) == "" {
		return
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	for range strace.Marks {
		unix.Close(-1)
	}
}

// Lacks says in a sentence why strace can't take the calls of a program in the sandbox,
// "" when it can. It tries: strace takes its own calls, and what it writes about them has
// to be of a form that is read here.
func Lacks(box confine.Sandbox) string {
	tool, err := exec.LookPath("strace")
	if err != nil {
		return "the calls of its server are taken by strace, which is not installed on the machine that runs it"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	written, writes, err := os.Pipe()
	if err == nil {
		err = box.Give(writes)
	}
	if err != nil {
		return "the calls of its server are taken by strace, and there is no pipe for what it writes: " + err.Error()
	}
	defer written.Close()
	cmd := exec.CommandContext(ctx, tool, append(slices.Clone(strace.Options), "-o", "/dev/fd/3", tool, "-V")...)
	cmd.SysProcAttr = box.Attr()
	cmd.ExtraFiles = []*os.File{writes}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	by := confine.NewLauncher(confine.Workers) // who starts it in a sandbox is a worker
	defer by.End()
	err = by.Start(cmd)
	writes.Close()
	if err == nil {
		var reader strace.Reader
		io.Copy(&reader, written)
		if err = cmd.Wait(); err == nil {
			return misread(&reader)
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	if line == "" {
		line = err.Error()
	}
	return fmt.Sprintf("the calls of its server are taken by strace, which may not do that on the machine that runs it: %.200s", line)
}

// misread says in a sentence what of strace's form isn't understood, "" where all is.
func misread(r *strace.Reader) string {
	const kind = "the calls of its server are taken by strace, and the one on the machine that runs it writes them in a form that isn't known here"
	for _, u := range r.Unread() {
		if u.Form {
			return fmt.Sprintf("%s: %s: %.200s", kind, u.What, u.First)
		}
	}
	if len(r.Take(0)) == 0 {
		return kind + ": there is no call in it"
	}
	return ""
}

// clocks returns the wall clock's time, ns since 1970, and what to add to it for that of
// [socket.Now]. It reads both a few times and takes the quickest reading.
func clocks() (shift, wall int64) {
	best := int64(1<<63 - 1)
	for range 5 {
		before, then, after := socket.Now(), time.Now().UnixNano(), socket.Now()
		if after-before < best {
			best, shift, wall = after-before, before+(after-before)/2-then, then
		}
	}
	return shift, wall
}

// Settle is how late strace tells of a call, at most: it writes several at once.
const Settle = 200 * time.Millisecond

// quiet is how long strace writes nothing in the middle of a line until the call there
// is taken for one that waits.
const quiet = 10 * time.Millisecond

// Reader reads what strace writes and passes it on as events. strace's times are the
// wall clock's. The Reader measures once how far that is from the run's clock, so that
// the events keep their order, and again when somebody has set the wall clock.
type Reader struct {
	Out   *os.File            // where strace writes
	Began int64               // time 0 of the run; see [socket.Now]
	Take  func([]trace.Event) // takes events; their process is 0
	Note  func(string)        // takes sentences about the trace

	reader strace.Reader
	shift  int64         // from the wall clock's times to the run's
	last   map[int]int64 // by thread: no event of it is earlier than the one before
	told   bool          // the cost has been
	unread int           // kinds of what isn't understood that have been told
}

// clockSet is by how much two clocks part when one was set. One that runs a little
// faster parts by less.
const clockSet = time.Millisecond

// Missed returns how many calls are not among the events: more threads made them than a
// trace can tell apart.
func (w *Reader) Missed() int64 { return w.reader.Missed }

// Read reads until strace has written all. strace waits while nobody reads, and its
// program with it: nothing that is read ends the reading.
func (w *Reader) Read() {
	w.reader.Marks, w.last = strace.Marks, map[int]int64{}
	chunk := make([]byte, 64<<10)
	for {
		w.Out.SetReadDeadline(time.Now().Add(quiet))
		n, err := w.Out.Read(chunk)
		w.reader.Write(chunk[:n])
		waits := errors.Is(err, os.ErrDeadlineExceeded)
		if waits {
			w.reader.Quiet()
		}
		w.pass()
		if err == nil || waits {
			continue
		}
		if !errors.Is(err, io.EOF) {
			w.Note("what strace writes can't be read on: " + err.Error())
			w.Out.SetReadDeadline(time.Time{})
			io.Copy(io.Discard, w.Out)
		}
		break
	}
	for _, u := range w.reader.Unread() {
		if u.Count > 1 {
			w.Note(fmt.Sprintf("strace wrote %s %d times in all", u.What, u.Count))
		}
	}
}

// pass passes on what has been read.
func (w *Reader) pass() {
	if cost, ok := w.reader.Began(); ok && !w.told {
		w.told = true
		if w.reader.Early() > 0 {
			w.Note("Go's runtime made its epoll as this executable started, before the program: that stands at the program's beginning")
		}
		w.Note(fmt.Sprintf("strace takes the server's calls: it stops the thread at each, which adds about %v to a call here, and a return can stand too early by some of that; its clock counts in µs",
			time.Duration(cost).Round(100*time.Nanosecond)))
	}
	for _, u := range w.reader.Unread()[w.unread:] {
		w.unread++
		w.Note(fmt.Sprintf("strace wrote %s, which isn't understood here: %s", u.What, u.First))
	}
	shift, wall := clocks()
	if shift -= w.Began; max(shift-w.shift, w.shift-shift) > int64(clockSet) {
		w.shift = shift
	}
	events := w.reader.Take(wall - int64(quiet))
	for i := range events {
		e := &events[i]
		e.Time = max(e.Time+w.shift, w.last[e.Thread])
		w.last[e.Thread] = e.Time
	}
	if len(events) > 0 {
		w.Take(events)
	}
}
