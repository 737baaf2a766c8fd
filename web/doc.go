// Package web is the site: its pages, one type for each kind, and the tab that they
// show in. Most of what they do and draw has a room of its own:
//
//	visit     what a page does: a mode is a type there, and takes the server's messages
//	pane      what a page draws: a component for each pane, which reads a visit.Focus
//	web       pages and routes: which panes a page has, and what a key or a click leads to
//	play      a run as a model: its state, causes, questions; no page
//	audit     in play: checks what play says of a run against the run
//	timeline  where each mark of a timeline lies, and what the pointer meets
//	plot      the same for the plot of a lab that measures
//	scope     a canvas, and the browser's pointer and size
//	link      the WebSocket to the relay
//	words     numbers, durations and sentences as people read them
//	icon      drawings
//	dom       elements, and the few things that are asked of the browser
//
// A line that needs no browser belongs in visit, or in play if it is about a run
// alone. A line that makes an element belongs in pane; in web if it is about one kind
// of page. To add a mode is to write a type in visit that is a visit.Mode, a page
// here that embeds frame or scopePage, and a case in pageOf.
//
// A pane takes a revision number, so that only what changed is rendered again, and
// at most once a frame. The markup holds no style and no script of its own: the
// site's content security policy forbids both. What varies in size is a class step or
// an SVG attribute.
package web
