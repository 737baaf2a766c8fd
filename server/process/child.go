package process

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"sockscope/server/demo"
)

// leashEnv says in the environment of a program's children that they end with whoever
// started the program.
const leashEnv = "SOCKSCOPE_LEASHED"

// childEnv says in a process's environment what it was started as.
const childEnv = "SOCKSCOPE_CHILD"

// programRole is what childEnv says of a process that Spawn started.
const programRole = "program"

func init() {
	// Only an init function is sure to run on the process's first thread, which
	// becomes the program's first.
	if os.Getenv(childEnv) == programRole {
		runtime.LockOSThread()
	}
}

// Child has to be called first in main. In a process that [Spawn] started, or its
// program made, and in one that [Command] started for one of the roles, it does that and
// never returns. In any other it does nothing.
func Child(roles map[string]func() error) {
	if os.Getenv(leashEnv) != "" {
		go leash()
	}
	demo.Forked()
	role := os.Getenv(childEnv)
	os.Unsetenv(childEnv) // not inherited by what this process starts
	if role == "" {
		return
	}
	work := roles[role]
	if role == programRole {
		work = programMain
	}
	if work == nil {
		work = func() error { return fmt.Errorf("%s=%q is no role of a process", childEnv, role) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Command returns the command that runs this executable again in a role; see [Child].
// People who read a list of processes see args.
func Command(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	if runtime.GOOS != "linux" {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		cmd = exec.Command(self)
	}
	cmd.Args = append([]string{"server"}, args...)
	cmd.Env = []string{
		childEnv + "=" + role,
		"PATH=" + os.Getenv("PATH"), // to find strace
		// Otherwise the runtime keeps two files of its cgroup open, and the
		// first socket of a program isn't fd 3. Package net listens with plain TCP,
		// as every other program: MPTCP is its default (go.dev/issue/56539).
		"GODEBUG=containermaxprocs=0,multipathtcp=0",
		"GOMAXPROCS=2",
		"GOTRACEBACK=single",
	}
	return cmd
}
