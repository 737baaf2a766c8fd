package run

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"sockscope/server/demo"
)

// leashEnv says in the environment of a program's children that they are to end
// with whoever started the program, as the program itself.
const leashEnv = "SOCKSCOPE_LEASHED"

// childEnv says in a process's environment what it was started as.
const childEnv = "SOCKSCOPE_CHILD"

const (
	childWorker  = "worker"
	childProgram = "program"
)

func init() {
	// A program's first thread is to be the process's first thread, which only
	// an init function is sure to run on.
	if os.Getenv(childEnv) == childProgram {
		runtime.LockOSThread()
	}
}

// Child has to be called first in main. In a process that was started as a
// worker or a program, or by one, it does that and never returns; in any other
// it does nothing.
func Child() {
	if os.Getenv(leashEnv) != "" {
		go leash()
	}
	demo.Forked()
	role := os.Getenv(childEnv)
	os.Unsetenv(childEnv) // not inherited by what this process starts
	var err error
	switch role {
	case "":
		return
	case childWorker:
		err = workerMain(os.Stdin, os.Stdout)
	case childProgram:
		err = programMain()
	default:
		err = fmt.Errorf("%s=%q is neither %s nor %s", childEnv, role, childWorker, childProgram)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child returns the command that runs this executable again as something else.
// args are for people who read a list of processes.
func child(role string, args ...string) *exec.Cmd {
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
		// Otherwise the runtime keeps two files of its cgroup open, and the
		// first socket of a program isn't fd 3. Package net listens with plain TCP,
		// as every other program: MPTCP is its default (go.dev/issue/56539).
		"GODEBUG=containermaxprocs=0,multipathtcp=0",
		"GOMAXPROCS=2",
		"GOTRACEBACK=single",
	}
	if role == childWorker {
		cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH")) // to find strace
	}
	return cmd
}
