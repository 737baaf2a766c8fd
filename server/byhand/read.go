package byhand

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sockscope/server/trace"
)

// Act returns the act that texts ask for: what a person has put into each of the form's
// fields, but for those that are Fixed. The error says what is wrong with a text, and what
// would be right.
func (f *Form) Act(side int, texts []string) (*trace.Act, error) {
	a := &trace.Act{Call: f.Call, Side: side}
	for i := range f.Fields {
		text := ""
		if len(texts) > 0 && f.Fields[i].Kind != Fixed {
			text, texts = texts[0], texts[1:]
		}
		if err := f.Fields[i].read(a, text); err != nil {
			return nil, fmt.Errorf("%v: %w", f.Call, err)
		}
	}
	return a, Check(a)
}

// read sets what the field is of a.
func (f *Field) read(a *trace.Act, text string) (err error) {
	switch f.Kind {
	case FD, ListFD, AnyFD:
		a.FD, err = readFD(text)
	case MemberFD:
		var fd int
		fd, err = readFD(text)
		a.Args = append(a.Args, int64(fd))
	case Addr:
		a.Addr = strings.TrimSpace(text)
	case Data:
		a.Data, err = readBytes(text)
	case Pieces:
		for piece := range strings.SplitSeq(text, "|") {
			b, err := readBytes(piece)
			if err != nil {
				return err
			}
			a.Data = append(a.Data, b...)
			a.Args = append(a.Args, int64(len(b)))
		}
		if len(a.Args) > MaxPieces {
			return fmt.Errorf("%d pieces; %d are the most", len(a.Args), MaxPieces)
		}
	case Size:
		a.Size, err = strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return f.noNumber(text)
		}
	case Int, Value:
		v, err := f.number(text)
		if err != nil {
			return err
		}
		a.Args = append(a.Args, v)
	case One, Option:
		c := f.named(text)
		if c == nil {
			return fmt.Errorf("%s %.40q can't be; it is %s", f.Label, text, f.names())
		}
		if f.Kind == Option {
			a.Args = append(a.Args, c.Level)
		}
		a.Args = append(a.Args, c.Value)
	case Fixed:
		a.Args = append(a.Args, f.Choices[0].Value)
	case ReadFDs, WriteFDs:
		fds, err := readFDs(text)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Label, err)
		}
		if a.Sets == nil {
			a.Sets = new(trace.Sets)
		}
		if f.Kind == ReadFDs {
			a.Sets.Read = fds
		} else {
			a.Sets.Write = fds
		}
	case Timeout, Pause:
		a.Timeout, err = f.wait(text)
	}
	return err
}

// number reads a number, or a duration as the µs that it has.
func (f *Field) number(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if f.Kind == Value {
		if d, err := time.ParseDuration(text); err == nil && text != "0" {
			return d.Microseconds(), nil
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, f.noNumber(text)
	}
	return v, nil
}

func (f *Field) noNumber(text string) error {
	return fmt.Errorf("%s is %.40q; it is a whole number, %d to %d", f.Label, text, f.Min, f.Max)
}

// wait reads a time; "none" is no limit, where there may be none.
func (f *Field) wait(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if f.Kind == Timeout && (text == "none" || text == "") {
		return trace.Forever, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil && f.Kind == Timeout {
		return 0, fmt.Errorf("timeout %.40q can't be read; it is none, or 1ms to 10m, as 500ms", text)
	}
	if err != nil {
		return 0, errWait
	}
	return int64(d), nil
}

func readFD(text string) (int, error) {
	text = strings.TrimSpace(text)
	fd, err := strconv.Atoi(text)
	switch {
	case text == "":
		return 0, fmt.Errorf("which fd? This side has none that fits")
	case err != nil:
		return 0, fmt.Errorf("fd %.40q is no number", text)
	}
	return fd, nil
}

// readFDs reads numbers with commas or spaces between them.
func readFDs(text string) (fds []int, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		fd, err := readFD(word)
		if err != nil {
			return nil, err
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// readBytes reads text with the escapes that C and Go have: \n, \t, \x00, \\.
func readBytes(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for rest := text; rest != ""; {
		if rest[0] != '\\' {
			out, rest = append(out, rest[0]), rest[1:]
			continue
		}
		c, multibyte, tail, err := strconv.UnquoteChar(rest, 0)
		if err != nil {
			return nil, fmt.Errorf(`%.40q has a \ that means nothing; there are \n, \r, \t, \x00 and \\`, text)
		}
		if multibyte {
			out = append(out, string(c)...)
		} else {
			out = append(out, byte(c))
		}
		rest = tail
	}
	return out, nil
}
