package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/icon"
	"sockscope/web/link"
	"sockscope/web/visit"
)

// Bar is the top of a lab's page: where this is, the neighbours, the status.
func Bar(l *lab.Lab, status app.UI) app.UI {
	prev, next := neighbours(l)
	up, name, part := "/#labs", "Labs", string(l.Section)+". "+l.Section.Title()
	switch {
	case l.Server() != "":
		up, name, part = "/#own", "Your own client", "standing servers"
	case l == lab.Hand:
		up, name, part = "/#own", "Your own client", "both sides"
	case l == lab.Yours:
		up, name, part = "/#own", "Your own client", "your own program"
	}
	return dom.Elc("header", "bar").Body(
		brand(),
		dom.Elc("nav", "crumb wide").Aria("label", "Where").Body(
			dom.El("i").Text("/"), dom.Anchor(up).Text(name),
			dom.Elc("i", "sect").Text("/"), dom.El("span").Text(part),
			dom.El("i").Text("/"), dom.El("b").Text(visit.Title(l)),
		),
		dom.Elc("b", "narrow mono").Text(visit.Title(l)),
		dom.Elc("span", "sp"),
		dom.Elc("nav", "crumb turn").Aria("label", "Neighbours").Body(
			app.If(prev != nil, func() app.UI {
				return dom.Anchor(visit.Path(prev)).Attr("rel", "prev").Title("The lab before: "+visit.Title(prev)).Body(dom.El("i").Text("←"), dom.Elc("span", "wide").Text(" "+visit.Title(prev)))
			}),
			app.If(next != nil, func() app.UI {
				return dom.Anchor(visit.Path(next)).Attr("rel", "next").Title("The lab after: "+visit.Title(next)).Body(dom.Elc("span", "wide").Text(visit.Title(next)+" "), dom.El("i").Text("→"))
			}),
		),
		status,
		dom.Elc("span", "icons").Body(
			dom.Button(ShowKeys).Class("ib wide").Aria("label", "Keys (question mark)").
				Body(dom.El("kbd").Text("?")),
			new(ThemeButton),
		),
	)
}

// brand is the name, which leads home.
func brand() app.UI {
	return dom.Anchor("/").Class("brand").Body(app.Raw(icon.Brand), dom.Elc("span", "wide").Text("Sockscope"))
}

// neighbours returns the labs before and after l, nil at the ends.
func neighbours(l *lab.Lab) (prev, next *lab.Lab) {
	all := lab.All
	switch {
	case l.Server() != "":
		all = lab.Standing
	case l == lab.Yours || l == lab.Hand:
		return nil, nil
	}
	for i := range all {
		if all[i] != l {
			continue
		}
		if i > 0 {
			prev = all[i-1]
		}
		if i+1 < len(all) {
			next = all[i+1]
		}
	}
	return prev, next
}

// Status says whether a server is in reach, and which kernel it runs on.
func Status(state link.State, hello *trace.Hello, long bool) app.UI {
	lamp, text, short, tip := "lamp off", "looking for the relay", "looking", ""
	switch {
	case state == link.Gone:
		lamp, text, short = "lamp gone", "no relay in reach", "no relay"
	case state == link.Refused:
		lamp, text, short = "lamp gone", "no server for this page", "no server"
	case state == link.Live && hello == nil:
		text, short = "connected, waiting for the server", "waiting"
	case state == link.Live:
		lamp, text, short = "lamp", "live on "+visit.KernelName(hello.Kernel), "live"
		if hello.Clock == trace.EmulatedClock {
			tip, text, short = visit.Emulated, text+", emulated in this tab", "emulated"
		} else if long && hello.Isolation == trace.Namespace {
			text += ", own network namespace"
		} else if long && hello.Isolation == trace.Shared {
			text += ", shared loopback"
		}
	}
	return StatusLine(lamp, text, short, tip)
}

// StatusLine is the status in words, short ones for a phone. lamp is its lamp's class.
func StatusLine(lamp, text, short, tip string) app.UI {
	return dom.Elc("span", "status").Title(tip).Body(
		dom.Elc("span", lamp).Aria("hidden", true),
		dom.Elc("span", "wide").Text(text),
		dom.Elc("span", "narrow").Text(short),
	)
}
