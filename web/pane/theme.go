package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/icon"
)

// ThemeButton switches between light and dark. The choice is kept for the next
// visit, where assets/theme.js applies it before the first paint.
type ThemeButton struct{ app.Compo }

func (b *ThemeButton) Render() app.UI {
	return dom.Button(b.onClick).Class("ib").Aria("label", "Light or dark").
		Body(app.Raw(icon.Theme))
}

func (b *ThemeButton) onClick(ctx app.Context, _ app.Event) {
	data := app.Window().Get("document").Get("documentElement").Get("dataset")
	dark := data.Get("theme")
	isDark := dark.Truthy() && dark.String() == "dark" ||
		!dark.Truthy() && app.Window().Call("matchMedia", "(prefers-color-scheme: dark)").Get("matches").Bool()
	theme := "dark"
	if isDark {
		theme = "light"
	}
	data.Set("theme", theme)
	// Not through go-app's LocalStorage, which would add quotes.
	app.Window().Get("localStorage").Call("setItem", "theme", theme)
}
