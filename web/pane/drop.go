package pane

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Drop takes files that are dropped on the page. Its handlers are JavaScript functions
// of their own, since go-app's come too late to keep the browser from going to the file.
type Drop struct{ over, drop app.Func }

// Listen gives take the first file of what is dropped.
func (d *Drop) Listen(ctx app.Context, take func(ctx app.Context, file app.Value)) {
	stop := func(e app.Value) bool {
		data := e.Get("dataTransfer")
		if !data.Truthy() || !data.Get("types").Call("includes", "Files").Bool() {
			return false
		}
		e.Call("preventDefault")
		return true
	}
	d.over = app.FuncOf(func(_ app.Value, args []app.Value) any {
		stop(args[0])
		return nil
	})
	d.drop = app.FuncOf(func(_ app.Value, args []app.Value) any {
		if !stop(args[0]) {
			return nil
		}
		if file := args[0].Get("dataTransfer").Get("files").Index(0); file.Truthy() {
			ctx.Dispatch(func(ctx app.Context) { take(ctx, file) })
		}
		return nil
	})
	app.Window().Call("addEventListener", "dragover", d.over)
	app.Window().Call("addEventListener", "drop", d.drop)
}

// Forget takes no more files.
func (d *Drop) Forget() {
	if d.over == nil {
		return
	}
	app.Window().Call("removeEventListener", "dragover", d.over)
	app.Window().Call("removeEventListener", "drop", d.drop)
	d.over.Release()
	d.drop.Release()
	d.over, d.drop = nil, nil
}
