package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
)

// Routes tells go-app which page stands at which address. Every lab has an
// exact route, so that a generator of static pages finds them all.
func Routes() {
	app.Route("/", func() app.Composer { return new(homePage) })
	for _, l := range append(slices.Clone(lab.All), lab.Standing...) {
		app.Route(labPath(l), func() app.Composer { return &labPage{ID: l.ID} })
	}
}

// watchPath is where the pages of the standing servers are.
const watchPath = "/watch/"

// labPath returns the address of a lab's or a standing server's page, without a
// set-up.
func labPath(l *lab.Lab) string {
	if name := l.Server(); name != "" {
		return watchPath + name
	}
	return "/lab/" + l.ID
}
