package web

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
)

// Routes tells go-app which page stands at which address. Every lab has an
// exact route, so that a generator of static pages finds them all.
func Routes() {
	app.Route("/", func() app.Composer { return new(homePage) })
	for _, l := range lab.All {
		app.Route(labPath(l), func() app.Composer { return &labPage{ID: l.ID} })
	}
}

// labPath returns the address of a lab's page, without its set-up.
func labPath(l *lab.Lab) string { return "/lab/" + l.ID }
