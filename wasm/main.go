// The program that runs in the browser: the site's pages, and nothing else.
package main

import (
	"runtime/debug"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web"
)

// enough is the memory beyond which the garbage collector works harder, in bytes. A run of
// a million events takes less.
const enough = 300 << 20

func main() {
	debug.SetMemoryLimit(enough)
	web.Routes()
	app.RunWhenOnBrowser()
}
