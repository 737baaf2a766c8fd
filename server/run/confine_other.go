//go:build !linux

package run

func confineWorkers() []string { return nil }

func confinePrograms() []string {
	return []string{"programs can do what this server's user may: confining them takes Linux"}
}

func confineStraced() []string { return confinePrograms() }

func confineStanding() []string { return confinePrograms() }

func mainThread() bool { return false }
