package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/run"
	"sockscope/server/trace"
)

// record runs every lab once and keeps the traces in a folder, as ID.trace, for
// pages without a relay in reach; as home.trace the run that the home page shows;
// and as compare-ID.trace the runs that can be set side by side. Of a lab that can't
// run here it says so, and leaves its recording as it is.
func record(ctx context.Context, args []string, stderr io.Writer) int {
	if len(args) != 1 {
		return misused(stderr, "record takes the folder for the recordings: server record DIR")
	}
	const free = "127.0.0.1:0"
	s, err := run.Start(run.Config{Control: free, Echo: free, Mux: free, Byteorder: free})
	if err != nil {
		fmt.Fprintln(stderr, "server:", err)
		return exitFailed
	}
	defer s.Close()
	keep := func(name, id string, knobs map[string]string) error {
		recording, err := recorded(ctx, s, id, knobs)
		if errors.Is(err, run.ErrUnable) {
			fmt.Fprintln(stderr, "server:", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("recording %s: %w", id, err)
		}
		return os.WriteFile(filepath.Join(args[0], name+".trace"), recording, 0o644)
	}
	err = keep("home", "iterative", map[string]string{"clients": "3"})
	for _, l := range lab.All {
		if err == nil && !l.Compares {
			err = keep(l.ID, l.ID, l.Unattended)
		}
		if err == nil && l.Talks {
			var v knob.Values
			if v, err = l.Against(lab.Compared()); err == nil {
				err = keep("compare-"+l.ID, l.ID, v)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "server:", err)
		return exitFailed
	}
	return 0
}

// recorded returns the frames of one run of a server that came to its own end.
func recorded(ctx context.Context, s *run.Server, id string, knobs map[string]string) ([]byte, error) {
	if why := s.Cannot(id); why != "" {
		return nil, fmt.Errorf("lab %s %w: %s", id, run.ErrUnable, why)
	}
	conn, err := net.Dial("tcp", s.Addrs()["lab"])
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	if err := trace.WriteFrame(conn, &trace.Request{Op: trace.OpRun, Lab: id, Knobs: knobs}); err != nil {
		return nil, err
	}
	var recording bytes.Buffer
	for {
		var m trace.Message
		if err := trace.ReadFrame(conn, trace.MaxFrame, &m); err != nil {
			return nil, fmt.Errorf("the run broke off: %w", err)
		}
		switch {
		case m.Error != nil:
			return nil, errors.New(m.Error.Text)
		case m.End != nil && m.End.Reason != trace.EndDone:
			return nil, fmt.Errorf("the run did not come to its own end: %s %s", m.End.Reason, m.End.Message)
		case m.Header == nil && m.Events == nil && m.Child == nil && m.Point == nil && m.End == nil:
			continue // not part of a trace
		}
		if err := trace.WriteFrame(&recording, &m); err != nil {
			return nil, err
		}
		if m.End != nil {
			return recording.Bytes(), nil
		}
	}
}
