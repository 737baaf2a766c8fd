package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/web/visit"
)

// Routes tells go-app which page stands at which address. Every lab has an
// exact route, so that a generator of static pages finds them all.
func Routes() {
	t := newTab()
	if t.opened != nil {
		if l, err := t.opened.Lab(); err == nil {
			app.RouteWithRegexp("", func() app.Composer { return pageOf(l, t) }) // wherever the file is
			return
		}
	}
	app.Route("/", func() app.Composer { return &homePage{tab: t} })
	for _, l := range append(slices.Concat(lab.All, lab.Standing), lab.Hand, lab.Yours) {
		app.Route(visit.Path(l), func() app.Composer { return pageOf(l, t) })
	}
}

// pageOf returns the page of a lab or a standing server. Each kind has its own.
func pageOf(l *lab.Lab, t *tab) app.Composer {
	switch {
	case l == lab.Yours:
		return &tracePage{ID: l.ID, scopePage: scopePage{frame: frame{tab: t}}}
	case l == lab.Hand:
		return &handPage{ID: l.ID, scopePage: scopePage{frame: frame{tab: t}}}
	case l.Server() != "":
		return &watchPage{ID: l.ID, scopePage: scopePage{frame: frame{tab: t}}}
	case l.Compares:
		return &comparePage{ID: l.ID, scopePage: scopePage{frame: frame{tab: t}}}
	case l.Measures:
		return &measurePage{ID: l.ID, frame: frame{tab: t}}
	}
	return &labPage{ID: l.ID, scopePage: scopePage{frame: frame{tab: t}}}
}
