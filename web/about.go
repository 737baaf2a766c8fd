package web

import (
	"html"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
)

// about is a lab's text: what to look at, and what is true.
func about(l *lab.Lab) app.UI {
	list := func(texts []string) app.UI {
		return el("ul").Body(app.Range(texts).Slice(func(i int) app.UI {
			return app.Raw("<li>" + withCode(texts[i]) + "</li>")
		}))
	}
	return elc("div", "about").Body(
		el("h3").Text("Look at"), list(l.Look),
		el("h3").Text("What is true"), list(l.True),
		app.If(l.Notes != "", func() app.UI {
			return el("div").Body(el("h3").Text("Note"), app.Raw("<p>"+withCode(l.Notes)+"</p>"))
		}),
	)
}

// withCode returns text as HTML, with what stands in backquotes as code.
func withCode(text string) string {
	parts := strings.Split(html.EscapeString(text), "`")
	var b strings.Builder
	for i, p := range parts {
		if i%2 == 1 && i+1 < len(parts) {
			b.WriteString("<code>" + p + "</code>")
			continue
		}
		b.WriteString(p)
	}
	return b.String()
}
