// The program that runs in the browser: the site's pages, and nothing else.
package main

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web"
)

func main() {
	web.Routes()
	app.RunWhenOnBrowser()
}
