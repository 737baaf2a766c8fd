//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sockscope/relay/bridge"

	"github.com/gorilla/websocket"
	"golang.org/x/sys/unix"
)

// relay is a line of the tables.
type relay struct {
	name        string
	subprotocol string
	path        string
	most        int                             // connections to try, 0 for any number
	serve       func(addr, target string) error // in a process of its own
	command     []string                        // or this, which gets the two addresses too
}

var relays = []relay{
	{name: "sockscope.v1", subprotocol: "sockscope.v1", path: bridge.Prefix + "echo", serve: ours},
	{name: "sockscope", subprotocol: "binary", path: bridge.Prefix + "echo", serve: ours},
	{name: "websockify", subprotocol: "binary", most: 50, command: []string{"websockify"}},
	{name: "node ws", subprotocol: "binary", most: 1000, command: []string{"node", "-e", nodeBridge}},
	{name: "copy", subprotocol: "binary", most: 1000, serve: plain},
}

// peers is the index of the first relay that isn't ours.
const peers = 2

// nodeBridge is the plainest bridge with Node's usual WebSocket library.
//
//go:embed ws.js
var nodeBridge string

// ours is the bridge as package main has it.
func ours(addr, target string) error {
	return http.ListenAndServe(addr, bridge.New(bridge.Config{
		Targets: map[string]bridge.Target{"echo": {Address: target, Loopback: true}},
		Listen:  addr,
		Limits:  bridge.Limits{Sessions: mostIdle + 1},
		Log:     slog.New(slog.DiscardHandler),
	}))
}

// plain copies, and does nothing else. It has no half-close, no RST, and no bounds but
// the kernel's.
func plain(addr, target string) error {
	upgrader := websocket.Upgrader{Subprotocols: []string{"binary"}}
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		tcp, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer tcp.Close()
		go func() {
			defer ws.Close()
			buffer := make([]byte, 32<<10)
			for {
				n, err := tcp.Read(buffer)
				if err != nil || ws.WriteMessage(websocket.BinaryMessage, buffer[:n]) != nil {
					return
				}
			}
		}()
		for {
			_, p, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if _, err := tcp.Write(p); err != nil {
				return
			}
		}
	}))
}

// process is a running relay, with its child processes.
type process struct {
	relay
	addr string
	cmd  *exec.Cmd
	held int
}

func start(r relay, target string) (*process, error) {
	addr, held, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{relay: r, addr: addr, held: held}
	args := []string{"/proc/self/exe", r.name, addr, target}
	if r.command != nil {
		args = append(slices.Clip(r.command), addr, target)
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), "NODE_PATH=.build/npm/node_modules")
	// A process group, so that its children end with it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		unix.Close(held)
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	return p, nil
}

func (p *process) end() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	p.cmd.Wait()
	unix.Close(p.held)
}

// dial opens connections through the relay. It waits until the relay has started.
func (p *process) dial(connections int) (load, error) {
	l := load{relay: p}
	dialer := websocket.Dialer{Subprotocols: []string{p.subprotocol}}
	for limit := time.Now().Add(10 * time.Second); len(l.conns) < connections; {
		ws, _, err := dialer.Dial("ws://"+p.addr+p.path, nil)
		if err != nil && len(l.conns) == 0 && time.Now().Before(limit) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			l.close()
			return l, err
		}
		l.conns = append(l.conns, &conn{ws: ws, credits: p.subprotocol == "sockscope.v1"})
	}
	return l, l.once(64)
}

// pids are those of the relay: its own, and its children's (proc(5)).
func (p *process) pids() []int {
	pids := []int{p.cmd.Process.Pid}
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pids[0]))
	for _, t := range tasks {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pids[0], t.Name()))
		for _, s := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(s); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// processTime returns the relay's processor time, user and system, to the ns. It reads
// the clocks of clock_getcpuclockid(3).
func (p *process) processTime() (sum time.Duration) {
	for _, pid := range p.pids() {
		var t unix.Timespec
		if unix.ClockGettime(int32(^pid<<3|2), &t) == nil {
			sum += time.Duration(t.Nano())
		}
	}
	return sum
}

// memory returns the relay's memory in bytes, as PSS (proc(5), smaps_rollup): a page
// that n processes share counts as an nth.
func (p *process) memory() (sum int) {
	for _, pid := range p.pids() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		_, after, _ := strings.Cut(string(text), "\nPss:")
		if fields := strings.Fields(after); len(fields) > 0 {
			kb, _ := strconv.Atoi(fields[0])
			sum += kb << 10
		}
	}
	return sum
}

// freePort returns a loopback address. Nobody else gets it while fd is open, but a server
// that sets SO_REUSEADDR can bind it, since nobody listens there.
func freePort() (addr string, fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return "", -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return "", -1, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return "", -1, err
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port), fd, nil
}
