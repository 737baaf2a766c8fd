package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// Keyboard takes a page's keys. Its handler is a JavaScript function of its own,
// since go-app's come too late to keep the browser from scrolling.
//
// A button of the timeline's that was clicked gives the focus back: the space bar would
// press it again, where it plays. One that the Tab key has come to keeps it.
type Keyboard struct{ down, click app.Func }

// Listen asks take what each key does; nil is nothing of the page's.
func (k *Keyboard) Listen(ctx app.Context, take func(key string, shift bool) func(app.Context)) {
	k.down = app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := args[0]
		if e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() || e.Get("altKey").Bool() || e.Get("defaultPrevented").Bool() {
			return nil
		}
		key := e.Get("key").String()
		if typing(e.Get("target"), key) {
			return nil
		}
		if do := take(key, e.Get("shiftKey").Bool()); do != nil {
			e.Call("preventDefault")
			ctx.Dispatch(do)
		}
		return nil
	})
	app.Window().Call("addEventListener", "keydown", k.down)
	k.click = app.FuncOf(func(_ app.Value, args []app.Value) any {
		if e := args[0]; e.Get("detail").Int() > 0 {
			if button := e.Get("target").Call("closest", ".scopehead button, .trans button"); button.Truthy() {
				button.Call("blur")
			}
		}
		return nil
	})
	app.Window().Call("addEventListener", "click", k.click)
}

// Forget takes no more keys.
func (k *Keyboard) Forget() {
	if k.down != nil {
		app.Window().Call("removeEventListener", "keydown", k.down)
		app.Window().Call("removeEventListener", "click", k.click)
		k.down.Release()
		k.click.Release()
		k.down = nil
	}
}

// typing reports whether a key belongs to the element that has the focus:
// every key to a field, a choice or an open dialog, the space bar to a button,
// up and down to a pane that scrolls.
func typing(target app.Value, key string) bool {
	if !target.Truthy() || !target.Get("tagName").Truthy() {
		return false
	}
	// A dialog that was just closed keeps the focus until the next frame.
	if target.Call("closest", "dialog[open]").Truthy() {
		return true
	}
	switch target.Get("tagName").String() {
	case "INPUT", "SELECT", "TEXTAREA":
		return true
	case "BUTTON", "A", "LABEL":
		return key == " " || key == "Enter" && !answering(target)
	}
	return (key == "ArrowUp" || key == "ArrowDown") && target.Get("classList").Call("contains", "scroll").Bool()
}

// answering reports whether a button is part of a guess that can be checked: then
// Enter checks it, and the space bar changes it.
func answering(button app.Value) bool {
	return button.Call("matches", ".out button.m, #ask .offers .btn").Bool() &&
		app.Window().Get("document").Call("querySelector", "#ask .pri:enabled").Truthy()
}

// KeyList is the dialog that lists the keys, and the marks of the timeline.
type KeyList struct{ app.Compo }

func (k *KeyList) Render() app.UI {
	return dom.Elc("dialog", "sheet").ID("keys").Aria("labelledby", "keys-title").Body(
		dom.El("h2").ID("keys-title").Body(
			dom.El("span").Text("Keys"), dom.Elc("span", "sp"),
			dom.Button(k.onClose).Class("btn").Text("Close"),
		),
		dom.El("dl").Body(app.Range(visit.Keys).Slice(func(i int) app.UI {
			return dom.El("div").Body(
				dom.El("dt").Body(dom.El("kbd").Text(visit.Keys[i].Keys)),
				dom.El("dd").Body(app.Text(visit.Keys[i].Text)),
			)
		})),
		dom.El("h2").Text("Marks"),
		&Key{Unknown: true},
	)
}

// OpenKeys opens the list.
func OpenKeys() { app.Window().GetElementByID("keys").Call("showModal") }

// ShowKeys does it for a button.
func ShowKeys(app.Context, app.Event) { OpenKeys() }

func (k *KeyList) onClose(app.Context, app.Event) { k.JSValue().Call("close") }
