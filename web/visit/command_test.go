package visit

import (
	"strings"
	"testing"
)

func TestEveryKeyIsExplained(t *testing.T) {
	all := ""
	for _, e := range Keys {
		all += " " + e.Keys
	}
	for _, b := range bindings {
		name := map[string]string{" ": "Space", "ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓"}[b.key]
		if name == "" {
			name = b.key
		}
		if !strings.Contains(strings.ToLower(all), strings.ToLower(name)) {
			t.Errorf("%q does something and is not explained", b.key)
		}
	}
	for key, want := range map[string]Command{"R": StartRun, "r": StartRun, "w": NextWake, "?": AllKeys, "q": None, "Tab": None} {
		if got := CommandOf(key, false); got != want {
			t.Errorf("%s does command %d, want %d", key, got, want)
		}
	}
	if CommandOf("W", true) != LastWake || CommandOf("ArrowRight", true) != TenOn {
		t.Error("shift makes no difference")
	}
}
