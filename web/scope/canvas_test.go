package scope_test

import (
	"testing"

	"sockscope/web/browser"
)

// drawn is an expression: how many pixels of the canvas are not empty.
const drawn = `(()=>{const c=document.querySelector(".timeline");const d=c.getContext("2d").getImageData(0,0,c.width,c.height).data;let n=0;for(let i=3;i<d.length;i+=4)if(d[i])n++;return n})()`

func TestCanvasDraws(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	b, url := browser.Start(t), serve(t)
	for _, c := range []struct {
		name, query string
		view        browser.View
	}{
		{"step", "?at=55", browser.Desk},
		{"step-dark", "?at=120", browser.View{Width: 1440, Height: 320, Dark: true}},
		{"veil", "?at=55&veil=1", browser.Desk},
		{"live", "?at=999&live=1&events=66", browser.Desk},
		{"time", "?at=150&by=time", browser.Desk},
		{"compact", "?at=150&by=time&size=compact", browser.Desk},
		{"many", "?at=50000&by=time&events=100000", browser.Desk},
		{"narrow", "?at=55&size=narrow", browser.Phone},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := b.Open(t, url+"/"+c.query, c.view)
			tab.Wait(drawn + " > 1000")
			tab.Shot("timeline-" + c.name)
		})
	}
}
