package visit

import (
	"bytes"
	"encoding/base64"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/assets"
	"sockscope/web/link"
)

func TestCarry(t *testing.T) {
	page := []byte("<head>" + TracePlace + "</script></head>")
	got, err := Carry(page, []byte("a trace"))
	if err != nil || string(got) != "<head>"+TracePlace+base64.StdEncoding.EncodeToString([]byte("a trace"))+"</script></head>" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Carry([]byte("<head>"), nil); err == nil {
		t.Error("a page without a place takes a trace")
	}
}

// The element names a recording of the site's, and holds any other run.
func TestEmbed(t *testing.T) {
	file, err := assets.Files.ReadFile("recordings/echo.trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := lab.Find("echo")
	var r Run
	r.Relay = new(Relay)
	values, _ := l.Set(nil)
	r.Open(l, values)
	r.Load(tape)
	r.Seek(3)
	src := regexp.MustCompile(`^<iframe src="([^"]*)" title="Sockscope: echo" [^<>]*></iframe>$`)
	read := func() *url.URL {
		t.Helper()
		text, err := r.Embed("https://example.org/lab/echo")
		m := src.FindStringSubmatch(text)
		if err != nil || m == nil {
			t.Fatalf("%.300s, %v", text, err)
		}
		u, err := url.Parse(html.UnescapeString(m[1]))
		if err != nil || u.Host != "example.org" || u.Path != "/lab/echo" || !u.Query().Has("embed") {
			t.Fatalf("%v, %v", u, err)
		}
		return u
	}
	moment, err := ReadMoment(read().Fragment)
	if err != nil || moment == nil || moment.At != 3 || moment.Tape.Run.Len() != tape.Run.Len() {
		t.Errorf("the moment is %+v, %v", moment, err)
	}
	tape.ours = true
	r.Load(tape)
	if u := read(); u.Fragment != "" {
		t.Errorf("a recording of the site's is in the address: %s", u)
	}
}

// A trace of a lab that `relay open` shows is for the lab's page.
func TestTracedGivesALabsTraceAway(t *testing.T) {
	file, err := assets.Files.ReadFile("recordings/echo.trace")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	p := &Traced{}
	p.Relay = &Relay{State: link.Live, Send: func(r *trace.Request) error { asked = append(asked, r.Op); return nil }}
	p.Open(lab.Yours, nil)
	p.Start()
	if len(asked) == 0 {
		t.Fatal("it doesn't look on")
	}
	rest, err := trace.Frames(bytes.Clone(file), func(m *trace.Message) {
		frame, err := trace.AppendFrame(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		Hear(p, link.Event{State: link.Live, Message: m, Raw: frame})
	})
	if err != nil || len(rest) > 0 {
		t.Fatal(err, len(rest))
	}
	tape := p.Opened()
	if tape == nil || tape.Run.Header.Lab != "echo" || tape.Run.End == nil || p.Busy() || p.Player != nil {
		t.Fatalf("%+v, busy %v", tape, p.Busy())
	}
	if p.Opened() != nil {
		t.Error("it comes twice")
	}
	if !strings.HasPrefix(string(tape.file), string(file[:100])) {
		t.Error("its file is another")
	}
}
