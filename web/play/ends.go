package play

import "sort"

// ends finds the connection of an fd at any step. The time it takes grows with the
// logarithm of how often the fd was given out.
type ends struct {
	run   *Run
	conns map[endpoint][]opened
}

// opened is a connection and the step from which an fd means it.
type opened struct{ conn, step int }

// newEnds indexes the connections that r has.
func newEnds(r *Run) ends {
	e := ends{r, make(map[endpoint][]opened, 2*len(r.Conns))}
	for i := range r.Conns {
		for _, end := range []*End{&r.Conns[i].Client, &r.Conns[i].Server} {
			for k := 0; end.Proc >= 0 && end.fd(k) != nil; k++ {
				key := endpoint{end.fd(k).Proc, end.fd(k).FD}
				e.conns[key] = append(e.conns[key], opened{i, end.fd(k).Opened})
			}
		}
	}
	for _, list := range e.conns {
		sort.Slice(list, func(i, k int) bool { return list[i].step < list[k].step })
	}
	return e
}

// seen is a connection as one of its two ends sees it.
type seen struct {
	conn     *Conn
	own      End
	peer     End
	mine     *End // the whole side that own is an fd of
	side     *End // the other one
	in, out  *Flow
	accepted bool // the server's end was known by then
}

// at returns the connection that fd of proc stands for at position n. Its peer has
// Proc -1 while it is not known.
func (e ends) at(proc, fd, n int) (seen, bool) {
	list := e.conns[endpoint{proc, fd}]
	k := sort.Search(len(list), func(i int) bool { return list[i].step >= n }) - 1
	if k < 0 {
		return seen{}, false
	}
	c := &e.run.Conns[list[k].conn]
	l := seen{conn: c, peer: c.Client.User(n), mine: &c.Server, side: &c.Client, in: &c.Flows[0], out: &c.Flows[1]}
	if own := c.Client.find(proc, fd); own != nil && own.Opened == list[k].step {
		l.own, l.peer, l.mine, l.side, l.in, l.out = *own, c.Server.User(n), &c.Client, &c.Server, l.out, l.in
	} else if own := c.Server.find(proc, fd); own != nil {
		l.own = *own
	}
	if l.own.Closed >= 0 && l.own.Closed < n {
		return seen{}, false
	}
	if l.peer.Opened >= n {
		l.peer = End{Proc: -1, FD: -1, Closed: -1, Shut: -1}
	}
	l.accepted = c.Server.Proc >= 0 && c.Server.Opened < n
	return l, true
}

// moveAt returns the index of the move that the step made in list, or -1.
func moveAt(list []Move, step int) int {
	k := sort.Search(len(list), func(i int) bool { return list[i].Step >= step })
	if k < len(list) && list[k].Step == step {
		return k
	}
	return -1
}

// sharing returns the moves of list that had happened at position n and that share
// bytes with m.
func sharing(list []Move, m Move, n int) []Move {
	list = list[:sort.Search(len(list), func(i int) bool { return list[i].Step >= n })]
	from := sort.Search(len(list), func(i int) bool { return list[i].Off+list[i].Len > m.Off })
	to := sort.Search(len(list), func(i int) bool { return list[i].Off >= m.Off+m.Len })
	return list[from:max(from, to)]
}
