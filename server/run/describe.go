package run

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"

	"sockscope/server/demo"
	"sockscope/server/lab"
	"sockscope/server/trace"
)

// describe returns the processes as a viewer sees them, and the sources of
// their programs, each once.
func describe(procs []lab.Process) ([]trace.Proc, []trace.Source, error) {
	var shown []trace.Proc
	var sources []trace.Source
	if len(procs) > 0 && procs[0].Measures {
		shown, sources = describeMeasuring(procs)
		return shown, sources, nil
	}
	for _, p := range procs {
		if p.Program != "" {
			program, err := demo.Find(p.Program)
			if err != nil {
				return nil, nil, err
			}
			i := slices.IndexFunc(sources, func(s trace.Source) bool { return s.Name == program.File() })
			if i < 0 {
				i = len(sources)
				sources = append(sources, sourceOf(program))
			}
			p.Proc.File = i + 1
			if program.Needs == demo.Strace {
				p.Proc.Tracer = trace.StraceTracer
			}
		}
		shown = append(shown, p.Proc)
	}
	return shown, sources, nil
}

// sourceOf returns a program's file, and the one that it follows.
func sourceOf(p *demo.Program) trace.Source {
	s := trace.Source{Name: p.File(), Text: p.Source()}
	if before, err := demo.Find(p.Follows); err == nil {
		s.Follows, s.Former = before.File(), before.Source()
	}
	return s
}

// relocate gives each address of the processes a free port, the same wherever that
// address is named. On a shared loopback somebody else may have the tutorial's port.
func relocate(procs []lab.Process) error {
	moved := map[string]string{}
	for i := range procs {
		addr := procs[i].Addr
		if _, ok := moved[addr]; !ok {
			free, err := elsewhere(addr)
			if err != nil {
				return fmt.Errorf("%s: %w", procs[i].Name, err)
			}
			moved[addr] = free
		}
		procs[i].Addr = moved[addr]
	}
	for _, p := range procs {
		for name, value := range p.Args {
			p.Args[name] = along(value, moved)
		}
	}
	return nil
}

// along returns a value that is an address, or has the port of one that was moved, as
// it is after that; any other as it is.
func along(value string, moved map[string]string) string {
	if addr, ok := moved[value]; ok {
		return addr
	}
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		return value
	}
	for from, to := range moved {
		if _, was, err := net.SplitHostPort(from); err == nil && was == port {
			_, now, _ := net.SplitHostPort(to)
			return net.JoinHostPort(host, now)
		}
	}
	return value
}

// elsewhere returns an address like addr that nobody has.
func elsewhere(addr string) (string, error) {
	if name, abstract := strings.CutPrefix(addr, "@"); abstract {
		return fmt.Sprintf("@%s-%016x", name, rand.Uint64()), nil
	}
	return freePort(addr)
}

// freePort returns an address like addr with a port that nobody has, for TCP and for
// UDP. The port is free again for a moment. The kernel hands out others first, so that
// nobody else is likely to get it.
func freePort(addr string) (string, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	for range 20 {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return "", err
		}
		free := l.Addr().String()
		p, err := net.ListenPacket("udp", free)
		l.Close()
		if err == nil {
			p.Close()
			return free, nil
		}
	}
	return "", fmt.Errorf("no port is free at %s", host)
}
