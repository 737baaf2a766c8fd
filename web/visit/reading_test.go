package visit

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play/playtest"
)

// logOf writes a log of strace's with so many recvs.
func logOf(n int) []byte {
	var log bytes.Buffer
	log.WriteString("100 1700000000.000000 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3 <0.000010>\n")
	for i := range n {
		fmt.Fprintf(&log, "100 17%08d.%06d recvfrom(3, \"%s\", 64, 0, NULL, NULL) = 40 <0.000010>\n", i/1000, i%1000*1000+100, strings.Repeat("x", 40))
	}
	return log.Bytes()
}

// read gives a reading a file in pieces.
func read(t *testing.T, file []byte, piece int) *Reading {
	t.Helper()
	r := &Reading{Size: int64(len(file))}
	for rest := file; r.More(); {
		n := min(piece, len(rest))
		take(t, r, rest[:n])
		rest = rest[n:]
	}
	return r
}

// take has a reading work on a piece.
func take(t *testing.T, r *Reading, piece []byte) {
	t.Helper()
	if err := r.Take(piece); err != nil {
		t.Fatal(err)
	}
	for r.Work(time.Now().Add(time.Millisecond)) {
	}
}

// In pieces a log is what it is as a whole.
func TestReadingInPieces(t *testing.T) {
	file := logOf(500)
	want, err := ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range []int{1000, 4096, Piece} {
		got, err := read(t, file, piece).Tape()
		if err != nil {
			t.Fatal(err)
		}
		if got.Run.Len() != want.Run.Len() || len(got.Run.Calls) != 501 || !bytes.Equal(got.file, file) || ending(got.Run.End) != "" {
			t.Errorf("in pieces of %d there are %d steps, as a whole %d: %+v", piece, got.Run.Len(), want.Run.Len(), got.Run.End)
		}
		if h := got.Run.Header; h.Began != 1700000000_000 || h.Clock != "" {
			t.Errorf("in pieces of %d its header is %+v", piece, h)
		}
	}
	trace, err := os.ReadFile("../assets/recordings/echo.trace")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, trace, 1000).Tape(); err != nil || got.Fault != "" || got.Run.End == nil {
		t.Errorf("a trace in pieces: %v", err)
	}
	if err := (&Reading{Size: maxTrace + 1}).Take([]byte("\x00\x00")); err == nil {
		t.Error("a trace of any size is read")
	}
}

// A trace that is cut off, damaged or changed by mail shows in pieces what it shows as a
// whole, and says the same.
func TestReadingOfWhatIsNotWhole(t *testing.T) {
	file, err := os.ReadFile("../assets/recordings/echo.trace")
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	for i := 1; i < 40; i++ {
		at := i * len(file) / 40
		damaged := bytes.Clone(file)
		damaged[at] ^= 0xff
		files = append(files, damaged, file[:at])
	}
	mailed := bytes.ReplaceAll(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	files = append(files, mailed, mailed[:len(mailed)/2], append(bytes.Clone(file), "-- \nby mail\n"...))
	for i, file := range files {
		for _, piece := range []int{100, 1001, Piece} {
			want, wrong := ReadTape(file)
			got, err := read(t, file, piece).Tape()
			switch {
			case (wrong == nil) != (err == nil):
				t.Fatalf("file %d in pieces of %d: %v, as a whole %v", i, piece, err, wrong)
			case err != nil && err.Error() != wrong.Error():
				t.Errorf("file %d in pieces of %d: %v, as a whole %v", i, piece, err, wrong)
			case err != nil:
			case got.Fault != want.Fault || !bytes.Equal(got.file, want.file) || *got.Run.End != *want.Run.End || !reflect.DeepEqual(got.Run.Steps(), want.Run.Steps()):
				t.Errorf("file %d in pieces of %d: %q, %d steps, %d bytes, %+v, as a whole %q, %d steps, %d bytes, %+v", i, piece,
					got.Fault, got.Run.Len(), len(got.file), got.Run.End, want.Fault, want.Run.Len(), len(want.file), want.Run.End)
			}
		}
	}
}

// A log without times is of no day, and its bars have their own place in the key.
func TestALogWithoutTimes(t *testing.T) {
	tape, err := read(t, []byte("socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\nclose(3) = 0\n"), Piece).Tape()
	if err != nil {
		t.Fatal(err)
	}
	if tape.Run.Header.Clock != trace.NoClock {
		t.Errorf("its header is %+v", tape.Run.Header)
	}
	r := new(Traced)
	r.Relay = new(Relay)
	r.Open(lab.Yours, nil)
	r.Load(tape)
	if name, _ := r.File(); name != "trace.strace" || r.Headline() != "a recording, made on Linux, 6 events" || !r.At().Unknown() {
		t.Errorf("%s, %s, %v", name, r.Headline(), r.At().Unknown())
	}
}

// A file that shows is not what the page looked for when it began: an answer that there is
// nothing comes too late.
func TestAFileIsNoAnswerToALook(t *testing.T) {
	tape, err := read(t, logOf(3), Piece).Tape()
	if err != nil {
		t.Fatal(err)
	}
	r := new(Traced)
	r.Relay = new(Relay)
	r.Open(lab.Yours, nil)
	r.Phase = Asked
	r.Load(tape)
	r.take(&trace.Message{Error: &trace.Error{Text: "no program is traced here"}}, nil)
	if r.Problem != "" {
		t.Errorf("beside a file it says %q", r.Problem)
	}
}

// What was read so far shows when reading is stopped, and its end says that.
func TestReadingIsStopped(t *testing.T) {
	file := logOf(2000)
	r := &Reading{Size: int64(len(file))}
	if take(t, r, file[:len(file)/2]); !r.More() {
		t.Fatal("it wants no more")
	}
	got, err := r.Tape()
	if err != nil || len(got.Run.Calls) < 900 || len(got.Run.Calls) > 1100 || !strings.Contains(ending(got.Run.End), "reading was stopped") {
		t.Errorf("%d calls, %v, %+v", len(got.Run.Calls), err, got.Run.End)
	}
}

// A garbage collection follows each pointer of a run in one go: what grows with the run has
// none.
func TestALongRunHasFewPointers(t *testing.T) {
	scanned := func(events int) int {
		s := playtest.Select(4, events)
		var file []byte
		for _, m := range []*trace.Message{{Header: s.Header}, {Events: s.Events}, {End: &trace.End{}}} {
			var err error
			if file, err = trace.AppendFrame(file, m); err != nil {
				t.Fatal(err)
			}
		}
		tape, err := read(t, file, Piece).Tape()
		if err != nil || tape.Run.Len() < events {
			t.Fatalf("%d events: %v", tape.Run.Len(), err)
		}
		return pointers(reflect.ValueOf(tape), map[unsafe.Pointer]bool{})
	}
	const few, many, each = 10_000, 20_000, 1
	if a, b := scanned(few), scanned(many); b-a > each*(many-few) {
		t.Errorf("a collection looks at %d bytes of a run of %d events, at %d of one of %d", a, few, b, many)
	}
}

// pointers counts the bytes that v leads to in which a garbage collection looks for pointers.
func pointers(v reflect.Value, seen map[unsafe.Pointer]bool) (n int) {
	of := func(p unsafe.Pointer, elem reflect.Type, count int) int {
		if seen[p] || !points(elem) {
			return 0
		}
		seen[p] = true
		return int(elem.Size()) * count
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n = of(v.UnsafePointer(), v.Type().Elem(), 1); n > 0 {
			n += pointers(v.Elem(), seen)
		}
	case reflect.Interface:
		n = pointers(v.Elem(), seen)
	case reflect.Slice:
		if n = of(v.UnsafePointer(), v.Type().Elem(), v.Cap()); n > 0 {
			for i := range v.Len() {
				n += pointers(v.Index(i), seen)
			}
		}
	case reflect.Array:
		for i := 0; i < v.Len() && points(v.Type().Elem()); i++ {
			n += pointers(v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += pointers(v.Field(i), seen)
		}
	case reflect.Map:
		if points(v.Type().Key()) || points(v.Type().Elem()) {
			for m := v.MapRange(); m.Next(); {
				n += int(v.Type().Key().Size()+v.Type().Elem().Size()) + pointers(m.Key(), seen) + pointers(m.Value(), seen)
			}
		}
	}
	return n
}

// points reports whether values of a type have pointers.
func points(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if points(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return points(t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	}
	return false
}

// A log of any size takes the memory of what the page holds.
func TestReadingIsBounded(t *testing.T) {
	piece := logOf(8000)
	const most = 50_000
	r := &Reading{Size: 500 << 20, tape: Tape{most: most}}
	for r.More() {
		take(t, r, piece)
	}
	if n := r.tape.Run.Len(); n < most || n > most+20_000 {
		t.Errorf("%d events", n)
	}
	got, err := r.Tape()
	if err != nil || !strings.Contains(ending(got.Run.End), "is left out") {
		t.Errorf("%v, %+v", err, got.Run.End)
	}
	r = &Reading{Size: maxLog + 1}
	for len(r.file)+len(piece) <= maxLog {
		r.file = append(r.file, piece...)
	}
	if take(t, r, piece); !r.More() || r.file != nil {
		t.Errorf("%d bytes of the log are kept", len(r.file))
	}
}
