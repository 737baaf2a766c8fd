package web

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

// forbidden is what the site's content security policy would refuse.
var forbidden = regexp.MustCompile(`(?i)\sstyle=|<script|<style|\son[a-z]+=|javascript:`)

func TestPagesKeepToThePolicy(t *testing.T) {
	pages := map[string]app.Composer{"/": new(homePage)}
	for _, l := range append(slices.Clone(lab.All), lab.Standing...) {
		pages[labPath(l)] = &labPage{ID: l.ID}
	}
	for path, page := range pages {
		engine := app.NewTestEngine()
		if err := engine.Load(page); err != nil {
			t.Fatal(err)
		}
		engine.ConsumeAll()
		html := app.HTMLString(page)
		if m := forbidden.FindString(html); m != "" {
			t.Errorf("%s has %q", path, m)
		}
		if !strings.Contains(html, "<h1>") {
			t.Errorf("%s has no heading", path)
		}
	}
}

// Before a run a page has what its lab says, and all of its knobs.
func TestALabsPageTellsItsLab(t *testing.T) {
	for _, l := range lab.All {
		page := &labPage{ID: l.ID}
		engine := app.NewTestEngine()
		if err := engine.Load(page); err != nil {
			t.Fatal(err)
		}
		engine.ConsumeAll()
		html := app.HTMLString(page)
		for _, k := range l.Knobs {
			if strings.Contains(html, `name="`+k.Name+`"`) == k.Quiet {
				t.Errorf("%s: knob %s is not there", l.ID, k.Name)
			}
		}
		page.all = true
		html = app.HTMLString(page.question())
		for _, k := range l.Knobs {
			if !strings.Contains(html, `name="`+k.Name) {
				t.Errorf("%s: knob %s is not there under more", l.ID, k.Name)
			}
		}
		html = app.HTMLString(page)
		for _, text := range append(l.Look, l.True...) {
			if !strings.Contains(html, withCode(text)) {
				t.Errorf("%s: %q is not there", l.ID, text)
			}
		}
		if !l.Measures && !l.Compares && !strings.Contains(html, "not started") {
			t.Errorf("%s: no lanes", l.ID)
		}
	}
}

// Where a lab can't run there is nothing to be asked about.
func TestALabThatCannotRunDoesNotAsk(t *testing.T) {
	for why, asks := range map[string]bool{"": true, "it needs kqueue": false} {
		page := &labPage{ID: "kqueue"}
		engine := app.NewTestEngine()
		if err := engine.Load(page); err != nil {
			t.Fatal(err)
		}
		engine.ConsumeAll()
		page.s.Hello = &trace.Hello{Cannot: map[string]string{"kqueue": why}}
		if html := app.HTMLString(page.scopeHead()); strings.Contains(html, "ask me first") != asks {
			t.Errorf("can't run as %q: %s", why, html)
		}
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	all := ""
	for _, e := range explained {
		all += " " + e.keys
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
	for key, want := range map[string]command{"R": startRun, "r": startRun, "w": nextWake, "?": allKeys, "q": none, "Tab": none} {
		if got := commandOf(key, false); got != want {
			t.Errorf("%s does command %d, want %d", key, got, want)
		}
	}
	if commandOf("W", true) != lastWake || commandOf("ArrowRight", true) != tenOn {
		t.Error("shift makes no difference")
	}
}

func TestEveryLabHasAGlyph(t *testing.T) {
	for _, l := range lab.All {
		if glyphs[l.ID] == "" {
			t.Errorf("%s has none", l.ID)
		}
	}
}
