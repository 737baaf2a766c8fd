package store

import (
	"crypto/rand"
	"os"
)

// draft is a file that isn't whole yet. It has a name that Create gives to none, or
// where the system can do it, none at all: then it is gone with this process.
type draft struct {
	root *os.Root
	file *os.File
	path string // "" without a name
}

func newDraft(root *os.Root) (*draft, error) {
	if file := nameless(root); file != nil {
		return &draft{root, file, ""}, nil
	}
	path := ".upload-" + rand.Text()
	file, err := root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	return &draft{root, file, path}, err
}

// name gives the file a name, which must be free.
func (d *draft) name(name string) error {
	if d.path == "" {
		return linkNameless(d.root, d.file, name)
	}
	return d.root.Link(d.path, name)
}

// end closes the file. What it isn't called by then is gone.
func (d *draft) end() {
	d.file.Close()
	if d.path != "" {
		d.root.Remove(d.path)
	}
}
