package trace

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The limits of a message: more than any of ours needs, and little enough
// that nobody's message takes the reader down.
const (
	maxDepth = 8       // arrays and maps within one another
	maxItems = 1 << 16 // of an array
	maxPairs = 1 << 10 // of a map
)

// decodeMessage decodes one whole message of CBOR (RFC 8949).
//
// Messages are decoded by hand, on every system: package cbor's decoder works
// by reflection, which makes app.wasm 400 KB larger and is slow there. Integers,
// strings, arrays, maps and null for what may be absent are all that there is;
// tags, floats and indefinite lengths are refused. Keys that are not known are
// skipped, so that a page can listen to a newer server. What is allocated is
// bounded by the bytes that have arrived, never by a length that they claim.
func decodeMessage(body []byte) (*Message, error) {
	d, m := decoder{in: body}, new(Message)
	d.message(m)
	return m, d.end()
}

// decodeRequest decodes one whole request, as decodeMessage does a message.
func decodeRequest(body []byte) (*Request, error) {
	d, r := decoder{in: body}, new(Request)
	d.request(r)
	return r, d.end()
}

// A decoder takes data items off in, one after another. After the first thing
// that is wrong it takes nothing more, and gives zero values.
type decoder struct {
	in    []byte
	at    int    // what is before was taken off: a place is cheaper to move than in would be, whenever garbage is collected
	depth int    // arrays and maps that are open
	lends *loan  // bytes stay those of the message, and sets are taken from here; nil for neither
	err   string // what is wrong, and where; "" while nothing is
}

// end returns what was wrong with the message, if only that something follows it.
func (d *decoder) end() error {
	if d.err == "" && d.left() > 0 {
		d.fail(strconv.Itoa(d.left()) + " bytes behind the message")
	}
	if d.err != "" {
		return fmt.Errorf("%w: %s", ErrFrame, d.err)
	}
	return nil
}

// left returns how many bytes are still to be decoded.
func (d *decoder) left() int { return len(d.in) - d.at }

// fail keeps the first thing that is wrong, and drops the rest of the message.
func (d *decoder) fail(what string) {
	if d.err == "" {
		d.err, d.in, d.at = what, nil, 0
	}
}

// within says where the thing that is wrong was found, from the inside out.
func (d *decoder) within(place string) { d.err = place + ": " + d.err }

// The names of the major types, in the order of their numbers.
var majorNames = [8]string{"an unsigned integer", "a negative integer", "a byte string",
	"a text string", "an array", "a map", "a tag", "a float or simple value"}

// The simple values that are known (RFC 8949, section 3.3).
const (
	cborFalse = 7<<5 | 20
	cborTrue  = 7<<5 | 21
	cborNull  = 7<<5 | 22
)

// major returns the major type of the next item, 0 where there is none.
func (d *decoder) major() byte {
	if d.left() == 0 {
		d.fail("it ends too early")
		return 0
	}
	return d.in[d.at] &^ 31
}

// number takes the head of an item off, and returns its number: the value, or
// the length of what follows.
func (d *decoder) number() uint64 {
	if d.left() == 0 {
		d.fail("it ends too early")
		return 0
	}
	low := d.in[d.at] & 31
	d.at++
	switch {
	case low < 24:
		return uint64(low)
	case low > 27:
		d.fail("an indefinite or reserved length")
		return 0
	}
	size := 1 << (low - 24)
	if size > d.left() {
		d.fail("it ends too early")
		return 0
	}
	n := uint64(0)
	for _, b := range d.in[d.at : d.at+size] {
		n = n<<8 | uint64(b)
	}
	d.at += size
	return n
}

// head takes off the head of an item that must be of one major type.
func (d *decoder) head(major byte, want string) uint64 {
	if m := d.major(); m != major {
		d.fail(majorNames[m>>5] + ", want " + want)
	}
	return d.number()
}

// uint takes an integer from 0 to largest.
func (d *decoder) uint(largest uint64) uint64 {
	if d.left() > 0 && d.in[d.at] < 24 {
		d.at++
		return uint64(d.in[d.at-1])
	}
	n := d.head(cborUint, majorNames[0])
	if n > largest {
		d.fail(strconv.FormatUint(n, 10) + " does not fit")
		return 0
	}
	return n
}

func (d *decoder) int64() int64 {
	if d.left() > 0 && d.in[d.at] < 24 { // most are small
		d.at++
		return int64(d.in[d.at-1])
	}
	major := d.major()
	if major != cborUint && major != cborNegative {
		d.fail(majorNames[major>>5] + ", want an integer")
	}
	n := d.number()
	if n > math.MaxInt64 {
		d.fail("an integer of more than 64 bits with its sign")
		return 0
	}
	if major == cborNegative && d.err == "" {
		return -1 - int64(n)
	}
	return int64(n)
}

func (d *decoder) int() int {
	n := d.int64()
	if int64(int(n)) != n {
		d.fail(strconv.FormatInt(n, 10) + " does not fit")
		return 0
	}
	return int(n)
}

// take takes n bytes off, which stay those of the message.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(d.left()) {
		d.fail("a string longer than the rest of the message")
		return nil
	}
	b := d.in[d.at : d.at+int(n)]
	d.at += int(n)
	return b
}

func (d *decoder) text() string {
	b := d.take(d.head(cborText, "text"))
	if !utf8.Valid(b) {
		d.fail("text that is not UTF-8")
		return ""
	}
	return string(b)
}

// bytes takes a byte string, and copies it unless d lends: an event doesn't keep its
// frame.
func (d *decoder) bytes() []byte {
	if d.null() {
		return nil
	}
	b := d.take(d.head(cborBytes, "bytes"))
	if d.lends != nil && b != nil {
		return b[:len(b):len(b)]
	}
	return append([]byte{}, b...)
}

// null takes a null off, if that is what is next.
func (d *decoder) null() bool {
	if d.left() == 0 || d.in[d.at] != cborNull {
		return false
	}
	d.at++
	return true
}

// open takes off the head of an array or a map, of which each member takes at
// least size bytes, and returns how many there are. close is for its end.
func (d *decoder) open(major byte, most, size int) int {
	n := d.head(major, majorNames[major>>5])
	switch {
	case n > uint64(most):
		d.fail(majorNames[major>>5] + " of " + strconv.FormatUint(n, 10) + ", at most " + strconv.Itoa(most) + " are allowed")
	case n > uint64(d.left()/size):
		d.fail(majorNames[major>>5] + " longer than the rest of the message")
	case d.depth == maxDepth:
		d.fail("nested more than " + strconv.Itoa(maxDepth) + " deep")
	}
	if d.err != "" {
		return 0
	}
	d.depth++
	return int(n)
}

func (d *decoder) close() { d.depth-- }

// fields is where the decoder is in the map of a struct.
type fields struct {
	left   int     // pairs still to come
	key    int64   // of the pair whose value is next
	inside bool    // key is one
	seen   uint64  // bit k: key k was there
	others []int64 // the keys that were there and have no bit
}

func (d *decoder) fields() fields { return fields{left: d.open(cborMap, maxPairs, 2)} }

// next moves on to the next field. Its value must be taken before the next next.
func (d *decoder) next(f *fields) bool {
	if d.err != "" {
		if f.inside {
			d.within("field " + strconv.FormatInt(f.key, 10))
		}
		return false
	}
	if f.left == 0 {
		d.close()
		return false
	}
	f.left--
	f.inside = false
	key := d.int64()
	twice := false
	if key >= 0 && key < 64 {
		twice = f.seen&(1<<key) != 0
		f.seen |= 1 << key
	} else {
		twice = slices.Contains(f.others, key)
		f.others = append(f.others, key)
	}
	if twice {
		d.fail("field " + strconv.FormatInt(key, 10) + " twice")
	}
	if d.err != "" {
		return false
	}
	f.key, f.inside = key, true
	return true
}

// array takes an array of what item takes, or null.
func array[T any](d *decoder, name string, item func(*decoder, *T)) []T {
	if d.null() {
		return nil
	}
	n := d.open(cborArray, maxItems, 1)
	if d.err != "" {
		return nil
	}
	all := make([]T, n)
	for i := range all {
		item(d, &all[i])
		if d.err != "" {
			d.within(name + " " + strconv.Itoa(i))
			return nil
		}
	}
	d.close()
	return all
}

// loan has room for the sets of some events, which is used again for those that follow.
type loan struct {
	sets []Sets
	fds  []int
}

func (l *loan) again() { l.sets, l.fds = l.sets[:0], l.fds[:0] }

func (l *loan) set() *Sets {
	if l == nil {
		return new(Sets)
	}
	l.sets = append(l.sets, Sets{})
	return &l.sets[len(l.sets)-1]
}

func (l *loan) list(n int) []int {
	if l == nil {
		return make([]int, n)
	}
	at := len(l.fds)
	if at+n > cap(l.fds) { // those before stay where they are
		at, l.fds = 0, make([]int, 0, max(n, 1024))
	}
	l.fds = l.fds[:at+n]
	return l.fds[at : at+n : at+n]
}

// optional takes what item takes, or null.
func optional[T any](d *decoder, item func(*decoder, *T)) *T {
	if d.null() {
		return nil
	}
	v := new(T)
	item(d, v)
	return v
}

// knobs takes a map of texts, or null.
func (d *decoder) knobs() map[string]string {
	if d.null() {
		return nil
	}
	n := d.open(cborMap, maxPairs, 2)
	if d.err != "" {
		return nil
	}
	all := make(map[string]string, n)
	for range n {
		name := d.text()
		if d.err != "" {
			return nil
		}
		if _, twice := all[name]; twice {
			d.fail("twice")
		}
		all[name] = d.text()
		if d.err != "" {
			d.within(strconv.Quote(name))
			return nil
		}
	}
	d.close()
	return all
}

// skip takes an item of any kind off: the value of a key that is not known.
// Nothing of it is kept, so its own keys may be anything, twice too.
func (d *decoder) skip() {
	switch major := d.major(); major {
	case cborUint, cborNegative:
		d.number()
	case cborBytes:
		d.take(d.number())
	case cborText:
		d.text()
	case cborArray:
		d.skipAll(d.open(cborArray, maxItems, 1))
	case cborMap:
		d.skipAll(2 * d.open(cborMap, maxPairs, 2))
	default:
		switch d.in[d.at] {
		case cborFalse, cborTrue, cborNull:
			d.at++
		default:
			d.fail(majorNames[major>>5] + ", which no message has")
		}
	}
}

// skipAll skips the n items of the array or map that was opened last.
func (d *decoder) skipAll(n int) {
	for range n {
		if d.skip(); d.err != "" {
			return
		}
	}
	d.close()
}
