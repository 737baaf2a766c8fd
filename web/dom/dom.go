// Package dom makes the elements of the pages, and asks the browser for the few
// things that go-app has no word for.
package dom

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// El returns an element. go-app has a type for every kind of element, each
// with more than a hundred methods, and all methods of those that are used end
// up in app.wasm. One type for all takes a quarter off it.
func El(tag string) app.HTMLElem { return app.Elem(tag) }

// Elc returns an element of a class. Most elements have one, and every call that
// is chained to another costs app.wasm some hundred bytes.
func Elc(tag, class string) app.HTMLElem { return El(tag).Class(class) }

// Button returns a button that isn't a form's.
func Button(do app.EventHandler, options ...app.EventOption) app.HTMLElem {
	return El("button").Attr("type", "button").OnClick(do, options...)
}

// NoSite says that there are no other pages: links to them lead nowhere.
var NoSite bool

// Anchor returns a link. One that begins with a slash leads from the site's root,
// which need not be the host's.
func Anchor(href string) app.HTMLElem {
	if path, ok := strings.CutPrefix(href, "/"); ok && NoSite {
		return El("a")
	} else if ok {
		href = Root() + path
	}
	return El("a").Attr("href", href)
}

// Root is the path of the site's root, with a slash at its end. A page that is made
// before it is hosted doesn't know it, and its links are made relative afterwards.
func Root() string { return cmp.Or(app.Getenv("GOAPP_ROOT_PREFIX"), "/") }

// Option returns a choice of a select. One that isn't selected must not say so:
// prerendered HTML knows only that the attribute is there.
func Option(value, text string, selected bool) app.HTMLElem {
	o := El("option").Attr("value", value).Text(text)
	if selected {
		o = o.Attr("selected", true)
	}
	return o
}

// Focus gives the focus to the element with the ID, if there is one.
func Focus(id string) { FocusOn("#" + id) }

// FocusOn gives the focus to the first element of a selector, if there is one.
func FocusOn(selector string) {
	if e := app.Window().Get("document").Call("querySelector", selector); e.Truthy() {
		e.Call("focus")
	}
}

// HasFocus reports whether the element of a selector, or one in it, has the focus.
func HasFocus(selector string) bool {
	e := app.Window().Get("document").Get("activeElement")
	return e.Truthy() && e.Call("closest", selector).Truthy()
}

// Reveal scrolls the box with the ID, and nothing around it, so that the first element
// of a selector in it is in view.
func Reveal(id, selector string) {
	box := app.Window().GetElementByID(id)
	if !box.Truthy() {
		return
	}
	e := box.Call("querySelector", selector)
	if !e.Truthy() {
		return
	}
	at, in := e.Call("getBoundingClientRect"), box.Call("getBoundingClientRect")
	for _, side := range [...][3]string{{"top", "bottom", "scrollTop"}, {"left", "right", "scrollLeft"}} {
		before := at.Get(side[0]).Float() - in.Get(side[0]).Float()
		after := at.Get(side[1]).Float() - in.Get(side[1]).Float()
		if by := min(before, max(after, 0)); by != 0 {
			box.Set(side[2], box.Get(side[2]).Float()+by)
		}
	}
}

// Number returns what the attribute data-NAME of the element that an event
// happened in says, or of the nearest around it; -1 for none.
func Number(e app.Event, name string) int {
	on := e.Get("target").Call("closest", "[data-"+name+"]")
	if !on.Truthy() {
		return -1
	}
	n, err := strconv.Atoi(on.Get("dataset").Get(name).String())
	if err != nil {
		return -1
	}
	return n
}

// Value returns what the element that an event happened to is set to.
func Value(ctx app.Context) string { return ctx.JSSrc().Get("value").String() }

// Then calls one of two functions when a promise is settled.
func Then(promise app.Value, kept, broken func(app.Value)) {
	var fs [2]app.Func
	settle := func(f func(app.Value)) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			fs[0].Release()
			fs[1].Release()
			f(args[0])
			return nil
		})
	}
	fs = [2]app.Func{settle(kept), settle(broken)}
	promise.Call("then", fs[0], fs[1])
}

// Fetch gets a file of the site and gives it to take, on the UI goroutine.
// A file that isn't there is no error: take isn't called.
func Fetch(ctx app.Context, path string, take func([]byte)) {
	app.Window().Call("fetch", ctx.ResolveStaticResource(path)).Then(func(response app.Value) {
		if response.Get("ok").Bool() {
			ReadBytes(ctx, response, take)
		}
	})
}

// ReadBytes reads a Response or a File, and gives it to take, on the UI goroutine.
func ReadBytes(ctx app.Context, from app.Value, take func([]byte)) {
	from.Call("arrayBuffer").Then(func(buffer app.Value) {
		array := app.Window().Get("Uint8Array").New(buffer)
		file := make([]byte, array.Length())
		app.CopyBytesToGo(file, array)
		ctx.Dispatch(func(app.Context) { take(file) })
	})
}

// Bytes waits for the promise of an ArrayBuffer, and returns what is in it; nil where the
// promise is broken. It is not for the UI's goroutine.
func Bytes(promise app.Value) []byte {
	came := make(chan []byte, 1)
	Then(promise, func(buffer app.Value) {
		array := app.Window().Get("Uint8Array").New(buffer)
		b := make([]byte, array.Length())
		app.CopyBytesToGo(b, array)
		came <- b
	}, func(app.Value) { came <- nil })
	return <-came
}

// Breath returns a function that gives the browser its turn whenever so long has passed
// since the last. It is for one goroutine, which is not the UI's.
func Breath(every time.Duration) func() {
	last := time.Now()
	return func() {
		if time.Since(last) >= every {
			giveTurn()()
			<-turns
			last = time.Now()
		}
	}
}

// turns has a member for each turn of the browser's that is over.
var turns = make(chan struct{}, 1)

// giveTurn asks for one. A timeout would wait for 4 ms: see the HTML standard, section 8.7.
var giveTurn = sync.OnceValue(func() func() {
	channel := app.Window().Get("MessageChannel").New()
	channel.Get("port1").Set("onmessage", app.FuncOf(func(app.Value, []app.Value) any {
		turns <- struct{}{}
		return nil
	}))
	port := channel.Get("port2")
	return func() { port.Call("postMessage", 0) }
})

// Save hands a file to the browser, to be kept under a name.
func Save(name string, file []byte) {
	array := app.Window().Get("Uint8Array").New(len(file))
	app.CopyBytesToJS(array, file)
	blob := app.Window().Get("Blob").New([]any{array}, map[string]any{"type": "application/octet-stream"})
	url := app.Window().Get("URL").Call("createObjectURL", blob)
	a := app.Window().Get("document").Call("createElement", "a")
	a.Set("href", url)
	a.Set("download", name)
	a.Call("click")
	app.Window().Get("URL").Call("revokeObjectURL", url)
}

// Pressed reports, once, whether Run was pressed before the app ran: see theme.js.
func Pressed() bool {
	if app.IsServer {
		return false
	}
	data := app.Window().Get("document").Get("documentElement").Get("dataset")
	was := data.Get("pressed").Truthy()
	if was {
		data.Set("pressed", "")
	}
	return was
}

// Keep has the browser keep a text for this tab, through reloads: not where its place is
// full, or the visitor lets sites keep nothing.
func Keep(place, text string) {
	defer func() { _ = recover() }() // the browser throws
	app.Window().Get("sessionStorage").Call("setItem", place, text)
}

// Kept returns what Keep has kept there, "" for nothing.
func Kept(place string) (text string) {
	if app.IsServer {
		return ""
	}
	defer func() { _ = recover() }()
	if kept := app.Window().Get("sessionStorage").Call("getItem", place); kept.Truthy() {
		text = kept.String()
	}
	return text
}

// Copy puts text on the clipboard, and calls copied when it is there: not where the page
// has no clipboard, or the visitor lets nobody write to it.
func Copy(ctx app.Context, text string, copied func()) {
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if !clipboard.Truthy() { // only secure pages have one
		return
	}
	Then(clipboard.Call("writeText", text),
		func(app.Value) { ctx.Dispatch(func(app.Context) { copied() }) },
		func(app.Value) {})
}
