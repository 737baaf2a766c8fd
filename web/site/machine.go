package site

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sync"
)

// machinePlace is where the machine for a tab is. Its version is in its address, so that
// a page never mixes two.
const machinePlace = "web/tab/"

// What a page loads of a machine, and what has to be beside it.
var (
	machineParts = []string{"worker.js", "v86.js", "v86.bin", "state.bin", "made.json"}
	machineTexts = []string{"licences.txt", "sources/config.txt", "sources/build"}
)

// machineMark is what tells a page of the machine.
var machineMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\n<meta name="machine"[^>]*>`) })

// ErrNoMachine is wrapped by the errors of AddMachine about a bundle that isn't whole.
var ErrNoMachine = errors.New("there is no machine for a tab: make tab builds it")

// BuiltMachine returns the machine that this binary was built with, nil for none.
func BuiltMachine() fs.FS {
	bundle, err := fs.Sub(built, "built/tab")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(bundle, machineParts[0]); err != nil {
		return nil
	}
	return bundle
}

// AddMachine has the pages offer the Linux that a tab can run, from a bundle of make tab.
// It is called before the first request.
func (s *Site) AddMachine(bundle fs.FS) error {
	size := 0
	var all bytes.Buffer
	for i, name := range append(machineParts[:len(machineParts):len(machineParts)], machineTexts...) {
		data, err := fs.ReadFile(bundle, name)
		if err != nil {
			return fmt.Errorf("%w (%v)", ErrNoMachine, err)
		}
		if i < len(machineParts) {
			size += len(data)
			all.Write(data)
		}
	}
	place := machinePlace + hash(all.Bytes()) + "/"
	err := fs.WalkDir(bundle, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(bundle, name)
		if err != nil {
			return err
		}
		f := newFile(name, data)
		if path.Dir(name) == "sources" {
			f.contentType = contentTypes[".txt"]
		}
		s.files["/"+place+name] = f
		return nil
	})
	if err != nil {
		return err
	}
	mark := fmt.Appendf(nil, `<meta name="machine" content="%s %d">`, place, size)
	for i := range s.pages {
		p := &s.pages[i]
		p.html = bytes.Replace(machineMark().ReplaceAll(p.html, nil), []byte("<head>"), append([]byte("<head>\n"), mark...), 1)
		s.files[p.path] = s.pageFile(p)
	}
	return nil
}
