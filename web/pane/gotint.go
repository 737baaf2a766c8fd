package pane

import (
	"html"
	"strings"

	"sockscope/server/trace"
)

// tint returns one line of Go as HTML: keywords, calls that enter the kernel,
// and comments are marked. The line is taken by itself: a program's text has
// no comment or string over several lines.
func tint(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == '/' && strings.HasPrefix(line[i:], "//"):
			b.WriteString(`<span class="c">` + html.EscapeString(line[i:]) + `</span>`)
			i = len(line)
		case c == '"' || c == '`' || c == '\'':
			n := literal(line[i:])
			b.WriteString(html.EscapeString(line[i : i+n]))
			i += n
		case letter(c):
			n := 1
			for i+n < len(line) && (letter(line[i+n]) || line[i+n] >= '0' && line[i+n] <= '9') {
				n++
			}
			word := line[i : i+n]
			class := ""
			switch {
			case keywords[word]:
				class = "kw"
			case socketCalls[word] && i > 0 && line[i-1] == '.' && i+n < len(line) && line[i+n] == '(':
				class = "fn"
			}
			if class != "" {
				word = `<span class="` + class + `">` + word + `</span>`
			}
			b.WriteString(word)
			i += n
		default:
			b.WriteString(html.EscapeString(line[i : i+1]))
			i++
		}
	}
	return b.String()
}

// literal returns the length of the string or rune that s begins with.
func literal(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// letter reports whether c may be part of a name: letters, and any byte of a
// longer UTF-8 sequence, which must not be torn.
func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	keywords = set("break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var")
)

// socketCalls are the methods and functions that make a call.
var socketCalls = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range trace.Calls() {
		for _, method := range c.Row().Methods {
			m[method] = true
		}
	}
	return m
}()
