// Package store keeps files that clients send, in one directory, or counts them and
// keeps none.
//
// What it says of a file is for the client: it names nothing of this machine but the
// file. What it does to files is in no trace: a trace has the calls about sockets.
package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Store is where files are kept.
type Store struct {
	root *os.Root // nil keeps none
	most int64
}

// Open returns a Store of the directory, for files of at most most bytes each. With ""
// for a directory it keeps none.
func Open(dir string, most int64) (*Store, error) {
	s := &Store{most: most}
	if dir == "" {
		return s, nil
	}
	var err error
	s.root, err = os.OpenRoot(dir)
	return s, err
}

// A File is on its way. Others see it once it is whole.
type File struct {
	name      string
	size, got int64
	long      bool // more bytes came than it has
	sum       hash.Hash
	draft     *draft // nil where it isn't kept
	err       error  // the first one of the disk
}

// Create begins a file of size bytes, which is negative where nobody said how many. One
// of that name must not exist, now or when it is whole.
func (s *Store) Create(name string, size int64) (*File, error) {
	if size < 0 {
		return nil, errors.New("that is no header; one is post|name|size, with the size in bytes")
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if size > s.most {
		return nil, fmt.Errorf("%s has %d bytes, and a file may have %d here", name, size, s.most)
	}
	f := &File{name: name, size: size, sum: sha256.New()}
	if s.root == nil {
		return f, nil
	}
	if _, err := s.root.Lstat(name); err == nil {
		return nil, exists(name)
	}
	var err error
	if f.draft, err = newDraft(s.root); err != nil {
		return nil, fmt.Errorf("%s can't be kept: %w", name, plain(err))
	}
	return f, nil
}

// maxName is how long a file's name may be, in bytes, on most file systems.
const maxName = 255

// checkName returns an error for what is no name of a file in a directory.
func checkName(name string) error {
	bad := func(r rune) bool { return r == '/' || r == '\\' || !unicode.IsPrint(r) }
	switch {
	case len(name) > maxName:
		return fmt.Errorf("the name has %d bytes, and may have %d", len(name), maxName)
	case name == "" || name[0] == '.' || !utf8.ValidString(name) || strings.ContainsFunc(name, bad):
		return fmt.Errorf("%q is no name for a file here: it takes printable text without slashes, that begins with no dot", name)
	}
	return nil
}

// Left returns how many bytes of the file have not come.
func (f *File) Left() int { return int(f.size - f.got) }

// Write takes bytes of the file, as they come, and returns how many are left. What is
// wrong with them End tells.
func (f *File) Write(data []byte) (left int) {
	if len(data) > f.Left() {
		data = data[:f.Left()]
		f.long = true
	}
	f.got += int64(len(data))
	f.sum.Write(data)
	if f.draft != nil && f.err == nil {
		_, f.err = f.draft.file.Write(data)
	}
	return f.Left()
}

// End says in a line what became of the file. A whole one is kept, and of another
// nothing is.
func (f *File) End() string {
	switch {
	case f.got < f.size:
		f.err = fmt.Errorf("%s is short: %d of %d bytes came, and none are kept", f.name, f.got, f.size)
	case f.long:
		f.err = fmt.Errorf("%s is too long: bytes came behind its %d, and none are kept", f.name, f.size)
	case f.err != nil:
		f.err = fmt.Errorf("%s can't be kept: %w", f.name, plain(f.err))
	}
	said := "counted"
	if f.draft != nil {
		if said = "kept"; f.err == nil {
			f.err = f.keep()
		}
		f.draft.end()
	}
	if f.err != nil {
		return "error: " + f.err.Error()
	}
	return fmt.Sprintf("%s %s: %d of %d bytes, sha256 %x", said, f.name, f.got, f.size, f.sum.Sum(nil))
}

// keep gives a whole file its name.
func (f *File) keep() error {
	err := f.draft.name(f.name)
	switch {
	case errors.Is(err, fs.ErrExist):
		return exists(f.name)
	case err != nil:
		return fmt.Errorf("%s can't be kept: %w", f.name, plain(err))
	}
	return nil
}

func exists(name string) error { return fmt.Errorf("%s exists already", name) }

// plain returns what an error says without the path in it.
func plain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
