package web

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/pane"
	"sockscope/web/visit"
)

// forbidden is what the site's content security policy would refuse.
var forbidden = regexp.MustCompile(`(?i)\sstyle=|<script|<style|\son[a-z]+=|javascript:`)

func TestPagesKeepToThePolicy(t *testing.T) {
	pages := map[string]app.Composer{"/": &homePage{tab: newTab()}}
	for _, l := range append(slices.Concat(lab.All, lab.Standing), lab.Hand, lab.Yours) {
		pages[visit.Path(l)] = pageOf(l, newTab())
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

// shown returns a lab's page as it is first drawn, and how its frame is reached.
func shown(t *testing.T, l *lab.Lab) (app.Composer, *frame) {
	t.Helper()
	page := pageOf(l, newTab())
	engine := app.NewTestEngine()
	if err := engine.Load(page); err != nil {
		t.Fatal(err)
	}
	engine.ConsumeAll()
	switch p := page.(type) {
	case *labPage:
		return page, &p.frame
	case *comparePage:
		return page, &p.frame
	case *measurePage:
		return page, &p.frame
	}
	t.Fatalf("%s has another kind of page", l.ID)
	return nil, nil
}

// Before a run a page has what its lab says, and all of its knobs.
func TestALabsPageTellsItsLab(t *testing.T) {
	for _, l := range lab.All {
		page, f := shown(t, l)
		html := app.HTMLString(page)
		// Where the learner is the client, they type what the client says.
		knobs := slices.DeleteFunc(slices.Clone(l.Knobs), func(k knob.Knob) bool {
			return k.Type == knob.Text && visit.Attended(l, f.mode.Base().Values)
		})
		for _, k := range knobs {
			if strings.Contains(html, `name="`+k.Name+`"`) == k.Quiet {
				t.Errorf("%s: knob %s is not there", l.ID, k.Name)
			}
		}
		f.knobs.All = true
		question := app.HTMLString(f.question())
		for _, k := range knobs {
			if !strings.Contains(question, `name="`+k.Name) {
				t.Errorf("%s: knob %s is not there under more", l.ID, k.Name)
			}
		}
		texts := append(slices.Clone(l.Do), l.True...)
		for _, stop := range l.Walk(nil) {
			texts = append(texts, stop.Say)
		}
		for _, text := range texts {
			if !strings.Contains(html, pane.WithCode(text)) {
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
	l, err := lab.Find("kqueue")
	if err != nil {
		t.Fatal(err)
	}
	for why, asks := range map[string]bool{"": true, "it needs kqueue": false} {
		page, f := shown(t, l)
		f.mode.Base().Relay.Hello = &trace.Hello{Cannot: map[string]string{"kqueue": why}}
		if html := app.HTMLString(page.Render()); strings.Contains(html, "ask me first") != asks {
			t.Errorf("can't run as %q: %s", why, html)
		}
	}
}

func TestTheHomePageKnowsItsRecording(t *testing.T) {
	file, err := assets.Files.ReadFile("recordings/home.trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := visit.ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(tape.Run.Header.Procs), len(heroProcs()); got != want || tape.Run.Header.Lab != heroLab {
		t.Errorf("it expects %d processes of lab %s, its recording has %d of %s", want, heroLab, got, tape.Run.Header.Lab)
	}
}
