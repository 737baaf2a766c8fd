package web

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
)

// doneKey is where the browser keeps the IDs of the labs whose walk was gone through.
// No server learns of them.
const doneKey = "done"

// done returns the IDs of the labs whose walk was gone through in this browser.
func done(ctx app.Context) []string {
	var ids []string
	ctx.LocalStorage().Get(doneKey, &ids) // what can't be read counts as none
	return ids
}

// finish notes that the walk of a lab was gone through.
func finish(ctx app.Context, l *lab.Lab) {
	if ids := done(ctx); !slices.Contains(ids, l.ID) {
		ctx.LocalStorage().Set(doneKey, append(ids, l.ID)) // without storage the home page forgets, and that is all
	}
}
