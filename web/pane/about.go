package pane

import (
	"html"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/dom"
)

// About is a lab's text: the stops of its walk, or what to do, and what is true.
// walk are the sentences of its stops; hidden says that the learner is to find
// out first.
func About(l *lab.Lab, walk []string, hidden bool) app.UI {
	if hidden {
		return dom.Elc("div", "about").Body(dom.El("p").Text("You are asked first. What is to be seen, and what is true, stands here when the questions are answered."))
	}
	list := func(texts []string) app.UI {
		return dom.El("ul").Body(app.Range(texts).Slice(func(i int) app.UI {
			return app.Raw("<li>" + WithCode(texts[i]) + "</li>")
		}))
	}
	return dom.Elc("div", "about").Body(
		app.If(len(l.Stops) > 0, func() app.UI {
			return dom.El("div").Body(dom.El("h3").Text("The walk"), list(walk))
		}).ElseIf(len(l.Do) > 0, func() app.UI { return dom.El("div").Body(dom.El("h3").Text("What to do"), list(l.Do)) }),
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
