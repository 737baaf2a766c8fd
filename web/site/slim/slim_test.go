package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockscope/web/browser"
)

// Before a program begins, its memory is the same, byte for byte, whether the
// linker wrote the table or the start function did.
func TestMemoryIsTheSame(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "linked.wasm"), source)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := run(filepath.Join(dir, "linked.wasm"), filepath.Join(dir, "slim.wasm")); err != nil {
		t.Fatal(err)
	}
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if was, is := size("linked.wasm"), size("slim.wasm"); is > was*95/100 {
		t.Errorf("%d bytes were %d", is, was)
	}

	chromium := browser.Start(t)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("<!doctype html><link rel=icon href='data:,'>"))
			return
		}
		http.ServeFile(w, r, filepath.Join(dir, filepath.Base(r.URL.Path)))
	}))
	defer host.Close()
	tab := chromium.Open(t, host.URL+"/", browser.Desk)
	if got := tab.Await(`(async () => {
		const memory = async name => {
			const module = await WebAssembly.compile(await (await fetch(name)).arrayBuffer());
			const imports = {};
			for (const i of WebAssembly.Module.imports(module)) (imports[i.module] ??= {})[i.name] = () => {};
			return new BigUint64Array((await WebAssembly.instantiate(module, imports)).exports.mem.buffer);
		};
		const [was, is] = [await memory("/linked.wasm"), await memory("/slim.wasm")];
		if (was.length !== is.length) return "sizes " + was.length + " and " + is.length;
		const differs = was.findIndex((v, i) => v !== is[i]);
		return differs < 0 ? "same" : "differs at " + 8 * differs;
	})()`); !strings.Contains(got, "same") {
		t.Errorf("the memory: %s", got)
	}
}

func TestWhatIsNotKnownIsLeft(t *testing.T) {
	for says, module := range map[string]string{
		"no WebAssembly module": "hello",
		"ends too early":        string(magic) + "\x01\x05",
		"no table":              string(magic) + "\x0b\x01\x00",
		"start function":        string(magic) + "\x08\x01\x00",
	} {
		if _, err := slim([]byte(module)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, which does not say %q", module, err, says)
		}
	}
}

func FuzzSlim(f *testing.F) {
	f.Add(append(magic, dataSection, 7, 1, 0, opI32Const, 8, opEnd, 1, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			return
		}
		segments, err := readSegments(m.section(dataSection))
		if err == nil && len(segments) > 0 && segments[len(segments)-1].at < 1<<20 {
			base, image := flatten(segments)
			again, err := readSegments(writeSegments(base, image))
			if err != nil {
				t.Fatal(err)
			}
			// Zeros at the ends need no segment.
			for _, s := range again {
				for i, c := range s.data {
					if image[int(s.at)+i-base] != c {
						t.Fatalf("byte %d differs", int(s.at)+i)
					}
					image[int(s.at)+i-base] = 0
				}
			}
			for i, c := range image {
				if c != 0 {
					t.Fatalf("byte %d is lost", base+i)
				}
			}
		}
		slim(b)
	})
}
