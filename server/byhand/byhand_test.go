package byhand

import (
	"bytes"
	"strings"
	"testing"

	"sockscope/server/trace"
)

// texts is what stands in the fields of a form before anybody has typed.
func texts(f *Form) (all []string) {
	for i := range f.Fields {
		field := &f.Fields[i]
		text := field.Default
		switch field.Kind {
		case Fixed:
			continue
		case FD, ListFD, AnyFD, MemberFD, ReadFDs, WriteFDs:
			text = "3"
		case One, Option:
			if text == "" {
				text = field.Choices[0].Name
			}
		}
		all = append(all, text)
	}
	return all
}

// What stands in a form at first is a call that can be made, and so is each choice.
func TestDefaultsAreCalls(t *testing.T) {
	for i := range Forms {
		f := &Forms[i]
		if _, err := f.Act(0, texts(f)); err != nil {
			t.Error(err)
		}
		at := 0
		for k := range f.Fields {
			field := &f.Fields[k]
			if field.Kind == Fixed {
				continue
			}
			for _, c := range field.Choices {
				given := texts(f)
				given[at] = c.Name
				if _, err := f.Act(0, given); err != nil {
					t.Error(err)
				}
			}
			at++
		}
	}
}

func TestWrongTextsAreToldInWords(t *testing.T) {
	for _, c := range []struct {
		call  trace.Call
		texts []string
		says  string
	}{
		{trace.Bind, []string{"", "127.0.0.1:80"}, "which fd"},
		{trace.Bind, []string{"three", "127.0.0.1:80"}, "no number"},
		{trace.Bind, []string{"2", "127.0.0.1:80"}, "begin at 3"},
		{trace.Bind, []string{"3", "127.0.0.1"}, "127.0.0.1:9999"},
		{trace.Bind, []string{"3", "[fe80::1%eth0]:80"}, "no address"},
		{trace.Bind, []string{"3", "./socket"}, "behind an @"},
		{trace.Bind, []string{"3", "@" + strings.Repeat("x", 108)}, "at most 107"},
		{trace.Listen, []string{"3", "many"}, "0 to 4096"},
		{trace.Socket, []string{"AF_PACKET", "SOCK_STREAM"}, "AF_INET"},
		{trace.Recv, []string{"3", "0"}, "1 to"},
		{trace.Recv, []string{"3", "99999999999999999999"}, "1 to"},
		{trace.Send, []string{"3", `a\q`, "0"}, "means nothing"},
		{trace.Send, []string{"3", `a\`, "0"}, "means nothing"},
		{trace.Send, []string{"3", strings.Repeat("x", MaxBytes+1), "0"}, "too many"},
		{trace.Writev, []string{"3", "a|b|c|d"}, "3 are the most"},
		{trace.Select, []string{"3,x", "", "none"}, "to read"},
		{trace.Select, []string{strings.Repeat("3 ", MaxMembers+1), "", "none"}, "64 is the most"},
		{trace.Poll, []string{"3", "", "0s"}, "1ms to 10m"},
		{trace.Poll, []string{"3", "", "soon"}, "none"},
		{trace.Nanosleep, []string{"none"}, "1ms to 10m"},
		{trace.Setsockopt, []string{"3", "SO_RCVTIMEO", "11m"}, "10m"},
		{trace.Setsockopt, []string{"3", "TCP_NODELAY", "-1"}, "less than 0"},
		{trace.Setsockopt, []string{"3", "SO_DEBUG", "1"}, "SO_REUSEADDR"},
	} {
		f, err := Find(c.call)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = f.Act(0, c.texts); err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 500 {
			t.Errorf("%v %.50q: %v", c.call, c.texts, err)
		}
	}
	if _, err := Find(trace.Kqueue); err == nil {
		t.Error("kqueue has a form")
	}
}

func TestBytesAreTyped(t *testing.T) {
	for text, want := range map[string]string{
		``: "", `Hello\n`: "Hello\n", `\x00\xff`: "\x00\xff", `a\\b`: `a\b`, "ä": "ä", `\u00e4`: "ä", `"'`: `"'`,
	} {
		if got, err := readBytes(text); err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}

// FuzzAct: what a person may type is a call or an error in words, and a call that is let
// through has the arguments that whoever makes it takes without a look.
func FuzzAct(f *testing.F) {
	for i := range Forms {
		f.Add(uint8(Forms[i].Call), strings.Join(texts(&Forms[i]), "\n"))
	}
	f.Fuzz(func(t *testing.T, call uint8, lines string) {
		form, err := Find(trace.Call(call))
		if err != nil {
			return
		}
		a, err := form.Act(1, strings.Split(lines, "\n"))
		if err != nil {
			return
		}
		if want := form.args(a); len(a.Args) != want || len(a.Data) > MaxBytes || a.Size > MaxRoom || a.Sets.Len() > MaxMembers {
			t.Errorf("%+v is let through", a)
		}
	})
}
