package run

import (
	"fmt"
	"io"
	"strings"

	"sockscope/server/agent"
	"sockscope/server/trace"
)

// request does what a viewer asks of a run under way.
func (e *execution) request(req *trace.Request) {
	switch req.Op {
	case trace.OpStop:
		e.stop(trace.EndStopped, "stopped")
	case trace.OpAct:
		if err := e.act(req.Act); err != nil {
			e.refuse(err.Error())
		}
	}
}

// refuse tells the viewer that a request was not carried out.
func (e *execution) refuse(text string) {
	e.say(&trace.Message{Error: &trace.Error{Text: text}})
}

// agent returns the member that makes a learner's calls, the n-th where there are several;
// nil where there are not so many.
func (e *execution) agent(n int) *member {
	for _, m := range e.members {
		if m.Role != trace.RoleAgent {
			continue
		}
		if n == 0 {
			return m
		}
		n--
	}
	return nil
}

// act passes a call on to the agent that it names.
func (e *execution) act(act *trace.Act) error {
	side := 0
	if act != nil {
		side = act.Side
	}
	m := e.agent(side)
	switch {
	case m == nil && e.agent(0) == nil:
		return fmt.Errorf("this run has no client to act for: its clients are programs")
	case m == nil:
		return fmt.Errorf("this run has no side %d: they are counted from 0", side)
	}
	if err := agent.Check(act, m.Args["type"]); err != nil {
		return err
	}
	e.asked = e.time()
	if !m.begun {
		return fmt.Errorf("%s has not begun yet", m.Name)
	}
	if m.exited {
		return fmt.Errorf("%s has ended", m.Name)
	}
	if m.pending > agent.MaxWaiting {
		return fmt.Errorf("%d calls wait already; the one that is under way has to return first", agent.MaxWaiting)
	}
	frame, err := trace.AppendFrame(nil, act)
	if err != nil {
		return err
	}
	m.pending++
	m.acts <- frame // has room for all that are pending
	return nil
}

// answers reads what agent i says after each act.
func (e *execution) answers(i int, r io.Reader) {
	for {
		var answer trace.Error
		if trace.ReadFrame(r, trace.MaxRequest, &answer) != nil {
			return
		}
		e.happened <- func() {
			e.members[i].pending--
			if answer.Text != "" {
				e.refuse(answer.Text)
			}
		}
	}
}

// complain takes note of a line that process i wrote to standard error.
func (e *execution) complain(i int, line string) {
	m := e.members[i]
	line = strings.TrimSpace(line)
	if m.lines++; m.lines > maxLines || line == "" {
		return
	}
	m.complaint = line
	e.note(m.Name + " wrote to its standard error: " + line)
}
