package play

import (
	"fmt"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/server/trace/strace"
)

// What is so of options, against beliefs that many people hold.
const (
	optionDoubled = "Linux doubles what SO_SNDBUF and SO_RCVBUF are told, and says so when it is asked."
	optionTaken   = "setsockopt has returned 0: the kernel took it."
)

// options asks what a getsockopt returns that differs from what was set.
func (c *chooser) options(call *Call) {
	if !c.wants(lab.OptionDiffers) {
		return
	}
	r, out := c.run, c.returned(call)
	if out.Errno != 0 || len(out.Args) < 3 {
		return
	}
	calls := r.Lanes[call.Lane].Calls
	set, before := -1, -1
	k := lastBefore(r, calls, call.Enter)
	for last := max(0, k-lookBack); k >= last && before < 0; k-- {
		b := &r.Calls[calls[k]]
		e := r.Step(max(b.Return, b.Enter))
		if e.FD != out.FD || e.Errno != 0 || len(e.Args) < 3 || e.Args[0] != out.Args[0] || e.Args[1] != out.Args[1] {
			continue
		}
		switch {
		case e.Call == trace.Setsockopt && set < 0:
			set = b.Return
		case e.Call == trace.Getsockopt && set >= 0:
			before = b.Return
		}
	}
	if set < 0 || r.Step(set).Args[2] == out.Args[2] {
		return
	}
	told := r.Step(set).Args[2]
	_, name := strace.OptionName(out.Args[0], out.Args[1])
	q := asks(call, AskResult, lab.OptionDiffers, call.Enter+1)
	q.Text = fmt.Sprintf("%s of fd %d was set to %d. What is its value, when getsockopt asks for it?", name, out.FD, told)
	q.right("%d", out.Args[2])
	q.wrong(optionDoubled, "%d: what it was set to", told)
	if before >= 0 {
		q.wrong(optionTaken, "%d: as before", r.Step(before).Args[2])
	}
	q.wrong("0 is what the call itself returns. The value comes out beside it.", "0")
	c.ask(q.mixed())
}
