//go:build !linux

package confine

// Workers are the rules of workers.
func Workers() []string { return nil }

// Programs are the rules of programs.
func Programs() []string {
	return []string{"programs can do what this server's user may: confining them takes Linux"}
}

// Straced are the rules of programs whose calls strace takes.
func Straced() []string { return Programs() }

// Standing are the rules of programs on the host's own network.
func Standing() []string { return Programs() }

func mainThread() bool { return false }
