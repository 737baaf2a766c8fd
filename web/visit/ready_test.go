package visit

import (
	"slices"
	"strings"
	"testing"

	"sockscope/server/trace"
	"sockscope/web/play"
)

// What is inferred to be on epoll's ready list is what the kernel then tells: all
// that an epoll_wait returns was there before, and nothing was when one fell
// asleep.
func TestTheReadyListIsWhatIsToldNext(t *testing.T) {
	for _, name := range []string{"epoll", "edge", "selectors"} {
		s := recorded(t, name)
		run := s.Player.Run
		told := 0
		for i := range run.Len() {
			e := run.Step(i)
			if e.Call != trace.EpollWait {
				continue
			}
			s.Lane = slices.IndexFunc(run.Lanes, func(l play.Lane) bool { return l.Proc == e.Proc && l.Thread == e.Thread })
			c := run.CallAt(i)
			switch {
			case e.Kind == trace.Enter && c.Return >= 0 && run.Gist(c.Return).Sleep == trace.Slept:
				s.Player.Seek(i + 1)
				p := &s.State().Procs[e.Proc]
				for k := range p.FDs {
					if f := &p.FDs[k]; s.ToBeTold(f) && run.Gist(c.Return).Time-e.Time > 100_000 {
						t.Errorf("%s: at %d epoll_wait falls asleep, and fd %d is said to be ready", name, i+1, f.FD)
					}
				}
			case e.Kind == trace.Return && e.Sets != nil:
				s.Player.Seek(i)
				p := &s.State().Procs[e.Proc]
				for _, fd := range slices.Concat(e.Sets.Read, e.Sets.Write) {
					told++
					f := p.FD(fd)
					if f == nil || f.Watched == 0 {
						t.Errorf("%s: at %d fd %d is told of, and on no interest list", name, i+1, fd)
					} else if slices.Contains(e.Sets.Read, fd) && !s.ToBeTold(f) && !underWay(s.State(), e.Proc) {
						t.Errorf("%s: at %d fd %d is told of, and was not said to be ready", name, i+1, fd)
					}
				}
			}
		}
		if told == 0 && name != "selectors" {
			t.Errorf("%s: nothing is told", name)
		}
	}
}

// underWay reports whether another process is in a call that brings something:
// whether it has, its return tells.
func underWay(state *trace.State, proc int) bool {
	for i := range state.Procs {
		for _, t := range state.Procs[i].Threads {
			if i != proc && t.InCall && (t.Call.Sends() || t.Call == trace.Connect || t.Call == trace.Close || t.Call == trace.Shutdown) {
				return true
			}
		}
	}
	return false
}

func TestListsAreInTheCallsOwnWords(t *testing.T) {
	sets := &trace.Sets{Read: []int{3}, Error: []int{4}, HangUp: []int{4}}
	for _, c := range []struct {
		call   trace.Call
		answer bool
		want   string
	}{
		{trace.Select, false, "readable writable exceptional"},
		{trace.Select, true, "readable writable exceptional"},
		{trace.Poll, false, "POLLIN POLLOUT"},
		{trace.Poll, true, "POLLIN POLLOUT POLLERR POLLHUP"},
		{trace.EpollWait, true, "EPOLLIN EPOLLOUT EPOLLERR EPOLLHUP"},
	} {
		var heads []string
		for _, l := range ListsOf(c.call, sets, c.answer) {
			heads = append(heads, l.Head)
			if strings.HasSuffix(l.Head, "ERR") && !slices.Equal(l.Members, sets.Error) {
				t.Errorf("%s has %v", l.Head, l.Members)
			}
		}
		if got := strings.Join(heads, " "); got != c.want {
			t.Errorf("%v: %s, want %s", c.call, got, c.want)
		}
	}
}

// That a peer sends no more has a row where it was asked for, and none elsewhere.
func TestTheRowOfRdHup(t *testing.T) {
	for name, want := range map[string]bool{"runtime": true, "epoll": false, "poll": false} {
		s := recorded(t, name)
		run := s.Player.Run
		rows := 0
		for i := range run.Len() {
			e := run.Step(i)
			if e.Kind != trace.Return || !e.Call.Multiplexes() || e.Sets == nil {
				continue
			}
			p := &run.State(i + 1).Procs[e.Proc]
			out := Ready(p)
			if last := out[len(out)-1]; last.Head == "EPOLLRDHUP" {
				rows++
				if !slices.Equal(last.Members, e.Sets.RdHup) {
					t.Errorf("%s: at %d the row has %v, want %v", name, i+1, last.Members, e.Sets.RdHup)
				}
				if asked := Interest(p); asked[len(asked)-1].Head != "EPOLLRDHUP" {
					t.Errorf("%s: at %d it is in no row of the interest list", name, i+1)
				}
			} else if len(e.Sets.RdHup) > 0 {
				t.Errorf("%s: at %d no row has %v", name, i+1, e.Sets.RdHup)
			}
		}
		if want != (rows > 0) {
			t.Errorf("%s: %d answers have the row", name, rows)
		}
	}
}
