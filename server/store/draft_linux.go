package store

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// nameless returns a new file in root without a name (open(2), O_TMPFILE), nil where the
// file system has none of these.
func nameless(root *os.Root) *os.File {
	file, err := root.OpenFile(".", unix.O_TMPFILE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil
	}
	return file
}

// linkNameless gives such a file a name, which must be free (open(2), the example for
// O_TMPFILE). The name is checked: it is of a file in root, and of none beneath it.
func linkNameless(root *os.Root, file *os.File, name string) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	from := fmt.Sprintf("/proc/self/fd/%d", file.Fd())
	err = unix.Linkat(unix.AT_FDCWD, from, int(dir.Fd()), name, unix.AT_SYMLINK_FOLLOW)
	if err != nil {
		return &os.LinkError{Op: "linkat", Old: from, New: name, Err: err}
	}
	return nil
}
