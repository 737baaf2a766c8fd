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
	"slices"

	"sockscope/server/lab"
	"sockscope/server/run"
	"sockscope/server/trace"
)

// recording is a run that is kept as NAME.trace.
type recording struct {
	name, lab string
	knobs     map[string]string
}

// recordings lists what pages without a relay in reach have: a run of every lab, as ID;
// as home the run that the home page shows; and as compare-ID the runs that can be set
// side by side.
func recordings() []recording {
	list := []recording{{"home", "iterative", map[string]string{"clients": "3"}}}
	for _, l := range lab.All {
		if !l.Compares {
			list = append(list, recording{l.ID, l.ID, l.Unattended.Map()})
		}
		if v, err := l.Against(lab.Compared()); l.Talks && err == nil {
			list = append(list, recording{"compare-" + l.ID, l.ID, v})
		}
	}
	return list
}

// record makes the recordings of the names, or all of them, and keeps them in a folder.
// Of a lab that can't run here it says so, and leaves its recording as it is.
func record(ctx context.Context, args []string, stderr io.Writer) int {
	if len(args) == 0 {
		return misused(stderr, "record takes the folder for the recordings, and may take their names: server record DIR [NAME...]")
	}
	dir, wanted := args[0], recordings()
	if names := args[1:]; len(names) > 0 {
		all := wanted
		wanted = nil
		for _, name := range names {
			i := slices.IndexFunc(all, func(r recording) bool { return r.name == name })
			if i < 0 {
				return misused(stderr, fmt.Sprintf("there is no recording %.40q; a name is home, that of a lab, or compare- and that of a lab that can be compared", name))
			}
			wanted = append(wanted, all[i])
		}
	}
	const free = "127.0.0.1:0"
	s, err := run.Start(run.Config{Control: free, Echo: free, Mux: free, Byteorder: free})
	if err != nil {
		fmt.Fprintln(stderr, "server:", err)
		return exitFailed
	}
	defer s.Close()
	for _, r := range wanted {
		frames, err := recorded(ctx, s, r.lab, r.knobs)
		if errors.Is(err, run.ErrUnable) {
			fmt.Fprintln(stderr, "server:", err)
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, r.name+".trace"), frames, 0o644)
		}
		if err != nil {
			fmt.Fprintf(stderr, "server: recording %s: %v\n", r.name, err)
			return exitFailed
		}
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
	var frames bytes.Buffer
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
		if err := trace.WriteFrame(&frames, &m); err != nil {
			return nil, err
		}
		if m.End != nil {
			return frames.Bytes(), nil
		}
	}
}
