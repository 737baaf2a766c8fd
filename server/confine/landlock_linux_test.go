package confine

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What serves on the host's own network connects to nobody there.
const connectEnv = "SOCKSCOPE_TEST_CONNECT"

func init() {
	port, _ := strconv.Atoi(os.Getenv(connectEnv))
	if port == 0 {
		return
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	fmt.Println(err)
	os.Exit(0)
}

func TestStandingProgramsConnectToNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	connect := func(by *Launcher) string {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{connectEnv + "=" + port}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := by.Start(cmd); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		return strings.TrimSpace(out.String())
	}
	if got := connect(nil); got != "<nil>" {
		t.Fatalf("unconfined: %s", got)
	}
	by := NewLauncher(Standing)
	defer by.End()
	if len(by.Notes()) > 0 {
		t.Skip(by.Notes())
	}
	if got := connect(by); got != unix.EACCES.Error() {
		t.Errorf("confined: %s", got)
	}
}

// An older Landlock forbids less, and the notes say what.
func TestRulesetOfOlderKernels(t *testing.T) {
	for version, want := range []struct {
		files  uint64
		nets   uint64
		scopes uint64
		says   []string
	}{
		1: {0x1fff, 0, 0, []string{"truncate", "connect", "signal"}},
		2: {0x3fff, 0, 0, []string{"truncate", "connect", "signal"}},
		3: {0x7fff, 0, 0, []string{"connect", "signal"}},
		4: {0x7fff, 2, 0, []string{"signal"}},
		5: {0xffff, 2, 0, []string{"signal"}},
		6: {0xffff, 2, 3, nil},
		9: {0xffff, 2, 3, nil},
	} {
		if want.files == 0 {
			continue
		}
		r, notes := rulesetOf(version, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP)
		if r.Handled_access_fs != want.files || r.Handled_access_net != want.nets || r.Scoped != want.scopes {
			t.Errorf("%d: %+v", version, r)
		}
		says := slices.EqualFunc(notes, want.says, strings.Contains)
		if !says {
			t.Errorf("%d: %q, want %q", version, notes, want.says)
		}
	}
}
