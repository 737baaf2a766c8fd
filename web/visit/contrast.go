package visit

import (
	"fmt"

	"sockscope/server/lab"
	"sockscope/server/trace"
	"sockscope/web/play"
)

// contrast makes the walk through what the servers differ in: where their runs part, and
// of each the client that waits longest.
func (c *Comparison) contrast() {
	run := c.joined.Run
	c.walk = walk{of: run, came: c.walk.came}
	if p := c.Part; p != nil && max(p.StepA, p.StepB) >= 0 {
		step := p.StepA
		if step < 0 {
			step = p.StepB
		}
		c.stop(fmt.Sprintf("Here they part first: %s in %s, %s in %s.", p.Divergence.A, c.Name(p.A), p.Divergence.B, c.Name(p.B)), run.FoundAt(step))
	}
	for i := range c.servers {
		o := c.out(i)
		w := &o.tally.LongestWait
		if !o.done() || w.Reply < 0 {
			continue
		}
		text := fmt.Sprintf("With %s, %s waits longest for a reply: %s. Here it comes.", c.Name(i), o.Run.Header.Procs[w.Client].Name, o.Run.Span(w.Time))
		if o.tally.OthersWait >= 0 {
			text += fmt.Sprintf(" The others wait up to %s.", o.Run.Span(o.tally.OthersWait))
		}
		c.stop(text, run.FoundAt(c.joined.Place(i, w.Reply)))
	}
}

// stop adds a stop to the walk.
func (c *Comparison) stop(say string, at play.Found) {
	light := lab.OnBar | lab.OnLine
	if at.Wake != nil && c.joined.Run.Gist(at.Step).Sleep == trace.Slept {
		light |= lab.OnWake
	}
	c.walk.stops = append(c.walk.stops, play.Stop{Stop: lab.Stop{Say: say, Light: light}, Found: &at})
}
