package web

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/link"
)

// bar is the top of a lab's page: where this is, the neighbours, the status.
func bar(l *lab.Lab, status app.UI) app.UI {
	prev, next := neighbours(l)
	up, name, part := "/#labs", "Labs", string(l.Section)+". "+l.Section.Title()
	if l.Server() != "" {
		up, name, part = "/#own", "Your own client", "standing servers"
	}
	return elc("header", "bar").Body(
		brand(),
		elc("nav", "crumb wide").Aria("label", "Where").Body(
			el("i").Text("/"), anchor(up).Text(name),
			elc("i", "sect").Text("/"), el("span").Text(part),
			el("i").Text("/"), el("b").Text(titleOf(l)),
		),
		elc("b", "narrow mono").Text(titleOf(l)),
		elc("span", "sp"),
		elc("nav", "crumb turn wide").Aria("label", "Neighbours").Body(
			app.If(prev != nil, func() app.UI {
				return anchor(labPath(prev)).Attr("rel", "prev").Body(el("i").Text("←"), app.Text(" "+titleOf(prev)))
			}),
			app.If(next != nil, func() app.UI {
				return anchor(labPath(next)).Attr("rel", "next").Body(app.Text(titleOf(next)+" "), el("i").Text("→"))
			}),
		),
		status,
		elc("span", "icons").Body(
			button(showKeys).Class("ib wide").Aria("label", "Keys (question mark)").
				Body(el("kbd").Text("?")),
			new(themeButton),
		),
	)
}

// titleOf is what a page's lab or standing server is called.
func titleOf(l *lab.Lab) string {
	if name := l.Server(); name != "" {
		return name
	}
	return l.ID
}

// brand is the name, which leads home.
func brand() app.UI {
	return anchor("/").Class("brand").Body(app.Raw(iconBrand), elc("span", "wide").Text("Sockscope"))
}

// neighbours returns the labs before and after l, nil at the ends.
func neighbours(l *lab.Lab) (prev, next *lab.Lab) {
	all := lab.All
	if l.Server() != "" {
		all = lab.Standing
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

// status says whether a server is in reach, and which kernel it runs on.
func status(state link.State, hello *trace.Hello, long bool) app.UI {
	lamp, text, short := "lamp off", "looking for the relay", "looking"
	switch {
	case state == link.Gone:
		lamp, text, short = "lamp gone", "no relay in reach", "no relay"
	case state == link.Refused:
		lamp, text, short = "lamp gone", "no server for this page", "no server"
	case state == link.Live && hello == nil:
		text, short = "connected, waiting for the server", "waiting"
	case state == link.Live:
		lamp, text, short = "lamp", "live on "+kernelName(hello.Kernel), "live"
		if long && hello.Isolation == trace.Namespace {
			text += ", own network namespace"
		} else if long && hello.Isolation == trace.Shared {
			text += ", shared loopback"
		}
	}
	return elc("span", "status").Body(
		elc("span", lamp).Aria("hidden", true),
		elc("span", "wide").Text(text),
		elc("span", "narrow").Text(short),
	)
}

// kernelName shortens "Linux 6.18.44" to "Linux 6.18".
func kernelName(kernel string) string {
	parts := strings.SplitN(kernel, ".", 3)
	if len(parts) < 3 {
		return kernel
	}
	return parts[0] + "." + parts[1]
}
