package scope_test

import (
	"strings"
	"testing"

	"sockscope/web/browser"
)

// pixels is the start of an expression: d is what the timeline shows.
const pixels = `(()=>{const c=document.querySelector(".timeline"),x=Object.assign(document.createElement("canvas"),{width:c.width,height:c.height})
		.getContext("2d",{willReadFrequently:true});x.drawImage(c,0,0);let n=0;const d=x.getImageData(0,0,c.width,c.height).data;`

// drawn is an expression: how many pixels of the timeline are not empty.
const drawn = pixels + `for(let i=3;i<d.length;i+=4)if(d[i])n++;return n})()`

// coloured is an expression: how many pixels have the colour of a token.
func coloured(token string) string {
	return strings.ReplaceAll(pixels+`x.fillStyle=getComputedStyle(c).getPropertyValue("--TOKEN");x.fillRect(0,0,1,1);
		const [r,g,b]=x.getImageData(0,0,1,1).data;for(let i=0;i<d.length;i+=4)if(d[i]===r&&d[i+1]===g&&d[i+2]===b&&d[i+3]===255)n++;return n})()`, "TOKEN", token)
}

func open(t *testing.T, query string, v browser.View) *browser.Tab {
	b := browser.Start(t)
	tab := b.Open(t, serve(t)+"/"+query, v)
	tab.Wait(drawn + " > 1000")
	return tab
}

// pointer is an expression that sends the timeline a pointer event.
func pointer(event, init string) string {
	return `document.querySelector(".timeline").dispatchEvent(new ` + event + `(` + init + `)), 0`
}

func TestDrawings(t *testing.T) {
	for _, c := range []struct {
		name, query string
		view        browser.View
	}{
		{"step", "?at=55", browser.Desk},
		{"dark", "?at=120", browser.View{Width: 1440, Height: 320, Dark: true}},
		{"veil", "?at=54&veil=1", browser.Desk},
		{"live", "?at=999&live=1&events=66", browser.Desk},
		{"time", "?at=150&by=time", browser.Desk},
		{"compact", "?at=150&by=time&size=compact", browser.Desk},
		{"many", "?at=50000&by=time&events=100000", browser.Desk},
		{"spin", "?at=280", browser.Desk},
		{"narrow", "?at=55&size=narrow", browser.Phone},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := open(t, c.query, c.view)
			tab.Wait(coloured("ink") + " > 100")
			tab.Shot("timeline-" + c.name)
		})
	}
}

func TestTheThemeChangesTheColours(t *testing.T) {
	tab := open(t, "?at=55", browser.Desk)
	tab.Wait(coloured("run") + " > 100")
	tab.Eval(`document.documentElement.dataset.theme = "dark"`)
	tab.Wait(`getComputedStyle(document.documentElement).getPropertyValue("--run").trim() === "#6FBDF0"`)
	tab.Wait(coloured("run") + " > 100")
	tab.Eval(`delete document.documentElement.dataset.theme`)
	dark := browser.Desk
	dark.Dark = true
	tab.Resize(dark)
	tab.Wait(coloured("run") + " > 100")
}

func TestTheCanvasFollowsItsSize(t *testing.T) {
	tab := open(t, "?at=55", browser.Desk)
	tab.Wait(`document.querySelector(".timeline").width === 1440 * devicePixelRatio`)
	tab.Resize(browser.View{Width: 900, Height: 600})
	tab.Wait(`document.querySelector(".timeline").width === 900 * devicePixelRatio`)
	tab.Wait(drawn + " > 1000")
}

func TestPointing(t *testing.T) {
	tab := open(t, "?at=55", browser.Desk)
	if got := tab.Eval("position()"); got != "55" {
		t.Fatalf("begins at %s, want 55", got)
	}
	down := `{pointerId: 1, button: 0, clientX: AT, clientY: 100, bubbles: true}`
	at := func(x string) string { return strings.Replace(down, "AT", x, 1) }
	// setPointerCapture knows only pointers that exist.
	tab.Eval(`HTMLCanvasElement.prototype.setPointerCapture = () => {}`)
	tab.Eval(pointer("PointerEvent", `"pointerdown", `+at("500")))
	tab.Eval(pointer("PointerEvent", `"pointerup", `+at("500")))
	tab.Wait(`position() > 30 && position() < 55`)

	before := tab.Eval("from()")
	tab.Eval(pointer("PointerEvent", `"pointerdown", `+at("900")))
	tab.Eval(pointer("PointerEvent", `"pointermove", `+at("660")))
	tab.Eval(pointer("PointerEvent", `"pointerup", `+at("660")))
	tab.Wait(`Math.abs(from() - ` + before + ` - 10) < 0.01`) // 240 px are ten steps

	before = tab.Eval("from()")
	tab.Eval(pointer("WheelEvent", `"wheel", {deltaX: 48, cancelable: true}`))
	tab.Wait(`Math.abs(from() - ` + before + ` - 2) < 0.01`)
	before = tab.Eval("from()")
	tab.Eval(pointer("WheelEvent", `"wheel", {deltaY: 100, ctrlKey: true, clientX: 700, cancelable: true}`))
	tab.Wait(`from() < ` + before)
}

// A finger that pans and a second that pinches.
func TestPinching(t *testing.T) {
	tab := open(t, "?at=55", browser.Desk)
	tab.Eval(`HTMLCanvasElement.prototype.setPointerCapture = () => {}`)
	event := func(kind string, id, x string) {
		tab.Eval(pointer("PointerEvent", `"`+kind+`", {pointerType: "touch", button: 0, clientY: 100, pointerId: `+id+`, clientX: `+x+`}`))
	}
	before := tab.Eval("from()")
	event("pointerdown", "1", "600")
	event("pointerdown", "2", "800")
	event("pointermove", "1", "500")
	event("pointermove", "2", "900")
	event("pointerup", "1", "500")
	event("pointerup", "2", "900")
	// Twice as wide about the middle: less is shown, and it begins later.
	tab.Wait(`from() > ` + before + ` + 5`)
	if got := tab.Eval("position()"); got != "55" {
		t.Errorf("pinching sought to %s", got)
	}
}

func TestPlaying(t *testing.T) {
	tab := open(t, "?at=0", browser.Desk)
	tab.Eval("play()")
	tab.Wait("position() > 20")
}

// The page removes the canvas: nothing is left that draws or listens.
func TestDismounting(t *testing.T) {
	tab := open(t, "?at=0", browser.Desk)
	tab.Eval(`(window.canvas = document.querySelector(".timeline"), play(), hide(), 0)`)
	tab.Wait(`!document.querySelector(".timeline")`)
	tab.Eval(`(window.canvas.dispatchEvent(new WheelEvent("wheel", {deltaX: 48, cancelable: true})), 0)`)
	tab.Eval(`(document.documentElement.dataset.theme = "dark", 0)`)
	tab.Wait(`document.documentElement.dataset.theme === "dark"`)
	tab.Eval("show()")
	tab.Wait(drawn + " > 1000") // and it can be mounted again
}
