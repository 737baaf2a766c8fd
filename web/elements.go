package web

import (
	"cmp"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

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

// anchor returns a link. One that begins with a slash leads from the site's root,
// which need not be the host's.
func anchor(href string) app.HTMLElem {
	if path, ok := strings.CutPrefix(href, "/"); ok {
		href = root() + path
	}
	return el("a").Attr("href", href)
}

// root is the path of the site's root, with a slash at its end. A page that is made
// before it is hosted doesn't know it, and its links are made relative afterwards.
func root() string { return cmp.Or(app.Getenv("GOAPP_ROOT_PREFIX"), "/") }

// option returns a choice of a select. One that isn't selected must not say so:
// prerendered HTML knows only that the attribute is there.
func option(value, text string, selected bool) app.HTMLElem {
	o := el("option").Attr("value", value).Text(text)
	if selected {
		o = o.Attr("selected", true)
	}
	return o
}
