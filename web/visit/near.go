package visit

import (
	"strconv"
	"strings"

	"sockscope/web/link"
)

// Near is a relay on the visitor's own machine, which a page of plain files may be
// linked to: beside such a page no relay can run.
type Near struct {
	Offered bool   // the page is of plain files
	Addr    string // of the relay; "" for none is linked or tried
	Phase   NearPhase
	Field   string // what the address field says
}

// NearPhase is how far the search for a relay has come.
type NearPhase uint8

const (
	NearNone    NearPhase = iota
	NearWrong             // the address is none of this machine
	NearLooking           // does anything answer there?
	NearAbsent            // nothing does
	NearBarred            // the browser doesn't let the page ask
	NearTrying            // something does: is it a relay that takes this page?
	NearRefused           // it isn't
	NearLinked
	NearLost // it was, and doesn't answer now; the link tries again by itself
)

// NearDefault is where a relay listens unless it is told otherwise.
const NearDefault = "127.0.0.1:8080"

// WebSocket returns where the page's link goes; "" for nowhere that is near.
func (n *Near) WebSocket() string {
	if n.Addr == "" {
		return ""
	}
	return strings.Replace(NearHTTP(n.Addr), "http", "ws", 1) + "/relay/lab"
}

// NearHTTP makes the address of a relay one of HTTP.
func NearHTTP(addr string) string {
	if strings.HasPrefix(addr, "https://") {
		return addr
	}
	return "http://" + addr
}

// NearAddr reads what a visitor knows of where their relay is: what its first line
// says, an address with a port, or the port alone. It returns host:port, behind
// https:// for a relay that has a certificate. The host is this machine: a page
// is told to link to nothing else.
func NearAddr(text string) (addr string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	port, secure := strings.TrimPrefix(NearDefault, "127.0.0.1:"), ""
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		switch text = rest; scheme {
		case "http", "ws":
			port = "80"
		case "https", "wss":
			port, secure = "443", "https://"
		default:
			return "", false
		}
	}
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		text = text[:i]
	}
	host, given, ok := strings.Cut(text, ":")
	if _, err := strconv.ParseUint(host, 10, 16); err == nil && !ok {
		host, given, ok = "127.0.0.1", host, true
	}
	if ok {
		port = given
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if host != "127.0.0.1" && host != "localhost" || err != nil || n == 0 {
		return "", false
	}
	return secure + host + ":" + port, true
}

// Hear follows the link. It reports whether the relay is linked from now on, and
// whether it turned out that there is none that takes the page.
func (n *Near) Hear(e link.Event) (linked, refused bool) {
	switch {
	case n.Addr == "":
	case e.State == link.Live && n.Phase != NearLinked:
		n.Phase = NearLinked
		return true, false
	case e.State == link.Gone && n.Phase == NearTrying: // a server that says why is a relay that takes the page
		n.Phase, n.Addr = NearRefused, ""
		return false, true
	case e.State.Off() && n.Phase == NearLinked:
		n.Phase = NearLost
	}
	return false, false
}

// Unreached says why there is no server to run things on, a sentence.
func (n *Near) Unreached(state link.State) string {
	switch {
	case n.Offered && n.Addr == "":
		return "These pages are plain files, and no relay is linked."
	case state == link.Refused:
		return "The relay has no server for this page."
	}
	return "No relay is in reach: it is looked for again by itself."
}

// Said says in words how the search stands.
func (n *Near) Said() string {
	at, _ := NearAddr(n.Field)
	switch n.Phase {
	case NearWrong:
		return "A relay that can be linked is on this machine: its address is like 127.0.0.1:8080, http://localhost:8080/, or the port alone."
	case NearLooking:
		return "Looking. If your browser asks, it waits for your answer."
	case NearAbsent:
		return "Nothing answers at " + at + ": is the relay running there?"
	case NearBarred:
		return "Your browser keeps this site from your machine: allow it in the site's settings, left of the address, then link again."
	case NearTrying:
		return "Something answers at " + at + ". Asking it to take this page."
	case NearRefused:
		return "What answers at " + at + " refuses this page. If it is the relay, it was started without -allow-origin for this site."
	case NearLinked:
		return "Linked: runs are live, on this machine. Other pages of this site link by themselves."
	case NearLost:
		return "The relay at " + n.Addr + " doesn't answer now. It is looked for until it does."
	}
	return ""
}
