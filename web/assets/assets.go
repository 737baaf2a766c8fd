// Package assets embeds the files that the pages need: style sheets, scripts,
// images, recordings. The site serves each under /web/.
package assets

import "embed"

// Files holds every file of this folder and its subfolders, this one too;
// names that begin with a dot or an underscore are left out.
//
//go:embed *
var Files embed.FS
