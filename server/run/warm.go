package run

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"strings"

	"sockscope/server/confine"
	"sockscope/server/process"
	"sockscope/server/trace"
)

// warm is a worker as its server sees it: a process that is ready for a run.
type warm struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	pipe io.Closer
	cost int64
	note []string      // what of its programs' confinement could not be had
	gone chan struct{} // closed when the process is no more
}

// errGone is returned for a worker that ended before it was ready.
var errGone = errors.New("a worker ended before it was ready")

// startWorker starts a worker in the sandbox and waits until it is ready.
func startWorker(by *confine.Launcher, box confine.Sandbox, limits Limits, log *slog.Logger) (*warm, error) {
	cmd := process.Command(workerRole, "worker")
	cmd.SysProcAttr = box.Attr()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = lineLogger{log}
	if err := by.Start(cmd); err != nil {
		return nil, err
	}
	w := &warm{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 64<<10), pipe: out, gone: make(chan struct{})}
	go func() {
		cmd.Process.Wait() // not cmd.Wait, which would throw away what is unread
		close(w.gone)
	}()
	var r readiness
	err = trace.WriteFrame(in, furnishing{box.Isolation, limits, box.Users})
	if err == nil {
		err = trace.ReadFrame(w.out, trace.MaxRequest, &r)
	}
	switch {
	case err != nil:
		err = errGone
	case r.Err != "":
		err = errors.New(r.Err)
	}
	if err != nil {
		w.end()
		return nil, err
	}
	w.cost, w.note = r.Cost, r.Notes
	return w, nil
}

// end kills the worker, and with it its programs, and waits until it is gone.
func (w *warm) end() {
	w.cmd.Process.Kill()
	<-w.gone
	w.in.Close()
	w.pipe.Close()
}

// lineLogger logs what a worker writes to its standard error: nothing, unless
// it crashes.
type lineLogger struct{ log *slog.Logger }

func (l lineLogger) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.log.Warn("worker", "stderr", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}
