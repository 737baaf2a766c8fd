package scope

import (
	"math"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/timeline"
)

// listener is a function that an event of the browser calls.
type listener struct {
	target app.Value
	event  string
	fn     app.Func
}

// observer is an observer of the browser and the function that it calls.
type observer struct {
	value app.Value
	fn    app.Func
}

// finger is a pointer that is down on the canvas.
type finger struct {
	id   int
	x, y float64
}

// zoomRate turns px of a wheel into a factor: a notch of 100 px is about 1.2.
const zoomRate = 0.002

// listen follows the pointer, the element's size and the page's theme.
func (c *Canvas) listen() {
	c.element.Get("style").Set("touchAction", "none")
	c.on(c.element, "pointerdown", c.down)
	c.on(c.element, "pointermove", c.move)
	c.on(c.element, "pointerup", c.up)
	c.on(c.element, "pointercancel", c.cancel)
	c.on(c.element, "pointerleave", func(app.Value) { c.gesture(timeline.Gesture{Action: timeline.Leave}) })
	c.on(c.element, "wheel", c.wheel)

	restyle := func(app.Value) {
		app.Window().Get("sockscopeCanvas").Call("restyle", c.element)
		c.Draw()
	}
	c.on(app.Window().Call("matchMedia", "(prefers-color-scheme: dark)"), "change", restyle)
	theme := c.observe("MutationObserver", restyle)
	theme.Call("observe", app.Window().Get("document").Get("documentElement"),
		map[string]any{"attributes": true, "attributeFilter": []any{"data-theme"}})
	size := c.observe("ResizeObserver", func(app.Value) {
		c.measure()
		c.Draw()
	})
	size.Call("observe", c.element)
}

func (c *Canvas) on(target app.Value, event string, do func(e app.Value)) {
	fn := app.FuncOf(func(_ app.Value, args []app.Value) any {
		if c.element != nil {
			do(args[0])
		}
		return nil
	})
	target.Call("addEventListener", event, fn, map[string]any{"passive": false})
	c.listeners = append(c.listeners, listener{target, event, fn})
}

func (c *Canvas) observe(kind string, do func(app.Value)) app.Value {
	fn := app.FuncOf(func(_ app.Value, args []app.Value) any {
		if c.element != nil {
			do(args[0])
		}
		return nil
	})
	o := app.Window().Get(kind).New(fn)
	c.observers = append(c.observers, observer{o, fn})
	return o
}

func (c *Canvas) gesture(g timeline.Gesture) {
	if c.drawing.Gesture(g) {
		c.Draw()
	}
}

func (c *Canvas) down(e app.Value) {
	if e.Get("button").Int() != 0 {
		return
	}
	f := finger{e.Get("pointerId").Int(), e.Get("offsetX").Float(), e.Get("offsetY").Float()}
	c.element.Call("setPointerCapture", f.id)
	c.fingers = append(c.fingers, f)
	c.pinched = len(c.fingers) > 1
	if !c.pinched {
		c.gesture(timeline.Gesture{Action: timeline.Press, X: f.x, Y: f.y})
	}
}

func (c *Canvas) move(e app.Value) {
	x, y := e.Get("offsetX").Float(), e.Get("offsetY").Float()
	i := c.finger(e.Get("pointerId").Int())
	if i < 0 {
		c.gesture(timeline.Gesture{Action: timeline.Move, X: x, Y: y})
		return
	}
	before := c.fingers[i]
	c.fingers[i].x, c.fingers[i].y = x, y
	if !c.pinched {
		c.gesture(timeline.Gesture{Action: timeline.Drag, X: x, Y: y, DX: x - before.x, DY: y - before.y})
		return
	}
	if i > 1 || len(c.fingers) == 1 {
		return // a third finger, or what is left of a pinch
	}
	still := c.fingers[1-i]
	was, is := math.Abs(before.x-still.x), math.Abs(x-still.x)
	middle := (x + still.x) / 2
	if was > 8 && is > 8 {
		c.gesture(timeline.Gesture{Action: timeline.Zoom, X: middle, Y: y, Factor: is / was})
	}
	c.gesture(timeline.Gesture{Action: timeline.Scroll, DX: -(x - before.x) / 2, DY: -(y - before.y) / 2})
}

func (c *Canvas) up(e app.Value) {
	i := c.finger(e.Get("pointerId").Int())
	if i < 0 {
		return
	}
	f := c.fingers[i]
	c.fingers = append(c.fingers[:i], c.fingers[i+1:]...)
	if !c.pinched {
		c.gesture(timeline.Gesture{Action: timeline.Lift, X: f.x, Y: f.y})
	}
}

func (c *Canvas) cancel(e app.Value) {
	if i := c.finger(e.Get("pointerId").Int()); i >= 0 {
		c.fingers = append(c.fingers[:i], c.fingers[i+1:]...)
	}
}

func (c *Canvas) finger(id int) int {
	for i := range c.fingers {
		if c.fingers[i].id == id {
			return i
		}
	}
	return -1
}

func (c *Canvas) wheel(e app.Value) {
	e.Call("preventDefault")
	dx, dy := e.Get("deltaX").Float(), e.Get("deltaY").Float()
	if e.Get("deltaMode").Int() == 1 { // lines, as Firefox counts
		dx, dy = 16*dx, 16*dy
	}
	x, y := e.Get("offsetX").Float(), e.Get("offsetY").Float()
	if e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() {
		c.gesture(timeline.Gesture{Action: timeline.Zoom, X: x, Y: y, Factor: math.Exp(-dy * zoomRate)})
		return
	}
	if e.Get("shiftKey").Bool() && dx == 0 {
		dx, dy = dy, 0
	}
	c.gesture(timeline.Gesture{Action: timeline.Scroll, X: x, Y: y, DX: dx, DY: dy})
}
