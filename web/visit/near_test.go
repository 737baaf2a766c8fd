package visit

import (
	"testing"

	"sockscope/web/link"
)

// What a visitor pastes is read for what it means, and leads to their own machine
// or nowhere.
func TestNearAddr(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:8080":                 "127.0.0.1:8080",
		" http://127.0.0.1:8080/ ":       "127.0.0.1:8080",
		"http://127.0.0.1:8080":          "127.0.0.1:8080",
		"HTTP://LocalHost:9000/lab/echo": "localhost:9000",
		"http://localhost:9000?a=b#c":    "localhost:9000",
		"ws://127.0.0.1:8080/relay/lab":  "127.0.0.1:8080",
		"http://localhost":               "localhost:80",
		"localhost":                      "localhost:8080",
		"localhost/":                     "localhost:8080",
		"8081":                           "127.0.0.1:8081",
		"https://localhost:8443/":        "https://localhost:8443",
		"wss://localhost":                "https://localhost:443",
	} {
		got, ok := NearAddr(text)
		if !ok || got != want {
			t.Errorf("%q is read as %q, %v; want %q", text, got, ok, want)
		}
		if again, ok := NearAddr(got); !ok || again != got {
			t.Errorf("%q is kept, and read back as %q", got, again)
		}
	}
	for _, text := range []string{
		"", "/", "example.org", "example.org:80", "http://example.org/", "http://127.0.0.1@example.org/", "127.0.0.1.example.org:80",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:+80", "99999", "0", "ftp://127.0.0.1:21", "10.0.0.1:8080", "localhost:80:80", "://",
	} {
		if got, ok := NearAddr(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestWhereThePageLinks(t *testing.T) {
	files := Near{Offered: true}
	if url := files.WebSocket(); url != "" {
		t.Errorf("plain files dial %s", url)
	}
	if says := files.Unreached(link.Gone); says != "These pages are plain files, and no relay is linked." {
		t.Error(says)
	}
	for addr, want := range map[string]string{"localhost:8080": "ws://localhost:8080/relay/lab", "https://localhost:8443": "wss://localhost:8443/relay/lab"} {
		files.Addr = addr
		if url := files.WebSocket(); url != want {
			t.Errorf("%s: %s", addr, url)
		}
	}
}

// A relay that answers and then closes refuses the page; one that was linked is
// looked for again.
func TestHowTheSearchForARelayEnds(t *testing.T) {
	n := Near{Offered: true, Addr: "localhost:8080", Phase: NearTrying}
	if linked, refused := n.Hear(link.Event{State: link.Gone}); linked || !refused || n.Phase != NearRefused || n.Addr != "" {
		t.Errorf("refused: %v %v, %+v", linked, refused, n)
	}
	n = Near{Offered: true, Addr: "localhost:8080", Phase: NearTrying}
	if linked, refused := n.Hear(link.Event{State: link.Live}); !linked || refused || n.Phase != NearLinked {
		t.Errorf("linked: %v %v, %+v", linked, refused, n)
	}
	if linked, refused := n.Hear(link.Event{State: link.Gone}); linked || refused || n.Phase != NearLost || n.Addr == "" {
		t.Errorf("lost: %v %v, %+v", linked, refused, n)
	}
}
