package pane

import "testing"

func TestTint(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"for {":                   `<span class="kw">for</span> {`,
		"format := 1":             "format := 1",
		`x := "for // <"`:         `x := &#34;for // &lt;&#34;`,
		`c := '"' // a "quote"`:   `c := &#39;&#34;&#39; <span class="c">// a &#34;quote&#34;</span>`,
		"conn.Recv(1024)":         `conn.<span class="fn">Recv</span>(1024)`,
		"Recv(1)":                 "Recv(1)",
		"s.Recv":                  "s.Recv",
		"<script>alert(1)":        "&lt;script&gt;alert(1)",
		"größe := range":          `größe := <span class="kw">range</span>`,
		`"unterminated \" text`:   `&#34;unterminated \&#34; text`,
		"a&b // c && d <img x=1>": `a&amp;b <span class="c">// c &amp;&amp; d &lt;img x=1&gt;</span>`,
	} {
		if got := tint(in); got != want {
			t.Errorf("tint(%q)\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestCodeInTexts(t *testing.T) {
	for in, want := range map[string]string{
		"`recv` returns 0":  "<code>recv</code> returns 0",
		"a < b":             "a &lt; b",
		"one ` alone":       "one  alone",
		"`<b>` and `send`.": "<code>&lt;b&gt;</code> and <code>send</code>.",
	} {
		if got := WithCode(in); got != want {
			t.Errorf("WithCode(%q) = %s, want %s", in, got, want)
		}
	}
}
