package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// flagsOf returns the arguments in a line of one of the hosting files, "" for
// where it begins.
func flagsOf(t *testing.T, file, key string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("hosting", file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), key); ok {
			return strings.Fields(strings.NewReplacer(`"`, "", ",", "", "[", "", "]", "").Replace(rest))[1:]
		}
	}
	t.Fatalf("%s has no line %s", file, key)
	return nil
}

// What the hosting files give to the relay are flags of its own.
func TestHostingFilesStartTheRelay(t *testing.T) {
	for file, key := range map[string]string{"sockscope.service": "ExecStart=", "Containerfile": "ENTRYPOINT "} {
		args := flagsOf(t, file, key)
		if _, err := parse(args, io.Discard); err != nil || len(args) == 0 {
			t.Errorf("%s: %q: %v", file, args, err)
		}
	}
}

// systemd understands every line of the unit, and finds it well confined.
func TestUnitOfSystemd(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze")
	}
	text, err := os.ReadFile("hosting/sockscope.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "sockscope.service")
	here := strings.ReplaceAll(string(text), "/usr/local/bin/relay", os.Args[0])
	if err := os.WriteFile(unit, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// 0 is nothing exposed, 10 all; a service that says nothing has 9.6. What is
	// left is what runs take: namespaces, the network, /proc.
	out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=30", unit).CombinedOutput()
	if err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}
