package demo_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sockscope/server/demo/upload"
)

// shelf starts an upload server with a directory of its own.
func shelf(t *testing.T, settings map[string]string) (dir, addr string) {
	t.Helper()
	dir = t.TempDir()
	all := map[string]string{"dir": dir}
	for name, value := range settings {
		all[name] = value
	}
	addr = freePort(t)
	start(t, job{Program: "upload", Addr: addr, Settings: all, Untraced: true}).listening()
	return dir, addr
}

// told reads a line of the server's.
func told(t *testing.T, conn net.Conn) string {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b[0]) {
		if _, err := io.ReadFull(conn, b); err != nil || b[0] == '\n' {
			return string(line)
		}
	}
}

// post sends a file as the protocol has it, and returns what the server says of it.
func post(t *testing.T, addr, name string, data []byte, send int) string {
	t.Helper()
	conn := dial(t, addr)
	fmt.Fprintf(conn, "post|%s|%d", name, len(data))
	if got := told(t, conn); got != "ok" {
		conn.CloseWrite()
		return got
	}
	for rest := data[:send]; len(rest) > 0; {
		n := min(1024, len(rest))
		if _, err := conn.Write(rest[:n]); err != nil {
			t.Error(err)
			return ""
		}
		rest = rest[n:]
	}
	conn.CloseWrite()
	said, err := io.ReadAll(conn)
	if err != nil {
		t.Error(err)
	}
	conn.Close()
	return strings.TrimSuffix(string(said), "\n")
}

func noise(size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size)}).Read(data)
	return data
}

// kept reads all that the directory holds.
func kept(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		data, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		all[e.Name()] = string(data)
	}
	return all
}

func TestUploadKeepsEveryByte(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	dir, addr := shelf(t, nil)
	for _, size := range []int{0, 1, 1023, 1024, 1025, 50_000_000} {
		name, data := fmt.Sprint(size, ".bin"), noise(size)
		want := fmt.Sprintf("kept %s: %d of %d bytes, sha256 %x", name, size, size, sha256.Sum256(data))
		if got := post(t, addr, name, data, size); got != want {
			t.Errorf("%d bytes: %q", size, got)
		}
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes are kept of %d, %v", len(got), size, err)
		}
	}
	if n := len(kept(t, dir)); n != 6 {
		t.Errorf("there are %d files", n)
	}
}

func TestUploadTakesTwoAtOnce(t *testing.T) {
	t.Parallel()
	dir, addr := shelf(t, nil)
	one, two := noise(3_000_000), noise(3_000_001)
	var both sync.WaitGroup
	both.Go(func() { post(t, addr, "one", one, len(one)) })
	both.Go(func() { post(t, addr, "two", two, len(two)) })
	both.Wait()
	if all := kept(t, dir); all["one"] != string(one) || all["two"] != string(two) || len(all) != 2 {
		t.Errorf("%d files, of %d and %d bytes", len(all), len(all["one"]), len(all["two"]))
	}
}

// What is refused, or comes to an early end, is told in a line and leaves nothing.
func TestUploadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir, addr := shelf(t, map[string]string{"most": "5000"})
	if got := post(t, addr, "there", []byte("old"), 3); !strings.HasPrefix(got, "kept") {
		t.Fatal(got)
	}
	outside := filepath.Dir(dir)
	before := fmt.Sprint(kept(t, outside))
	for name, want := range map[string]string{
		"there":      "error: there exists already",
		"../x":       `error: "../x" is no name`,
		"../there":   "is no name",
		"/tmp/x":     "is no name",
		`..\x`:       "is no name",
		"..":         "is no name",
		"a|b":        "error: that is no header; one is post|name|size",
		"big\x01":    "is no name",
		dir + "/abc": "is no name",
	} {
		if got := post(t, addr, name, noise(100), 100); !strings.Contains(got, want) || !strings.HasPrefix(got, "error: ") {
			t.Errorf("%q: %q", name, got)
		}
	}
	if got := post(t, addr, "big", noise(5001), 0); got != "error: big has 5001 bytes, and a file may have 5000 here" {
		t.Errorf("too big: %q", got)
	}
	if got := post(t, addr, "cut", noise(2000), 1500); got != "error: cut is short: 1500 of 2000 bytes came, and none are kept" {
		t.Errorf("cut midway: %q", got)
	}
	for _, header := range []string{"post", "post|x", "get|x|1", "post|x|one", "post|x|-1", "post|x|99999999999999999999", "post|x|1.5", "|||", "post|x|1Hello"} {
		conn := dial(t, addr)
		io.WriteString(conn, header)
		if got := told(t, conn); !strings.HasPrefix(got, "error: that is no header") {
			t.Errorf("%q is answered with %q", header, got)
		}
	}
	if all := kept(t, dir); len(all) != 1 || all["there"] != "old" {
		t.Errorf("there is %q", all)
	}
	if after := fmt.Sprint(kept(t, outside)); after != before {
		t.Errorf("outside there is %q", after)
	}
}

// One that breaks off in the middle leaves nothing, not for a moment, and so does one
// that is silent; others are served.
func TestUploadOutlivesClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	dir, addr := shelf(t, map[string]string{"silence": "200ms"})
	broken, silent := dial(t, addr), dial(t, addr)
	for _, conn := range []*net.TCPConn{broken, silent} {
		io.WriteString(conn, "post|x|5000")
		if got := told(t, conn); got != "ok" {
			t.Fatal(got)
		}
		conn.Write(noise(1500))
	}
	if all := kept(t, dir); len(all) > 0 {
		t.Errorf("on its way there is %q", all)
	}
	broken.SetLinger(0)
	broken.Close()
	if got := told(t, silent); !strings.Contains(got, "1500 of 5000") {
		t.Errorf("a silent client is told %q", got)
	}
	if got := post(t, addr, "x", noise(5000), 5000); !strings.HasPrefix(got, "kept x") {
		t.Errorf("after them: %q", got)
	}
	if all := kept(t, dir); len(all) != 1 {
		t.Errorf("there is %q", all)
	}
}

// Without waiting for the answer, header and file are one stream. A newline shows where
// the header ends; without one the server takes it all for a header.
func TestUploadOfWhatSticks(t *testing.T) {
	t.Parallel()
	dir, addr := shelf(t, map[string]string{"pause": "50ms"})
	for sent, want := range map[string]string{
		"post|a|5Hello":            "error: that is no header",
		"post|b|5\nHello":          "ok\nkept b: 5 of 5 bytes",
		"post|c|1234":              "ok\nerror: c is short: 0 of 1234 bytes",
		"post|d|5\nHellopost|e|0":  "ok\nerror: d is too long",
		"post|f|5\r\nHello":        "ok\nkept f: 5 of 5 bytes",
		"":                         "",
		strings.Repeat("x", 10000): "error: that is no header",
	} {
		conn := dial(t, addr)
		io.WriteString(conn, sent)
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%.20q is answered with %q, %v", sent, got, err)
		}
	}
	if all := kept(t, dir); len(all) != 2 || all["b"] != "Hello" || all["f"] != "Hello" {
		t.Errorf("there is %q", all)
	}
}

// One connection carries several files, each behind a header of its own.
func TestUploadOfSeveral(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	dir, addr := shelf(t, nil)
	conn := dial(t, addr)
	for _, name := range []string{"a", "b"} {
		fmt.Fprintf(conn, "post|%s|3", name)
		if got := told(t, conn); got != "ok" {
			t.Fatalf("%s: %q", name, got)
		}
		io.WriteString(conn, strings.Repeat(name, 3))
	}
	conn.CloseWrite()
	if got, _ := io.ReadAll(conn); strings.Count(string(got), "kept") != 2 || len(kept(t, dir)) != 2 {
		t.Errorf("it says %q", got)
	}
}

// Whatever stands in a header, it is one with three parts or none.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{"post|a|1", "post|a|1\r\n", "post||", "get|a|1", "post|a|b|1", "post|a|-1", "post|a|9223372036854775808", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, size := upload.Header(text)
		if size == -1 && name == "" {
			return
		}
		parts := strings.Split(strings.TrimSpace(text), "|")
		if len(parts) != 3 || parts[0] != "post" || parts[1] != name {
			t.Errorf("%q is taken for %q, %d", text, name, size)
		}
		if again, n := upload.Header(fmt.Sprintf("post|%s|%d", name, size)); again != name || n != size {
			t.Errorf("%q, %d is read back as %q, %d", name, size, again, n)
		}
	})
}
