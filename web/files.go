package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// record fetches the lab's recording, for a page without a relay, or whose server
// can't run the lab. Without one the page says so.
func (p *labPage) record(ctx app.Context) {
	if app.IsServer || p.s.Lab.Server() != "" || p.s.Lab.Unrecorded || !p.s.Link.Off() && p.s.cannot() == "" || p.s.Player != nil {
		return
	}
	id := p.s.Lab.ID
	if c := p.s.versus; c != nil {
		for i, e := range c.servers {
			fetchFile(ctx, "/web/recordings/compare-"+e.lab.ID+".trace", func(file []byte) {
				if p.s.versus == c && p.s.Link.Off() {
					p.s.loadRun(i, file)
					p.draw()
				}
			})
		}
		return
	}
	fetchFile(ctx, "/web/recordings/"+id+".trace", func(file []byte) {
		if p.s.Player == nil && p.s.Lab.ID == id && p.s.load(file) == nil {
			p.draw()
		}
	})
}

// fetchFile gets a file of the site and gives it to take, on the UI goroutine.
// A file that isn't there is no error: take isn't called.
func fetchFile(ctx app.Context, path string, take func([]byte)) {
	app.Window().Call("fetch", ctx.ResolveStaticResource(path)).Then(func(response app.Value) {
		if !response.Get("ok").Bool() {
			return
		}
		readBytes(ctx, response, take)
	})
}

// readBytes reads a Response or a File.
func readBytes(ctx app.Context, from app.Value, take func([]byte)) {
	from.Call("arrayBuffer").Then(func(buffer app.Value) {
		array := app.Window().Get("Uint8Array").New(buffer)
		file := make([]byte, array.Length())
		app.CopyBytesToGo(file, array)
		ctx.Dispatch(func(app.Context) { take(file) })
	})
}

// onOpen plays a trace file of the learner's.
func (p *labPage) onOpen(ctx app.Context, _ app.Event) {
	input := ctx.JSSrc()
	file := input.Get("files").Index(0)
	if !file.Truthy() {
		return
	}
	readBytes(ctx, file, func(data []byte) {
		input.Set("value", "") // so that the same file can be opened again
		if err := p.s.load(data); err != nil {
			p.s.fail(err)
			return
		}
		p.ID, p.tab, p.complaint = p.s.Lab.ID, "kernel", ""
		p.mirror(ctx)
		p.draw()
	})
}

// onSave hands the run's frames to the browser as a file, byte for byte as
// they came.
func (p *labPage) onSave(app.Context, app.Event) {
	array := app.Window().Get("Uint8Array").New(len(p.s.file))
	app.CopyBytesToJS(array, p.s.file)
	blob := app.Window().Get("Blob").New([]any{array}, map[string]any{"type": "application/octet-stream"})
	url := app.Window().Get("URL").Call("createObjectURL", blob)
	a := app.Window().Get("document").Call("createElement", "a")
	a.Set("href", url)
	a.Set("download", p.s.Lab.ID+"-"+date(p.s.Player.Run.Header.Began)+".trace")
	a.Call("click")
	app.Window().Get("URL").Call("revokeObjectURL", url)
}
