package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// What is written holds to the schema, which follows "Trace Event Format".
func TestPerfetto(t *testing.T) {
	schema := jsonschema.MustCompile("testdata/trace-event.schema.json")
	for _, r := range recordings(t) {
		if len(r.run.Calls) > 400 {
			continue // a validator takes seconds for it
		}
		var out bytes.Buffer
		if err := Perfetto(&out, r.run); err != nil {
			t.Fatal(err)
		}
		var any any
		if err := json.Unmarshal(out.Bytes(), &any); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		if err := schema.Validate(any); err != nil {
			t.Errorf("%s: %#v", r.name, err)
		}
		flows(t, &r, out.Bytes())
	}
}

// event is a trace event.
type event struct {
	Ph, Name, Cat string
	PID, TID, ID  int
	Ts, Dur       float64
	BP            string
}

// flows holds that each wake is a flow between two slices, and each call is one slice.
func flows(t *testing.T, r *recording, file []byte) {
	t.Helper()
	var f struct{ TraceEvents []event }
	if err := json.Unmarshal(file, &f); err != nil {
		t.Fatal(err)
	}
	slices, ends := map[[2]int][]event{}, map[int][2]int{}
	n := 0
	for _, e := range f.TraceEvents {
		switch {
		case (e.Ph == "X" || e.Ph == "B"):
			slices[[2]int{e.PID, e.TID}] = append(slices[[2]int{e.PID, e.TID}], e)
			if e.Cat != "thread" {
				n++
			}
		}
	}
	if n != len(r.run.Calls) {
		t.Errorf("%s: %d slices of %d calls", r.name, n, len(r.run.Calls))
	}
	in := func(e event) bool {
		for _, s := range slices[[2]int{e.PID, e.TID}] {
			if s.Ts <= e.Ts && (s.Ph == "B" || e.Ts < s.Ts+s.Dur || e.Ts == s.Ts) {
				return true
			}
		}
		return false
	}
	for _, e := range f.TraceEvents {
		if e.Ph != "s" && e.Ph != "f" {
			continue
		}
		if !in(e) {
			t.Errorf("%s: the flow %+v ends in no slice", r.name, e)
		}
		both := ends[e.ID]
		if e.Ph == "s" {
			both[0]++
		} else {
			both[1]++
		}
		ends[e.ID] = both
	}
	for id, both := range ends {
		if both != [2]int{1, 1} {
			t.Errorf("%s: flow %d has %v ends", r.name, id, both)
		}
	}
	if len(ends) != len(r.run.Wakes) {
		t.Errorf("%s: %d flows of %d wakes", r.name, len(ends), len(r.run.Wakes))
	}
}

// The schema refuses what isn't in the format: else the test above would say nothing.
func TestSchemaRefuses(t *testing.T) {
	schema := jsonschema.MustCompile("testdata/trace-event.schema.json")
	for name, text := range map[string]string{
		"no events":              `{}`,
		"a phase of none":        `{"traceEvents":[{"ph":"?","pid":1,"tid":1,"ts":0,"name":"a"}]}`,
		"a slice without length": `{"traceEvents":[{"ph":"X","pid":1,"tid":1,"ts":0,"name":"a"}]}`,
		"a flow without number":  `{"traceEvents":[{"ph":"s","pid":1,"tid":1,"ts":0,"name":"a","cat":"b"}]}`,
		"a counter of words":     `{"traceEvents":[{"ph":"C","pid":1,"ts":0,"name":"a","args":{"n":"many"}}]}`,
		"a time of words":        `{"traceEvents":[{"ph":"B","pid":1,"tid":1,"ts":"now","name":"a"}]}`,
		"a name that names none": `{"traceEvents":[{"ph":"M","pid":1,"tid":1,"ts":0,"name":"thread_name","args":{}}]}`,
	} {
		var any any
		if err := json.Unmarshal([]byte(text), &any); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(any) == nil {
			t.Errorf("%s holds to the schema", name)
		}
	}
}

func TestQuoteIsJSON(t *testing.T) {
	for _, s := range []string{"", "a\"b\\c\n\x00\x7f", "\xff\u2028é", strings.Repeat("x", 100)} {
		var back string
		if err := json.Unmarshal([]byte(quote(s)), &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") {
			t.Errorf("%q is quoted %s: %q, %v", s, quote(s), back, err)
		}
	}
	if got := micros(1001); got != "1.001" || micros(1_500) != "1.5" || micros(0) != "0" || micros(-5) != "0" {
		t.Error(got)
	}
}
