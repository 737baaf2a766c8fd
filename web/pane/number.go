package pane

import (
	"fmt"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// number is a number as memory and the wire have it: computed here, from what is typed.
type number struct {
	app.Compo

	// Of and Bits are the number of the lab, and its size, to begin with; "" where it is about
	// none.
	Of, Bits string

	text, fields string
	bits         int
}

// sizes are the sizes that a number can have.
var sizes = []string{"8", "16", "32", "64"}

func (c *number) OnInit() {
	c.text, c.fields, c.bits = "0x12345678", "BIH", 32
	if c.Of != "" && c.Bits != "" {
		c.text = c.Of
		fmt.Sscan(c.Bits, &c.bits)
	}
}

func (c *number) Render() app.UI {
	n, cut, err := visit.ReadNumber(c.text, c.bits)
	native, packed, bad := visit.Pack(c.fields, n.Value)
	note := ""
	switch {
	case err != nil:
		note = err.Error()
	case cut:
		note = fmt.Sprintf("it doesn't fit: these are its low %d bits", c.bits)
	case bad != nil:
		note = bad.Error()
	}
	return dom.Elc("div", "number").Body(
		dom.Elc("div", "typed").Body(
			dom.El("label").Body(app.Text("number "),
				app.ElemSelfClosing("input").Class("field").Attr("type", "text").Attr("name", "number").Attr("value", c.text).Attr("maxlength", 70).Spellcheck(false).Attr("autocomplete", "off").OnInput(c.onText)),
			dom.El("label").Body(app.Text("bits "), dom.Elc("select", "pick").Attr("name", "bits").OnChange(c.onBits).Body(
				app.Range(sizes).Slice(func(i int) app.UI {
					return dom.Option(sizes[i], sizes[i], sizes[i] == fmt.Sprint(c.bits))
				}))),
			dom.Button(c.onFlip).Class("btn").Title("What htonl and ntohl do on a little-endian machine").Text("flip"),
		),
		dom.Elc("p", "hint").Role("status").Text(note),
		app.If(err == nil, func() app.UI {
			return app.Raw(`<table class="mem" aria-label="The number"><tr><th>decimal, hex</th><td>` + fmt.Sprint(n.Value) + `</td><td>` + n.Hex() + signed(n) + `</td></tr>` +
				memory("network order", n.Network(), n) + memory("host, little-endian", n.Host(), n) + `</table>`)
		}),
		dom.Elc("div", "typed").Body(dom.El("label").Title("B, H, I and Q are 1, 2, 4 and 8 bytes, as in Python's struct. Each field has the number, or its low bits").Body(app.Text("struct of "),
			app.ElemSelfClosing("input").Class("field").Attr("type", "text").Attr("name", "struct").Attr("value", c.fields).Attr("maxlength", 8).Spellcheck(false).Attr("autocomplete", "off").OnInput(c.onFields))),
		app.If(err == nil && bad == nil, func() app.UI {
			return app.Raw("<div>" + layout("in C's memory, 64 bits", native) + layout("on the wire, packed", packed) + "</div>")
		}),
	)
}

// signed adds what a number is as one with a sign, where that differs.
func signed(n visit.Number) string {
	if s := n.Signed(); s < 0 {
		return fmt.Sprintf(` <span>or %d with a sign</span>`, s)
	}
	return ""
}

// memory is a row: the bytes in one order at their addresses, and what each reader makes
// of them.
func memory(name string, data []byte, n visit.Number) string {
	inNetwork, inHost := n.Value, n.Flipped().Value
	if name != "network order" {
		inNetwork, inHost = inHost, inNetwork
	}
	return `<tr><th>` + name + `</th><td>` + boxes(data, 0, "") + fmt.Sprintf(`</td><td><span>read in network order</span> %d<br><span>in host order</span> %d</td></tr>`, inNetwork, inHost)
}

// boxes draws bytes at their addresses.
func boxes(data []byte, at int, class string) string {
	var b strings.Builder
	for i, x := range data {
		text := fmt.Sprintf("%02x", x)
		if class == "pad" {
			text = "··"
		}
		fmt.Fprintf(&b, `<i class="%s"><code>%s</code>+%d</i>`, class, text, at+i)
	}
	return b.String()
}

// layout draws the fields of a struct, one after another.
func layout(name string, fields []visit.Field) string {
	var b strings.Builder
	size := 0
	for _, f := range fields {
		class, title := "fld", f.Name
		if f.Name == "" {
			class, title = "pad", "padding"
		}
		size = f.At + len(f.Data)
		fmt.Fprintf(&b, `<span title="%s">%s</span>`, title, boxes(f.Data, f.At, class))
	}
	return fmt.Sprintf(`<p class="layout"><b>%s: %d bytes</b>%s</p>`, name, size, b.String())
}

func (c *number) onText(ctx app.Context, _ app.Event)   { c.text = dom.Value(ctx) }
func (c *number) onFields(ctx app.Context, _ app.Event) { c.fields = dom.Value(ctx) }

func (c *number) onBits(ctx app.Context, _ app.Event) {
	fmt.Sscan(dom.Value(ctx), &c.bits)
}

// onFlip makes the number the one that its bytes are in the other order.
func (c *number) onFlip(app.Context, app.Event) {
	if n, _, err := visit.ReadNumber(c.text, c.bits); err == nil {
		if f := n.Flipped(); strings.HasPrefix(c.text, "0x") {
			c.text = f.Hex()
		} else {
			c.text = fmt.Sprint(f.Value)
		}
	}
}
