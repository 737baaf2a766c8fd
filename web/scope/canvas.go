package scope

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/timeline"
)

// Drawing is what a Canvas shows, and what answers its pointer. Its methods
// are called in the browser's animation frames and event handlers, between the
// tasks of go-app's own goroutine, and by Now; they must not block.
type Drawing interface {
	// Paint returns a packed timeline.Scene for a canvas of the size, in CSS
	// px, and whether another frame should follow at once. Only differences of
	// now mean something.
	Paint(width, height float64, now time.Duration) (frame []byte, again bool)
	// Gesture does what the pointer asks for, and reports whether to draw again.
	Gesture(g timeline.Gesture) bool
}

// Canvas is a canvas element that shows a Drawing. It takes the size that the
// page's CSS gives it. Drawing never touches go-app's virtual DOM.
//
// A page makes each Canvas once, keeps it, and returns it from every Render, in
// a parent of its own: go-app tells siblings apart by their place and type
// alone, and would take one Canvas for another that moved to its place.
//
// The script assets/canvas.js must be on the page.
type Canvas struct {
	app.Compo

	drawing Drawing
	class   string
	label   string

	element  app.Value
	pixels   app.Value // a Uint8Array, as large as the largest frame so far
	capacity int
	width    float64 // CSS px
	height   float64
	ratio    float64 // device pixels a CSS px

	frame     app.Func
	due       bool // an animation frame is asked for
	listeners []listener
	observers []observer
	fingers   []finger // that are down
	pinched   bool     // two were down at once: lifting the last is no click
}

// New returns a Canvas for d, an element of the class. The label tells what it shows
// to those who can't see it. With "" it is hidden from them.
func New(d Drawing, class, label string) *Canvas {
	return &Canvas{drawing: d, class: class, label: label}
}

// Render returns the element, always the same.
func (c *Canvas) Render() app.UI {
	e := app.Canvas().Class(c.class)
	if c.label == "" {
		return e.Aria("hidden", true)
	}
	return e.Role("img").Aria("label", c.label)
}

// OnMount takes the element and listens to it.
func (c *Canvas) OnMount(app.Context) {
	c.element = c.JSValue()
	if !c.due { // else the frame asked for before is still to come
		c.frame = app.FuncOf(func(_ app.Value, args []app.Value) any {
			c.due = false
			if c.element == nil {
				c.frame.Release()
				return nil
			}
			c.paint(args[0].Float())
			return nil
		})
	}
	c.listen()
	c.measure()
	c.Draw()
}

// OnDismount gives everything back.
func (c *Canvas) OnDismount() {
	for _, l := range c.listeners {
		l.target.Call("removeEventListener", l.event, l.fn)
		l.fn.Release()
	}
	for _, o := range c.observers {
		o.value.Call("disconnect")
		o.fn.Release()
	}
	c.listeners, c.observers, c.fingers = nil, nil, nil
	c.element = nil
	if !c.due { // otherwise the frame that is due releases it
		c.frame.Release()
	}
}

// Title is what the browser shows beside the pointer, "" for nothing.
func (c *Canvas) Title(text string) {
	if c.element != nil {
		c.element.Set("title", text)
	}
}

// Draw asks for a frame. It may be called as often as one likes: the browser
// draws once, when it is about to show the page, and not while it is hidden.
func (c *Canvas) Draw() {
	if c.element == nil || c.due {
		return
	}
	c.due = true
	app.Window().Call("requestAnimationFrame", c.frame)
}

// Now draws at once. It is for what came with this very frame of the browser's: the one
// that Draw asks for would come behind go-app's next update, which takes longer than a
// frame.
func (c *Canvas) Now() {
	now := app.Window().Get("document").Get("timeline").Get("currentTime") // as this frame's callbacks are told
	if c.element != nil && now.Truthy() {
		c.paint(now.Float())
	}
}

func (c *Canvas) paint(ms float64) {
	if c.width < 1 || c.height < 1 {
		return
	}
	packed, again := c.drawing.Paint(c.width, c.height, time.Duration(ms*1e6))
	if len(packed) > c.capacity {
		c.capacity = 2 * len(packed)
		c.pixels = app.Window().Get("Uint8Array").New(c.capacity)
	}
	app.CopyBytesToJS(c.pixels, packed)
	app.Window().Get("sockscopeCanvas").Call("paint", c.element, c.pixels, len(packed), c.width, c.height, c.ratio)
	if again {
		c.Draw()
	}
}

// measure reads the element's size and the screen's ratio.
func (c *Canvas) measure() {
	c.width = c.element.Get("clientWidth").Float()
	c.height = c.element.Get("clientHeight").Float()
	c.ratio = app.Window().Get("devicePixelRatio").Float()
}
