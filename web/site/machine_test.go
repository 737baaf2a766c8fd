package site

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// bundle is a machine as make tab builds it, as far as the site looks.
func bundle() fstest.MapFS {
	m := fstest.MapFS{"sources/files.list": {Data: []byte("dir /dev 755 0 0\n")}}
	for _, name := range append(machineParts, machineTexts...) {
		m[name] = &fstest.MapFile{Data: []byte("this is " + name)}
	}
	return m
}

// A site offers the machine on each of its pages, and has its files.
func TestMachine(t *testing.T) {
	plain := rendered(t)
	s := &Site{files: map[string]*file{}, pages: append([]page(nil), plain.pages...), built: true}
	for name, f := range plain.files {
		s.files[name] = f
	}
	before := body(t, ask(s, "GET", "/lab/select"))
	if strings.Contains(before, `name="machine"`) {
		t.Error("a site without a machine offers one")
	}
	if err := s.AddMachine(bundle()); err != nil {
		t.Fatal(err)
	}
	html := body(t, ask(s, "GET", "/lab/select"))
	_, after, ok := strings.Cut(html, `<meta name="machine" content="`)
	content, _, _ := strings.Cut(after, `"`)
	place, size, _ := strings.Cut(content, " ")
	if !ok || !strings.HasPrefix(place, "web/tab/") || size != "80" {
		t.Fatalf("the page has the machine at %q, of %q bytes", place, size)
	}
	for name, kind := range map[string]string{"worker.js": "text/javascript", "v86.js": "text/javascript", "state.bin": "application/octet-stream", "licences.txt": "text/plain", "sources/build": "text/plain"} {
		r := ask(s, "GET", "/"+place+name)
		if got := body(t, r); r.StatusCode != 200 || got != "this is "+name || !strings.HasPrefix(r.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d, %q, %q", name, r.StatusCode, got, r.Header.Get("Content-Type"))
		}
	}
	other := bundle()
	other["state.bin"] = &fstest.MapFile{Data: []byte("another")}
	if err := s.AddMachine(other); err != nil {
		t.Fatal(err)
	}
	if again := body(t, ask(s, "GET", "/lab/select")); strings.Contains(again, place) {
		t.Error("another machine is at the same address")
	}
}

func TestMachineThatIsNotWhole(t *testing.T) {
	for _, name := range append(machineParts, machineTexts...) {
		b := bundle()
		delete(b, name)
		s := &Site{files: map[string]*file{}}
		if err := s.AddMachine(b); !errors.Is(err, ErrNoMachine) || !strings.Contains(err.Error(), "make tab") || len(s.files) > 0 {
			t.Errorf("without %s: %v", name, err)
		}
	}
	if b := BuiltMachine(); b != nil {
		if _, err := fs.Stat(b, "worker.js"); err != nil {
			t.Error(err)
		}
	}
}
