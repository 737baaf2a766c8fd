package pane

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/web/dom"
	"sockscope/web/visit"
)

// options is the table of the options that the selected process has set, or asked for:
// before and after.
func options(f *visit.Focus) app.UI {
	rows := f.Options()
	if len(rows) == 0 {
		return dom.Elc("p", "hint").Text("This process has set no option of a socket yet, and asked for none.")
	}
	cell := func(v *visit.Value, class string) app.UI {
		if v.Step < 0 {
			return dom.Elc("td", "r").Text("–")
		}
		return dom.Elc("td", "r "+class).Body(dom.El("button").Attr("type", "button").DataSet("step", v.Step).Text(v.Text))
	}
	return dom.El("div").OnClick(func(_ app.Context, e app.Event) {
		if step := dom.Number(e, "step"); step >= 0 {
			f.GoTo(step)
		}
	}).Body(
		app.Raw(`<p class="hint">`+WithCode("What `getsockopt` read before and after `setsockopt`. – where there was no such call. A value leads to its call.")+"</p>"),
		dom.Elc("table", "stat opts").Aria("label", "Options").Body(
			dom.El("thead").Body(dom.El("tr").Body(
				dom.El("th").Attr("scope", "col").Text("fd"), dom.El("th").Attr("scope", "col").Text("option"),
				dom.Elc("th", "r").Attr("scope", "col").Text("read"), dom.Elc("th", "r").Attr("scope", "col").Text("set to"), dom.Elc("th", "r").Attr("scope", "col").Text("read then"),
			)),
			dom.El("tbody").Body(app.Range(rows).Slice(func(i int) app.UI {
				row, after := &rows[i], ""
				if row.Differs {
					after = "differs"
				}
				return dom.El("tr").Body(
					dom.El("td").Text(row.FD), dom.El("td").Title(row.Level).Text(row.Name),
					cell(&row.Values[visit.Before], ""), cell(&row.Values[visit.Set], ""), cell(&row.Values[visit.After], after),
				)
			})),
		),
	)
}
