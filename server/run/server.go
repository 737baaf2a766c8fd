package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sockscope/server/confine"
	"sockscope/server/process"
	"sockscope/server/socket"
	"sockscope/server/trace"
)

// Config says where a Server listens and what it allows. A field that is zero
// takes its default.
type Config struct {
	Control   string // address of the control port; 127.0.0.1:7000
	Echo      string // address of the standing blocking echo; 127.0.0.1:9999
	Mux       string // address of the standing select echo; 127.0.0.1:10001
	Byteorder string // address of the standing byte order server; 127.0.0.1:20000

	Limits Limits // of one run; of a standing program the memory

	// Watch says whether viewers may watch the standing servers. A viewer who
	// watches sees the bytes of all clients.
	Watch Watch

	// Foreign shows the trace of a program of anybody's to viewers that ask to watch
	// trace.LogLab, until ctx is done or write fails. It may be nil.
	Foreign func(ctx context.Context, write func(frame []byte) error) error

	Runs         int           // runs at a time whose clients are programs, which mostly sleep; 4 for each processor, 16 at most
	Agents       int           // runs at a time with a learner as their client; 32
	Most         int           // idle connections of a run that measures; MostHere, or MostHosted when Control is no loopback address; a negative one switches measuring off
	Viewers      int           // connections to the control port at a time; 256
	Warm         int           // workers that are kept ready; 2
	WriteTimeout time.Duration // after which a viewer that takes nothing is given up; 10 s

	// Emulated says that this machine is a program in somebody's browser. Traces say so.
	// Nobody else can connect to it, so that it has no standing servers.
	Emulated bool

	// Shared has runs use the host's loopback, also where each could have a network
	// namespace.
	Shared bool

	Logger *slog.Logger // nil logs nothing
}

// Watch is a permission. It is a flag.Value of the boolean kind.
type Watch uint8

const (
	WatchHere Watch = iota // as long as the control port is at a loopback address
	WatchAlways
	WatchNever
)

// IsBoolFlag lets -watch stand for -watch=true.
func (w *Watch) IsBoolFlag() bool { return true }

func (w *Watch) String() string { return [...]string{"", "true", "false"}[*w%3] }

// Set takes what stands behind -watch=.
func (w *Watch) Set(s string) error {
	yes, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("true or false is wanted")
	}
	*w = WatchNever
	if yes {
		*w = WatchAlways
	}
	return nil
}

// Loopback reports whether only this machine can connect to where l listens.
func Loopback(l net.Listener) bool {
	tcp, ok := l.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// clock is what traces say of this machine's clock.
func (c *Config) clock() string {
	if c.Emulated {
		return trace.EmulatedClock
	}
	return ""
}

func (c Config) withDefaults() Config {
	setDefault(&c.Control, trace.DefaultControl)
	setDefault(&c.Echo, trace.DefaultEcho)
	setDefault(&c.Mux, trace.DefaultMux)
	setDefault(&c.Byteorder, trace.DefaultByteorder)
	setDefault(&c.Runs, min(4*runtime.GOMAXPROCS(0), 16))
	setDefault(&c.Agents, 32)
	setDefault(&c.Viewers, 256)
	setDefault(&c.Warm, 2)
	setDefault(&c.WriteTimeout, 10*time.Second)
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Server is a running native server: the control port, the standing programs,
// and the workers.
type Server struct {
	cfg      Config
	ctx      context.Context
	cancel   context.CancelFunc
	wait     sync.WaitGroup
	control  net.Listener
	pool     *pool
	standing []*standing
	keeper   *confine.Launcher        // of the standing programs
	watched  bool                     // the standing servers may be
	cannot   func() map[string]string // why a lab can't run here, by its ID
	programs *gate
	agents   *gate
	measures *gate // one at a time: two would measure one another
	addrs    map[string]string
	notes    []string // see Notes
	tally    tally
}

// Start starts a Server and returns when all of it listens. An error is one line that
// names what is missing: a port that is in use, for example.
func Start(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, programs: newGate(cfg.Runs), agents: newGate(cfg.Agents), measures: newGate(1), addrs: map[string]string{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.start(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	var err error
	if s.control, err = net.Listen("tcp", s.cfg.Control); err != nil {
		return listenError("control", s.cfg.Control, err)
	}
	if Loopback(s.control) {
		setDefault(&s.cfg.Most, MostHere)
	}
	setDefault(&s.cfg.Most, MostHosted)
	s.watched = !s.cfg.Emulated && (s.cfg.Watch == WatchAlways || s.cfg.Watch == WatchHere && Loopback(s.control))
	s.addrs["lab"] = s.control.Addr().String()
	s.keeper = confine.NewLauncher(confine.Standing)
	// A tutorial's backlog of 5 is for a lab. Of more clients at once the kernel
	// would reset some that send twice before they are accepted (SYN cookies).
	backlog := strconv.Itoa(socket.SOMAXCONN)
	type place struct {
		name, addr, program string
		args                map[string]string
	}
	places := []place{
		{"echo", s.cfg.Echo, "echo", map[string]string{"backlog": backlog}},
		{"mux", s.cfg.Mux, "select", map[string]string{"backlog": backlog, "timeout": "0s"}}, // never times out
		{"byteorder", s.cfg.Byteorder, "byteorder", map[string]string{"backlog": backlog}},
	}
	if s.cfg.Emulated {
		places = nil
	}
	for _, p := range places {
		st, err := stand(s.keeper, p.name, process.Job{Program: p.program, Addr: p.addr, Args: p.args}, s.cfg.Limits, s.watched, s.cfg.Logger)
		if err != nil {
			return err
		}
		s.standing = append(s.standing, st)
		s.addrs[p.name] = st.addr
	}
	ways := confine.Sandboxes()
	if s.cfg.Shared {
		ways = []confine.Sandbox{confine.Shared}
	}
	if s.pool, err = newPool(ways, s.cfg.Warm, s.cfg.Limits, s.cfg.clock(), s.cfg.Logger); err != nil {
		return err
	}
	s.cannot = sync.OnceValue(func() map[string]string { return s.cfg.cannot(s.pool.box) })
	s.wait.Go(func() { s.cannot() }) // to be known when the first viewer comes
	s.note()
	s.wait.Go(s.accept)
	return nil
}

// listenError says in one line why name cannot listen at addr.
func listenError(name, addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return errInUse(name, addr)
	}
	return fmt.Errorf("%s: cannot listen at %s: %w", name, addr, err)
}

func errInUse(name, addr string) error {
	return fmt.Errorf("%s: %s is %w: end what uses it, or choose another address with -%s", name, addr, errTaken, name)
}

// Addrs returns where the server listens, by target: lab, echo, mux, byteorder.
func (s *Server) Addrs() map[string]string { return maps.Clone(s.addrs) }

// Cannot says why a lab can't run here, a sentence; "" when it can.
func (s *Server) Cannot(id string) string { return s.cannot()[id] }

// Isolation tells how runs are set apart: trace.Namespace or trace.Shared.
func (s *Server) Isolation() string { return s.pool.box.Isolation }

// Close ends the server and everything that it started, and returns when all
// of it is gone.
func (s *Server) Close() error {
	s.cancel()
	if s.control != nil {
		s.control.Close()
	}
	s.wait.Wait()
	if s.pool != nil {
		s.pool.end()
	}
	for _, st := range s.standing {
		st.end()
	}
	if s.keeper != nil {
		s.keeper.End()
	}
	return nil
}

// accept serves viewers until the server is closed.
func (s *Server) accept() {
	seats := make(chan struct{}, s.cfg.Viewers)
	for {
		conn, err := s.control.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of fds, perhaps: others will be closed
			s.cfg.Logger.Error("accept", "err", err)
			select {
			case <-time.After(100 * time.Millisecond):
			case <-s.ctx.Done():
			}
			continue
		}
		select {
		case seats <- struct{}{}:
			s.wait.Go(func() {
				defer func() { <-seats }()
				s.tally.viewers.Add(1)
				defer s.tally.viewers.Add(-1)
				s.serve(conn)
			})
		default:
			s.wait.Go(func() { s.turnAway(conn) })
		}
	}
}

// turnAway tells a viewer that there is no room, and closes.
func (s *Server) turnAway(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	trace.WriteFrame(conn, trace.Message{Error: &trace.Error{
		Text: fmt.Sprintf("the server has its %d viewers and takes no more: come back later", s.cfg.Viewers),
	}})
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, io.LimitReader(conn, trace.MaxRequest)) // a close with unread bytes would reset
}
