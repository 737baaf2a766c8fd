package pane

import (
	"html"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
)

// About is a lab's text: what to look at, and what is true.
func About(l *lab.Lab) app.UI {
	list := func(texts []string) app.UI {
		return dom.El("ul").Body(app.Range(texts).Slice(func(i int) app.UI {
			return app.Raw("<li>" + WithCode(texts[i]) + "</li>")
		}))
	}
	return dom.Elc("div", "about").Body(
		dom.El("h3").Text("Look at"), list(l.Look),
		dom.El("h3").Text("What is true"), list(l.True),
		app.If(l.Notes != "", func() app.UI {
			return dom.El("div").Body(dom.El("h3").Text("Note"), app.Raw("<p>"+WithCode(l.Notes)+"</p>"))
		}),
	)
}

// WithCode returns text as HTML, with what stands in backquotes as code.
func WithCode(text string) string {
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
