package trace

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

// fill sets v, and everything in it, to random values that a frame can carry.
// With all, none of them is zero.
func fill(r *rand.Rand, v reflect.Value, all bool) {
	if !all && r.IntN(4) == 0 {
		return
	}
	n := 1 + r.IntN(3)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i), all)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), all)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i), all)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range n {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, true)
			fill(r, value, all)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString(strings.Repeat("aé→", n) + strings.Repeat("x", r.IntN(300)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		bits := v.Type().Bits()
		x := int64(r.Uint64()) >> (64 - bits) >> r.IntN(bits) // every length alike
		if x == 0 {
			x = math.MinInt64 >> (64 - bits)
		}
		v.SetInt(x)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		bits := v.Type().Bits()
		v.SetUint(max(1, r.Uint64()>>(64-bits)>>r.IntN(bits)))
	default:
		panic("fill can't set a " + v.Type().String())
	}
}

// byHand decodes body into a new value of v's type, as ReadFrame does.
func byHand(body []byte, v any) (any, error) {
	switch v.(type) {
	case *Message:
		return decodeMessage(body)
	default:
		return decodeRequest(body)
	}
}

// What package cbor encodes is decoded by hand, each field of each struct.
func TestEveryFieldIsDecoded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		for _, v := range []any{new(Message), new(Request)} {
			fill(r, reflect.ValueOf(v).Elem(), i < 10)
			body, err := encMode.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			library := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			if err := decMode.Unmarshal(body, library); err != nil {
				t.Fatal(err)
			}
			got, err := byHand(body, v)
			if err != nil || !reflect.DeepEqual(got, v) || !reflect.DeepEqual(got, library) {
				t.Fatalf("%x\nis      %+v, %v\nwant    %+v\nlibrary %+v", body, got, err, v, library)
			}
		}
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	// Place 2, and keys 24, 100 and -1 with an array, a map of a map, and null.
	body := "\xa4\x18\x18\x85\x01\x20\x41\x00\x61a\xf5\x01\x02\x18\x64\xa2\x01\xa1\x61a\xf4\x01\xf6\x20\xf6"
	m, err := decodeMessage([]byte("\xa1\x03" + body))
	if err != nil || m.Queued == nil || m.Queued.Place != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
}

func TestErrorsSayWhatIsWrongAndWhere(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "it ends too early",
		"\x80":                             "an array, want a map",
		"\xa1\x61a\x01":                    "a text string, want an integer",
		"\xa1\x05\x82\xa0\xa1\x0d\x61a":    "field 5: event 1: field 13: a text string, want bytes",
		"\xa1\x05\x81\xa1\x01\x19\x01\x00": "field 5: event 0: field 1: 256 does not fit",
		"\xa1\x05\x81\xa1\x01\x20":         "field 5: event 0: field 1: a negative integer, want an unsigned integer",
		"\xa1\x05\x81\xa1\x10\x1a\x00\x01\x00\x00":                 "field 5: event 0: field 16: 65536 does not fit",
		"\xa1\x05\x81\xa1\x02\x1b\x80\x00\x00\x00\x00\x00\x00\x00": "field 5: event 0: field 2: an integer of more than 64 bits with its sign",
		"\xa1\x05\x81\xa1\x02\x3b\x80\x00\x00\x00\x00\x00\x00\x00": "field 5: event 0: field 2: an integer of more than 64 bits with its sign",
		"\xa1\x05\x81\xa1\x02\x19\x01":                             "field 5: event 0: field 2: it ends too early",
		"\xa1\x07\xa1\x01\x61\xff":                                 "field 7: field 1: text that is not UTF-8",
		"\xa1\x07\xa1\x01\x1a\xff\xff\xff\xff":                     "field 7: field 1: an unsigned integer, want text",
		"\xa1\x07\xa1\x01\x7b\xff\xff\xff\xff\xff\xff\xff\xff":     "field 7: field 1: a string longer than the rest of the message",
		"\xa1\x07\xa1\x01\x7f\x61a\xff":                            "field 7: field 1: an indefinite or reserved length",
		"\xa1\x03\xa2\x01\x01\x01\x01":                             "field 3: field 1 twice",
		"\xa2\x18\x64\x01\x18\x64\x01":                             "field 100 twice",
		"\xa1\x03\xa1\x01\xc1\x01":                                 "field 3: field 1: a tag, want an integer",
		"\xa1\x18\x64\xc1\x01":                                     "field 100: a tag, which no message has",
		"\xa1\x18\x64\xf9\x00\x00":                                 "field 100: a float or simple value, which no message has",
		"\xa1\x04\xa1\x03\xa2\x61a\x61b\x61a\x61b":                 `field 4: field 3: "a": twice`,
		"\xa1\x04\xa1\x03\xa1\x61a\x01":                            `field 4: field 3: "a": an unsigned integer, want text`,
		"\xa1\x05\x9a\x00\x01\x00\x01":                             "field 5: an array of 65537, at most 65536 are allowed",
		"\xa1\x05\x99\xff\xff\xa0":                                 "field 5: an array longer than the rest of the message",
		"\xb9\x04\x01":                                             "a map of 1025, at most 1024 are allowed",
		"\xa1\x18\x64\x81\x81\x81\x81\x81\x81\x81\x81\x01":         "field 100: nested more than 8 deep",
		"\xa1\x03\xf6\x00":                                         "1 bytes behind the message",
	} {
		_, err := decodeMessage([]byte(in))
		if !errors.Is(err, ErrFrame) || err.Error() != ErrFrame.Error()+": "+want {
			t.Errorf("%x: %v\nwant bad frame: %s", in, err, want)
		}
	}
}

// What an event holds doesn't change with the bytes it was read from.
func TestBytesAreCopied(t *testing.T) {
	body, _ := encMode.Marshal(&Message{Events: []Event{fullEvent}})
	m, err := decodeMessage(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	if !reflect.DeepEqual(m.Events[0], fullEvent) {
		t.Fatalf("%+v", m.Events[0])
	}
}

// What is accepted by hand is accepted by package cbor, with the same value.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		for _, v := range []any{new(Message), new(Request)} {
			fill(r, reflect.ValueOf(v).Elem(), i < 5)
			body, err := encMode.Marshal(v)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(body)
		}
	}
	f.Add([]byte("\xa4\x18\x18\x85\x01\x20\x41\x00\x61a\xf5\x01\x02\x18\x64\xa2\x01\xa1\x61a\xf4\x01\xf6\x20\xf6"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []any{new(Message), new(Request)} {
			got, err := byHand(body, v)
			if err != nil {
				if !errors.Is(err, ErrFrame) {
					t.Fatalf("an error that is no ErrFrame: %v", err)
				}
				continue
			}
			if err := decMode.Unmarshal(body, v); err != nil || !reflect.DeepEqual(got, v) {
				t.Fatalf("%x\nis      %+v\nlibrary %+v, %v", body, got, v, err)
			}
		}
	})
}

// BenchmarkDecode decodes a recording that the site ships with, by hand and
// with package cbor.
func BenchmarkDecode(b *testing.B) {
	file, err := os.ReadFile("../../web/assets/recordings/select.trace")
	if err != nil {
		b.Fatal(err)
	}
	var bodies [][]byte
	for rest := file; len(rest) > 0; {
		n := 4 + binary.BigEndian.Uint32(rest)
		bodies, rest = append(bodies, rest[4:n]), rest[n:]
	}
	for _, way := range []struct {
		name   string
		decode func([]byte) error
	}{
		{"hand", func(body []byte) error { _, err := decodeMessage(body); return err }},
		{"library", func(body []byte) error { return decMode.Unmarshal(body, new(Message)) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				for _, body := range bodies {
					if err := way.decode(body); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
