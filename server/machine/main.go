//go:build linux

// Command machine is the first process of a machine in a browser's tab, and the only file
// there: the native server, and what a system has around it. Its console is the page's.
// See package console, and web/machine for how such a machine is made.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/server/confine"
	"sockscope/server/console"
	"sockscope/server/run"
)

// line is the virtio console, which the page has the other end of.
const line = "/dev/hvc0"

// settle is within what time the server has done what it does when it starts: it keeps a
// worker and its processes ready for the first run.
const settle = 5 * time.Second

func main() {
	run.Child()
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "machine: this is the first process of a machine in a tab, and of use nowhere else")
		os.Exit(2)
	}
	err := boot()
	// What the first process prints last is all that tells why a machine isn't there.
	fmt.Println("machine:", err)
	select {} // the kernel panics when it ends
}

// boot starts the server, and then serves the console for good.
func boot() error {
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return os.NewSyscallError("mount /proc", err)
	}
	if err := confine.Furnish(); err != nil {
		return err
	}
	server, err := run.Start(run.Config{
		Emulated: true, Warm: 1, Viewers: 300,
		Logger: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	fmt.Println("machine: runs are isolated by:", server.Isolation())
	tty, err := raw(line)
	if err != nil {
		return err
	}
	time.Sleep(settle)
	if err := sweep(); err != nil {
		return err
	}
	fmt.Println("machine: ready")
	addr := server.Addrs()["lab"]
	return errors.Join(errors.New("the console ended"), console.Serve(tty, func() (net.Conn, error) { return net.Dial("tcp", addr) }, set))
}

// sweep has the kernel write zeros over the memory that nobody uses: a snapshot leaves out
// what is zero.
func sweep() error {
	var have unix.Sysinfo_t
	if err := unix.Sysinfo(&have); err != nil {
		return os.NewSyscallError("sysinfo", err)
	}
	const spared = 4 << 20 // the kernel keeps about so much for itself
	free, err := unix.Mmap(-1, 0, int(have.Freeram)-spared, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	return os.NewSyscallError("munmap", unix.Munmap(free))
}

// raw opens a terminal that changes no byte.
func raw(name string) (io.ReadWriter, error) {
	tty, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	fd := int(tty.Fd())
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, os.NewSyscallError("ioctl TCGETS", err)
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return tty, os.NewSyscallError("ioctl TCSETS", unix.IoctlSetTermios(fd, unix.TCSETS, t))
}

// set sets the clock, and has the kernel begin its random numbers anew (random(4)): every
// page's machine goes on from the same snapshot. It prints what came of it.
func set(s console.Setting) {
	now := unix.NsecToTimespec(s.Now.UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		fmt.Println("machine: clock_settime:", err)
	}
	random, err := os.OpenFile("/dev/urandom", os.O_RDWR, 0)
	if err != nil {
		fmt.Println("machine:", err)
		return
	}
	defer random.Close()
	random.Write(s.Seed[:])
	if err := unix.IoctlSetInt(int(random.Fd()), unix.RNDRESEEDCRNG, 0); err != nil {
		fmt.Println("machine: ioctl RNDRESEEDCRNG:", err)
	}
	var drawn [8]byte
	random.Read(drawn[:])
	fmt.Printf("machine: it is %s, random bytes are %x\n", time.Now().UTC().Format(time.RFC3339Nano), drawn)
}
