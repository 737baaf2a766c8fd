package pane

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"sockscope/server/byhand"
	"sockscope/server/trace"
	"sockscope/web/dom"
	"sockscope/web/visit"
	"sockscope/web/words"
)

// Sides is the pane in which the learner makes the calls of a run's sides. save stands in
// its head.
func Sides(r *visit.Run, save app.UI, rev int) app.UI {
	sides := r.Sides()
	return dom.Elc("section", "pane p-hand").Aria("label", "By hand").Body(
		dom.Elc("div", "ph2").Body(dom.El("h2").Text("By hand"), dom.El("span").Text("choose a call, make it"), dom.Elc("span", "sp"), save),
		dom.Elc("div", "scroll").ID("hand").TabIndex(0).Role("group").Aria("label", "Sides").Body(
			app.Range(sides).Slice(func(i int) app.UI { return &Side{R: r, At: i, Rev: rev} }),
		),
	)
}

// Side is the bar of one side: which call it is to make, with which arguments.
type Side struct {
	app.Compo
	R   *visit.Run
	At  int
	Rev int

	call  int               // index in byhand.Forms
	typed map[string]string // what the learner has put into a field, by its key
	wrong string            // what is wrong with it, a sentence
}

func (c *Side) Render() app.UI {
	s := c.side()
	form := &byhand.Forms[c.call]
	say := c.wrong
	if say == "" {
		if a, err := form.Act(c.At, c.texts(&s)); err == nil {
			say = visit.Preview(a)
		}
	}
	class, live := "said mono", "off" // a preview isn't read out at each key
	if c.wrong != "" {
		class, live = "said bad", "polite"
	}
	id := "side" + strconv.Itoa(c.At)
	return dom.Elc("section", "side").Aria("labelledby", id).Body(
		dom.El("h3").Body(dom.El("b").ID(id).Text(s.Name), dom.El("span").Role("status").Text(s.Why)),
		dom.Elc("div", "args").Body(
			dom.Elc("label", "arg").Body(dom.El("span").Text("call"),
				dom.Elc("select", "pick").OnChange(c.onCall).Body(app.Range(byhand.Forms).Slice(func(i int) app.UI {
					return dom.Option(strconv.Itoa(i), byhand.Forms[i].Call.String(), i == c.call)
				}))),
			app.Range(form.Fields).Slice(func(i int) app.UI { return c.field(&s, &form.Fields[i], i) }),
			dom.Button(c.onMake).Class("btn pri").Attr("disabled", !s.Can).Title(s.Why).Aria("label", "Make the call "+form.Call.String()+" on "+s.Name).Text("Call"),
		),
		dom.Elc("p", class).Aria("live", live).Text(say),
	)
}

// side is what the run knows of this side.
func (c *Side) side() visit.Side {
	if sides := c.R.Sides(); c.At < len(sides) {
		return sides[c.At]
	}
	return visit.Side{}
}

// key names what was typed into a field. Calls share an address and bytes; not an fd,
// which is likely another one in another call.
func (c *Side) key(f *byhand.Field) string {
	switch f.Kind {
	case byhand.Addr, byhand.Data, byhand.Timeout:
		return f.Label
	}
	return byhand.Forms[c.call].Call.String() + " " + f.Label
}

// text is what stands in a field.
func (c *Side) text(s *visit.Side, f *byhand.Field) string {
	text, typed := c.typed[c.key(f)]
	switch f.Kind {
	case byhand.FD, byhand.ListFD, byhand.AnyFD, byhand.MemberFD:
		open := slices.ContainsFunc(s.FDs, func(at visit.SideFD) bool { return strconv.Itoa(at.FD) == text })
		if typed && open {
			return text
		}
		if fd := s.Likely(byhand.Forms[c.call].Call, f); fd > 0 {
			return strconv.Itoa(fd)
		}
		return ""
	case byhand.ReadFDs, byhand.WriteFDs:
		return c.members(s, f)
	}
	switch {
	case typed:
		return text
	case f.Default == "" && len(f.Choices) > 0:
		return f.Choices[0].Name
	}
	return f.Default
}

// members lists the fds to wait for: those that were chosen and are open, and at first
// all of them to read.
func (c *Side) members(s *visit.Side, f *byhand.Field) string {
	text, typed := c.typed[c.key(f)]
	chosen := strings.Split(text, ",")
	var all []string
	for i := range s.FDs {
		fd := strconv.Itoa(s.FDs[i].FD)
		if s.FDs[i].Kind != trace.FDEpoll && (typed && slices.Contains(chosen, fd) || !typed && f.Kind == byhand.ReadFDs) {
			all = append(all, fd)
		}
	}
	return strings.Join(all, ",")
}

// texts is what stands in the fields of the call.
func (c *Side) texts(s *visit.Side) (all []string) {
	form := &byhand.Forms[c.call]
	for i := range form.Fields {
		if f := &form.Fields[i]; f.Kind != byhand.Fixed {
			all = append(all, c.text(s, f))
		}
	}
	return all
}

// field is the control of an argument.
func (c *Side) field(s *visit.Side, f *byhand.Field, i int) app.UI {
	text := c.text(s, f)
	choice := func(options []app.UI) app.UI {
		return dom.Elc("label", "arg").Body(dom.El("span").Text(f.Label),
			dom.Elc("select", "pick").DataSet("at", i).OnChange(c.onField).Body(options...))
	}
	switch f.Kind {
	case byhand.Fixed:
		return dom.Elc("span", "fixed")
	case byhand.FD, byhand.ListFD, byhand.AnyFD, byhand.MemberFD:
		var options []app.UI
		for _, at := range s.FDs {
			if visit.Fits(f, at.Kind) {
				fd := strconv.Itoa(at.FD)
				options = append(options, dom.Option(fd, at.Name, fd == text))
			}
		}
		if options == nil {
			options = append(options, dom.Option("-", "none yet", true))
		}
		return choice(options)
	case byhand.One, byhand.Option:
		var options []app.UI
		for k := range f.Choices {
			options = append(options, dom.Option(f.Choices[k].Name, f.Choices[k].Name, f.Choices[k].Name == text))
		}
		return choice(options)
	case byhand.ReadFDs, byhand.WriteFDs:
		chosen := strings.Split(text, ",")
		return dom.Elc("div", "arg").Role("group").Aria("label", f.Label).Body(dom.El("span").Text(f.Label),
			dom.Elc("span", "seg").Body(app.Range(s.FDs).Slice(func(k int) app.UI {
				fd := strconv.Itoa(s.FDs[k].FD)
				return app.If(s.FDs[k].Kind != trace.FDEpoll, func() app.UI {
					return dom.Button(c.onMember).DataSet("at", i).DataSet("fd", fd).Aria("pressed", slices.Contains(chosen, fd)).Aria("label", f.Label+" fd "+fd).Text(fd)
				})
			}), app.If(len(s.FDs) == 0, func() app.UI { return dom.El("span").Text("none yet") })))
	}
	class := "arg"
	if f.Kind == byhand.Addr || f.Kind == byhand.Data || f.Kind == byhand.Pieces {
		class = "arg long"
	}
	return dom.Elc("label", class).Body(dom.El("span").Text(f.Label),
		app.ElemSelfClosing("input").Class("field").Attr("type", "text").DataSet("at", i).Attr("value", text).Attr("maxlength", 1000).Attr("autocomplete", "off").Spellcheck(false).OnInput(c.onField).OnKeyDown(c.onKey))
}

func (c *Side) put(f *byhand.Field, text string) {
	if c.typed == nil {
		c.typed = map[string]string{}
	}
	c.typed[c.key(f)] = text
	c.wrong = ""
}

func (c *Side) onCall(ctx app.Context, _ app.Event) {
	if i, err := strconv.Atoi(dom.Value(ctx)); err == nil && i >= 0 && i < len(byhand.Forms) {
		c.call, c.wrong = i, ""
	}
}

// at is the field that an event happened in.
func (c *Side) at(e app.Event) *byhand.Field {
	fields := byhand.Forms[c.call].Fields
	if i := dom.Number(e, "at"); i >= 0 && i < len(fields) {
		return &fields[i]
	}
	return nil
}

func (c *Side) onField(ctx app.Context, e app.Event) {
	if f := c.at(e); f != nil {
		c.put(f, dom.Value(ctx))
	}
}

func (c *Side) onMember(_ app.Context, e app.Event) {
	f, fd := c.at(e), strconv.Itoa(dom.Number(e, "fd"))
	if f == nil {
		return
	}
	s := c.side()
	chosen := strings.Split(c.members(&s, f), ",")
	if i := slices.Index(chosen, fd); i >= 0 {
		chosen = slices.Delete(chosen, i, i+1)
	} else {
		chosen = append(chosen, fd)
	}
	c.put(f, strings.Join(chosen, ","))
}

func (c *Side) onKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		c.onMake(ctx, e)
	}
}

// onMake makes the call, and offers the one that usually comes next.
func (c *Side) onMake(app.Context, app.Event) {
	s := c.side()
	if !s.Can {
		return
	}
	form := &byhand.Forms[c.call]
	a, err := form.Act(c.At, c.texts(&s))
	if err != nil {
		c.wrong = words.Sentence(err.Error())
		return
	}
	c.wrong = ""
	c.R.ByHand(a)
	next := visit.Usual(form.Call, c.At)
	c.call = slices.IndexFunc(byhand.Forms, func(f byhand.Form) bool { return f.Call == next })
}
