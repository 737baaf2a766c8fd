package visit

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"sockscope/server/lab"
)

// recordedRun is a lab's page that shows its recording.
func recordedRun(t testing.TB, id string) *Run {
	t.Helper()
	l, err := lab.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../assets/recordings/" + id + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{}
	r.Relay = new(Relay)
	v, _ := l.Set(nil)
	r.Open(l, v)
	r.Load(tape)
	return r
}

func TestALinkHoldsTheRunAndTheStep(t *testing.T) {
	for _, id := range []string{"first", "select", "epoll", "threads", "runtime"} {
		r := recordedRun(t, id)
		r.Seek(17)
		fragment, err := r.Moment()
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		m, err := ReadMoment(fragment)
		if err != nil || m == nil {
			t.Fatalf("%s: %v", id, err)
		}
		if m.At != 17 || !bytes.Equal(m.Tape.file, r.tape.file) || m.Tape.Fault != "" {
			t.Errorf("%s: at %d, %d bytes of %d, fault %q", id, m.At, len(m.Tape.file), len(r.tape.file), m.Tape.Fault)
		}
		t.Logf("%s: a link of %d bytes", id, len(fragment))
	}
}

func TestALinkThatIsDamagedSaysSo(t *testing.T) {
	r := recordedRun(t, "first")
	whole, err := r.Moment()
	if err != nil {
		t.Fatal(err)
	}
	pack := func(text string) string {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression)
		w.Write([]byte(text))
		w.Close()
		return "run=" + base64.RawURLEncoding.EncodeToString(b.Bytes())
	}
	cut, err := ReadMoment(whole[:len(whole)*2/3])
	if err != nil || cut == nil || cut.Tape.Fault == "" {
		t.Errorf("a link that was cut: %v, %+v; want what is whole, and a word", err, cut)
	}
	for fragment, want := range map[string]string{
		"run=":                                   "damaged",
		"run=!!":                                 "damaged",
		"at=3&run=AAAA":                          "can't be shown",
		pack("hello, this is no run"):            "not a trace",
		pack(strings.Repeat("a", maxUnpacked+1)): "too large",
		"run=" + strings.Repeat("A", 2*maxPacked): "too large",
	} {
		if m, err := ReadMoment(fragment); err == nil || m != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v; want an error with %q", fragment, err, want)
		}
	}
	for _, fragment := range []string{"", "labs", "at=3", "utm_source=x"} {
		if m, err := ReadMoment(fragment); m != nil || err != nil {
			t.Errorf("%q: %v, %v; want neither", fragment, m, err)
		}
	}
	if m, err := ReadMoment(strings.Replace(whole, "at=", "at=99999", 1)); err != nil || m.At != m.Tape.Run.Len() {
		t.Errorf("a step behind the end: %v, %v", m, err)
	}
}

func TestARunThatIsTooLargeForALinkSaysSo(t *testing.T) {
	r := recordedRun(t, "first")
	noise := make([]byte, 2*maxPacked)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	r.tape.file = noise
	if link, err := r.Moment(); err == nil || !strings.Contains(err.Error(), "save it as a file") {
		t.Errorf("%.20q, %v", link, err)
	}
}

func TestTheTabKeepsARun(t *testing.T) {
	again := func(place, text string) *Run {
		l, _ := lab.Find(strings.TrimPrefix(place, "run of /lab/"))
		r := &Run{}
		r.Relay = new(Relay)
		v, _ := l.Set(nil)
		r.Open(l, v)
		if place != r.KeptAt() {
			t.Fatalf("kept at %q, looked for at %q", place, r.KeptAt())
		}
		r.ReadKept(text)
		return r
	}
	r := recordedRun(t, "first")
	if place, text := r.Keep(); place != "" || text != "" {
		t.Errorf("the site's own recording is kept at %q", place)
	}
	r.Recorded = false
	r.Seek(17)
	if back := again(r.Keep()); back.Player == nil || back.Pos() != 17 || !bytes.Equal(back.tape.file, r.tape.file) || back.Trouble() != "" || !strings.Contains(back.Headline(), "kept in this tab") {
		t.Errorf("it comes back as %+v, %q, %q", back.Player, back.Trouble(), back.Headline())
	}
	large := recordedRun(t, "emfile") // it has no room in a link
	large.Recorded = false
	if back := again(large.Keep()); back.Player == nil {
		t.Error("a run of 7,000 events doesn't come back")
	}
	r.tape.Run.End, r.tape.file = nil, r.tape.file[:len(r.tape.file)-40]
	if back := again(r.Keep()); back.Player == nil || !strings.Contains(back.Trouble(), "the page was left") {
		t.Errorf("one that was live comes back with %q", back.Trouble())
	}
	other := recordedRun(t, "byteorder")
	other.Recorded = false
	_, text := other.Keep()
	for _, text := range []string{text, "", "run=", "at=1&run=AAAA"} {
		if back := again(r.KeptAt(), text); back.Player != nil || back.Problem != "" {
			t.Errorf("%.20q shows a run, or says %q", text, back.Problem)
		}
	}
	r.tape.file = make([]byte, maxKept+1)
	if place, text := r.Keep(); place != "" || text != "" || !strings.Contains(r.Headline(), "not saved") {
		t.Errorf("one that is too large: %q at %q, and the page says %q", text, place, r.Headline())
	}
}

func FuzzReadMoment(f *testing.F) {
	r := recordedRun(f, "byteorder")
	whole, err := r.Moment()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add("at=1&run=AAAA")
	f.Fuzz(func(t *testing.T, fragment string) {
		m, err := ReadMoment(fragment)
		if m != nil && (err != nil || m.At < 0 || m.At > m.Tape.Run.Len()) {
			t.Errorf("%v, %v", m, err)
		}
	})
}
