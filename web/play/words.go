package play

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// who names a process as a sentence does: "the server", "client 1".
func (r *Run) who(proc int) string {
	if proc < 0 || proc >= len(r.Header.Procs) {
		return "process " + strconv.Itoa(proc)
	}
	name := r.Header.Procs[proc].Name
	if name == "server" {
		return "the server"
	}
	return name
}

// thread names the thread of step i as a sentence does: "the server", "thread 2 of
// the server".
func (r *Run) thread(i int) string {
	e := r.Step(i)
	switch {
	case r.Straced(e.Proc):
		return trace.ThreadName(e.Thread) + " of " + r.who(e.Proc)
	case e.Thread > 0:
		return "thread " + strconv.Itoa(e.Thread+1) + " of " + r.who(e.Proc)
	}
	return r.who(e.Proc)
}

// agent is the name of the process that the learner acts in.
const agent = "you"

// verb returns the form of a verb that goes with thread(i): "is", or after "you"
// "are".
func (r *Run) verb(i int, one, you string) string {
	if r.thread(i) == agent {
		return you
	}
	return one
}

// call writes whose call step i is of: "client 1's send(3)", "your recv(3)".
func (r *Run) call(i int) string {
	switch who := r.thread(i); {
	case who == agent:
		return "your " + r.brief(i)
	case strings.Contains(who, " of "):
		return "the " + r.brief(i) + " of " + who
	default:
		return who + "'s " + r.brief(i)
	}
}

// either names processes: "client 1", "client 1 or child 2".
func (r *Run) either(procs []int) string {
	names := make([]string, len(procs))
	for i, p := range procs {
		names[i] = r.who(p)
	}
	return or(names)
}

// side names the processes at one end of a connection: "client 1". A server may make
// a process and leave the connection to it, so it is "the server's side".
func (r *Run) side(procs []int) string {
	if len(procs) == 1 && procs[0] < len(r.Header.Procs) && r.Header.Procs[procs[0]].Role == trace.RoleServer {
		return r.who(procs[0]) + "'s side"
	}
	return r.either(procs)
}

// brief writes the call of step i in a few letters: "recv(4)", "select".
func (r *Run) brief(i int) string { return brief(r.Step(i)) }

func brief(e *trace.Event) string {
	if e.FD < 0 {
		return e.Call.String()
	}
	return fmt.Sprintf("%v(%d)", e.Call, e.FD)
}

// result writes what a call returned: "19", "-1 EAGAIN".
func result(e *trace.Event) string {
	if e.Errno != 0 {
		return "-1 " + e.Errno.String()
	}
	return strconv.FormatInt(e.Result, 10)
}

// plural returns the form of a word that goes with n.
func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// capital makes the first letter of ASCII text a capital.
func capital(s string) string {
	if word, _, _ := strings.Cut(s, " "); word == "" || strings.ContainsAny(word, "._") { // the name of a program
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
