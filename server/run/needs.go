package run

import (
	"errors"
	"runtime"

	"sockscope/server/confine"
	"sockscope/server/demo"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/server/witness"
)

// ErrUnable is wrapped by errors about what this machine can't do.
var ErrUnable = errors.New("can't run here")

// lacks says in a sentence why a program can't run in a sandbox of this machine, ""
// when it can.
func lacks(p *demo.Program, box confine.Sandbox) string {
	switch {
	case p.Needs == demo.Kqueue && runtime.GOOS == "linux":
		return "the server's machine runs Linux, which has no kqueue: it is a mechanism of the BSDs and macOS"
	case p.Needs == demo.Linux && runtime.GOOS != "linux":
		return "it sets options of sockets that only Linux has"
	case p.Needs == demo.Strace:
		return witness.Lacks(box)
	}
	return ""
}

// cannot says why labs can't run in a sandbox, or why the host doesn't let them, by the
// labs' IDs.
func (c *Config) cannot(box confine.Sandbox) map[string]string {
	out := map[string]string{}
	if box.Isolation != trace.Namespace {
		out[lab.Hand.ID] = "its calls may name any address, which takes a network namespace of the run's own, and that can't be had on this machine"
	}
	for _, l := range lab.All {
		switch {
		case l.Measures && c.Emulated:
			out[l.ID] = "it measures processor time, and an emulated machine's would be the emulator's: it would plot how good that is"
		case l.Measures && c.Most < 0:
			out[l.ID] = "who hosts this server has switched measurements off (-scaling-max)"
		}
		if l.Drops != nil && box.Isolation != trace.Namespace {
			out[l.ID] = "it drops packets, which takes a network namespace of the run's own, and that can't be had on this machine"
		}
		values, _ := l.Set(nil) // a lab takes its own defaults
		for _, proc := range l.Processes(values) {
			p, err := demo.Find(proc.Program)
			if err != nil {
				continue // the agent, or what measures
			}
			if why := lacks(p, box); why != "" && c.Emulated && p.Needs == demo.Strace {
				out[l.ID] = "the calls of its server are taken by strace, and the machine in this tab has no file but the server's"
			} else if why != "" {
				out[l.ID] = why
			}
		}
	}
	return out
}
