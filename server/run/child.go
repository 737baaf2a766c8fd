package run

import (
	"os"

	"sockscope/server/confine"
	"sockscope/server/process"
)

// workerRole is what the process of a worker is started as.
const workerRole = "worker"

// Child has to be called first in main. In a process that was started as a worker or a
// program, or by one, it does that and never returns. In any other it does nothing.
func Child() {
	process.Child(map[string]func() error{
		workerRole:  func() error { return workerMain(os.Stdin, os.Stdout) },
		nurseryRole: nurseryMain,
		apartRole: func() error {
			confine.SmallTables() // without them reading a table takes longer
			return nurseryMain()
		},
	})
}
