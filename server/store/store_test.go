package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names returns what is in a directory, whatever it is called.
func names(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestAWholeFileIsKept(t *testing.T) {
	for _, size := range []int{0, 1, 1023, 1024, 1025, 1 << 20} {
		dir := t.TempDir()
		s, err := Open(dir, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		data := bytes.Repeat([]byte("x"), size)
		f, err := s.Create("a b.txt", int64(size))
		if err != nil {
			t.Fatal(err)
		}
		for rest := data; f.Left() > 0; {
			if got := names(t, dir); strings.Contains(got, "a b.txt") {
				t.Fatalf("before it is whole there is %q", got)
			}
			n := min(1000, f.Left())
			f.Write(rest[:n])
			rest = rest[n:]
		}
		want := fmt.Sprintf("kept a b.txt: %d of %d bytes, sha256 %x", size, size, sha256.Sum256(data))
		if got := f.End(); got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
		if kept, err := os.ReadFile(filepath.Join(dir, "a b.txt")); err != nil || !bytes.Equal(kept, data) || names(t, dir) != "a b.txt" {
			t.Errorf("%d bytes are kept of %d, %v; there is %q", len(kept), size, err, names(t, dir))
		}
	}
}

// Of a file that isn't whole nothing is left, with a name or without.
func TestAShortFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Create("x", 5)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("abc"))
	if got := f.End(); got != "error: x is short: 3 of 5 bytes came, and none are kept" {
		t.Errorf("it says %q", got)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("there is %q", got)
	}
}

// A file system may have no nameless files: then the draft has a name of its own, and
// takes the other one as safely.
func TestADraftWithAName(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"kept", "exists already"} {
		file, err := root.OpenFile(".upload-1", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		f := &File{name: "x", sum: sha256.New(), draft: &draft{root, file, ".upload-1"}}
		if got := f.End(); !strings.Contains(got, want) || names(t, dir) != "x" {
			t.Errorf("it says %q, and there is %q", got, names(t, dir))
		}
	}
}

// A name leads to no place but its directory, and to no file that there is.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(dir, "there"), []byte("old"), 0o644)
	os.Symlink(outside, filepath.Join(dir, "link"))
	os.Symlink(outside+"2", filepath.Join(dir, "dangling"))
	os.Mkdir(filepath.Join(dir, "dir"), 0o755)
	before := names(t, dir)
	s, err := Open(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"": "no name", ".": "no name", "..": "no name", "../x": "no name", "/etc/passwd": "no name", "a/b": "no name", "dir/x": "no name",
		`..\x`: "no name", ".hidden": "no name", "a\nb": "no name", "a\x00b": "no name", "\xff": "no name", "a\u202eb": "no name",
		strings.Repeat("x", 256): "255",
		"there":                  "exists already", "link": "exists already", "dangling": "exists already", "dir": "exists already",
	} {
		if _, err := s.Create(name, 1); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Create("big", 101); err == nil || !strings.Contains(err.Error(), "100") {
		t.Errorf("too big: %v", err)
	}
	// Of two on their way with one name the first to be whole has it.
	a, _ := s.Create("x", 1)
	b, _ := s.Create("x", 1)
	a.Write([]byte("a"))
	b.Write([]byte("b"))
	if got := b.End(); !strings.HasPrefix(got, "kept") {
		t.Errorf("the first says %q", got)
	}
	if got := a.End(); got != "error: x exists already" {
		t.Errorf("the second says %q", got)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "x")); string(text) != "b" {
		t.Errorf("kept is %q", text)
	}
	if text, _ := os.ReadFile(outside); string(text) != "secret" {
		t.Errorf("outside is %q", text)
	}
	os.Remove(filepath.Join(dir, "x"))
	if got := names(t, dir); got != before {
		t.Errorf("there is %q, not %q", got, before)
	}
}

// Without a directory, files are counted.
func TestNoDirectory(t *testing.T) {
	s, err := Open("", 10)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Create("x", 1)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("a"))
	if got, want := f.End(), fmt.Sprintf("counted x: 1 of 1 bytes, sha256 %x", sha256.Sum256([]byte("a"))); got != want {
		t.Errorf("it says %q, not %q", got, want)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), 1); err == nil {
		t.Error("a directory that isn't there is opened")
	}
}

// Whatever a file is called, it is in the directory or nowhere.
func FuzzCreate(f *testing.F) {
	for _, name := range []string{"a", "..", "../a", "a/../../b", "\x00", ".a", "a|b"} {
		f.Add(name)
	}
	dir := f.TempDir()
	s, err := Open(filepath.Join(dir), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		file, err := s.Create(name, 0)
		if err != nil {
			return
		}
		if got := file.End(); !strings.HasPrefix(got, "kept ") {
			t.Fatalf("%q: %s", name, got)
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if got := names(t, dir); got != "" {
			t.Fatalf("%q leaves %q", name, got)
		}
	})
}
