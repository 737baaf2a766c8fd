package trace

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// saved is a whole trace file whose texts and data have line ends of both kinds.
func saved(t testing.TB) (file []byte, ends []int) {
	t.Helper()
	for _, m := range []*Message{
		{Header: &Header{Version: Version, Lab: "select", Procs: []Proc{{Name: "server", File: 1}}, Sources: []Source{{Name: "select.go", Text: strings.Repeat("line\n", 100)}}}},
		{Events: []Event{{Kind: Start}, {Kind: Enter, Call: Recv, FD: 3, Size: 1024}}},
		{Events: []Event{{Kind: Return, Call: Recv, FD: 3, Result: 2, Data: []byte("a\n")}}},
		{End: &End{Time: 10, Reason: EndDone}},
	} {
		var err error
		if file, err = AppendFrame(file, m); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(file))
	}
	return file, ends
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file, ends := saved(t)
	changed := func(at int, to byte) []byte {
		b := slices.Clone(file)
		b[at] = to
		return b
	}
	newer, _ := AppendFrame(nil, &Message{Header: &Header{Version: Version + 1}})
	web, _ := AppendFrame(nil, &Message{Header: &Header{Version: Version, Sources: []Source{{Name: "a", Text: strings.Repeat("x\r\n", 2000)}}}})
	web, _ = AppendFrame(web, &Message{End: &End{}})
	for _, c := range []struct {
		name     string
		file     []byte
		fault    Fault // 0 is none
		at       int
		messages int // whole behind the header; -1 for no header
		says     string
	}{
		{"whole", file, 0, 0, 3, ""},
		{"with an empty line appended", append(slices.Clone(file), "\r\n\n"...), 0, 0, 3, ""},
		{"with CR LF for LF", bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), 0, 0, 3, ""},
		{"with CR LF for LF, and some more", append(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), "\r\n\r\n"...), 0, 0, 3, ""},
		{"with CR LF, and cut off", bytes.ReplaceAll(file[:ends[2]-1], []byte("\n"), []byte("\r\n")), CutOff, ends[1], 1, "cut off"},
		{"without its CRs", bytes.ReplaceAll(web, []byte("\r"), nil), CutOff, 0, -1, "cut off"},
		{"with signs of mail behind it", append(slices.Clone(file), "-- \nSent by mail\n"...), Damaged, ends[3], 3, "damaged at byte"},
		{"nothing", nil, NotATrace, 0, -1, "not a trace"},
		{"text", []byte("{\"trace\": true}\n"), NotATrace, 0, -1, "begins with a run's header"},
		{"something else of ours", slices.Clone(file[ends[0]:]), NotATrace, 0, -1, "not a trace"},
		{"the first byte", file[:1], CutOff, 0, -1, "nothing of it can be shown"},
		{"half a header", file[:ends[0]/2], CutOff, 0, -1, "nothing of it can be shown"},
		{"the header alone", file[:ends[0]], CutOff, ends[0], 0, "not the run's end"},
		{"no end", file[:ends[2]], CutOff, ends[2], 2, "not the run's end"},
		{"half an end", file[:ends[2]+5], CutOff, ends[2], 2, "what is before is shown"},
		{"a changed message", changed(ends[1]+5, 0xff), Damaged, ends[1], 1, "line ends"},
		{"a changed length", changed(ends[1], 0xff), Damaged, ends[1], 1, "damaged at byte"},
		{"a changed header", changed(10, 0xff), Damaged, 0, -1, "nothing of it can be shown"},
		{"a newer one", newer, Newer, 0, -1, "format 2, and this version reads 1"},
	} {
		got, err := Open(c.file)
		var e *FileError
		switch errors.As(err, &e); {
		case c.fault == 0 && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.fault != 0 && (e == nil || e.Fault != c.fault || e.At != c.at || !strings.Contains(e.Error(), c.says)):
			t.Errorf("%s: %+v (%v), want fault %d at %d, saying %q", c.name, e, err, c.fault, c.at, c.says)
		}
		if (got.Header == nil) != (c.messages < 0) || c.messages >= 0 && len(got.Messages) != c.messages {
			t.Errorf("%s: header %v, %d messages, want %d", c.name, got.Header != nil, len(got.Messages), c.messages)
		}
		if again, err := Open(got.Whole); c.messages >= 0 && (len(again.Messages) != c.messages || err != nil && c.fault == 0) {
			t.Errorf("%s: what is whole doesn't open: %v", c.name, err)
		}
	}
}

// Every recording is a trace that opens whole.
func TestOpenRecordings(t *testing.T) {
	paths, err := filepath.Glob("../../web/assets/recordings/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := Open(file); err != nil || len(f.Whole) != len(file) {
			t.Errorf("%s: %v", path, err)
		}
		crlf := bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))
		was := bytes.ReplaceAll(crlf, []byte("\r\n"), []byte("\n"))
		if f, err := Open(crlf); bytes.Equal(was, file) != (err == nil) || err == nil && !bytes.Equal(f.Whole, file) {
			t.Errorf("%s with other line ends: %v", path, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	file, ends := saved(f)
	f.Add(file)
	f.Add(file[:ends[1]+7])
	f.Add(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")))
	for _, name := range []string{"echo", "processes", "runtime"} {
		if file, err := os.ReadFile("testdata/v1/" + name + ".trace"); err == nil {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Open(file)
		var e *FileError
		if err != nil && (!errors.As(err, &e) || e.At > e.Size || strings.ContainsAny(e.Error(), "\n\r")) {
			t.Fatalf("%+v", err)
		}
		if len(got.Whole) > len(file) || got.Header == nil && len(got.Messages) > 0 {
			t.Fatalf("%d bytes are whole of %d", len(got.Whole), len(file))
		}
		s := new(State)
		for _, m := range got.Messages {
			for i := range m.Events {
				s.Apply(&m.Events[i])
			}
		}
		s.Clone()
	})
}

// In parts a trace is what it is as a whole, however it comes in.
func TestParts(t *testing.T) {
	paths, _ := filepath.Glob("../../web/assets/recordings/*.trace")
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var all, got []Event
		for _, m := range want.Messages {
			all = append(all, m.Events...)
		}
		var p Parts
		for there := 0; there < len(file); {
			there = min(there+1000, len(file))
			for {
				m, err := p.Next(file[:there:len(file)], make([]Event, 3))
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if m == nil {
					break
				}
				if len(m.Events) > 3 {
					t.Fatalf("%s: %d events at once", path, len(m.Events))
				}
				got = append(got, kept(m.Events)...)
			}
		}
		if p.Whole() != len(file) || !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %d of %d bytes, %d of %d events", path, p.Whole(), len(file), len(got), len(all))
		}
	}
	file, ends := saved(t)
	file[ends[0]+6] ^= 0xff
	var p Parts
	if _, err := p.Next(file, make([]Event, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Next(file, make([]Event, 10)); err == nil {
		t.Error("a damaged message is taken")
	}
}

// In parts a file that isn't whole has what Open finds of it, and what is wrong with it.
func TestPartsOfWhatIsNotWhole(t *testing.T) {
	file, _ := saved(t)
	for cut := range file {
		inParts(t, file[:cut], 1)
		changed := slices.Clone(file)
		changed[cut] ^= 0xff
		inParts(t, changed, 2)
	}
	inParts(t, append(slices.Clone(file), "-- \nSent by mail\n"...), 3)
}

// kept returns events that no other part changes.
func kept(events []Event) []Event {
	events = slices.Clone(events)
	for i := range events {
		events[i].Sets = events[i].Sets.clone()
	}
	return events
}

// inParts compares with what decodes a message as a whole.
func inParts(t *testing.T, file []byte, most int) {
	t.Helper()
	whole, wrong := open(slices.Clone(file))
	var want, got []Event
	for _, m := range whole.Messages {
		want = append(want, m.Events...)
	}
	var p Parts
	for {
		m, err := p.Next(file, make([]Event, most))
		if m == nil {
			if err != nil && wrong == nil {
				t.Fatal(err)
			}
			break
		}
		got = append(got, kept(m.Events)...)
	}
	err := p.Over(file)
	if len(got) < len(want) || len(want) > 0 && !reflect.DeepEqual(got[:len(want)], want) || wrong == nil && len(got) > len(want) {
		t.Fatalf("%d events, want %d: %v", len(got), len(want), err)
	}
	var e, want1 *FileError
	if errors.As(err, &e); errors.As(wrong, &want1) != (e != nil) || e != nil && (e.Fault != want1.Fault || e.At != want1.At || e.Size != want1.Size) || p.Whole() != len(whole.Whole) {
		t.Fatalf("in parts it is %+v, as a whole %+v", e, want1)
	}
}

func FuzzParts(f *testing.F) {
	file, ends := saved(f)
	f.Add(file, uint8(1))
	f.Add(file[:ends[1]], uint8(3))
	f.Fuzz(func(t *testing.T, file []byte, most uint8) { inParts(t, file, 1+int(most)) })
}
