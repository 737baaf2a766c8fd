package web

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// el returns an element. go-app has a type for every kind of element, each
// with more than a hundred methods, and all methods of those that are used end
// up in app.wasm. One type for all takes a quarter off it.
func el(tag string) app.HTMLElem { return app.Elem(tag) }

// elc returns an element of a class. Most elements have one, and every call that
// is chained to another costs app.wasm some hundred bytes.
func elc(tag, class string) app.HTMLElem { return el(tag).Class(class) }

// button returns a button that isn't a form's.
func button(do app.EventHandler, options ...app.EventOption) app.HTMLElem {
	return el("button").Attr("type", "button").OnClick(do, options...)
}

// anchor returns a link.
func anchor(href string) app.HTMLElem { return el("a").Attr("href", href) }

// option returns a choice of a select. One that isn't selected must not say so:
// prerendered HTML knows only that the attribute is there.
func option(value, text string, selected bool) app.HTMLElem {
	o := el("option").Attr("value", value).Text(text)
	if selected {
		o = o.Attr("selected", true)
	}
	return o
}
