// Package web is the site: its pages and the components they are made of.
//
// A page is a go-app component; what it shows is computed by plain Go that
// tests reach natively: the model of a run in package play, a lab's page in
// session.go, runs side by side in comparison.go, the text of the call log in log.go, the bytes in hex.go, the plot
// of a lab that measures in package plot. A
// component reads its session and draws it. Panes take a revision number, so
// that only what changed is rendered again, and at most once a frame.
//
// The markup holds no style and no script of its own: the site's content
// security policy forbids both. What varies in size is a class step or an SVG
// attribute.
package web
