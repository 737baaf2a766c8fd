package site

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"sockscope/web/visit"
)

// The page has all in it, and its policy allows what is in it and nothing else.
func TestOffline(t *testing.T) {
	s := rendered(t)
	page, err := s.Offline([]byte("a trace"))
	if err != nil {
		t.Fatal(err)
	}
	html := string(page)
	if !strings.Contains(html, visit.TracePlace+base64.StdEncoding.EncodeToString([]byte("a trace"))+"</script>") {
		t.Error("the trace isn't in it")
	}
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(html)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src 'none'; ") || strings.Contains(policy[1], "unsafe-inline") || strings.Contains(policy[1], "*") {
		t.Fatalf("the policy is %q", policy)
	}
	if strings.Index(html, policy[0]) > strings.Index(html, "<style") {
		t.Error("something stands before the policy")
	}
	for _, m := range regexp.MustCompile(`(?s)<(style|script)>(.*?)</`).FindAllStringSubmatch(html, -1) {
		sum := sha256.Sum256([]byte(m[2]))
		if !strings.Contains(policy[1], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy forbids a %s: %.60q", m[1], m[2])
		}
	}
	if _, err := s.Offline(make([]byte, MaxOffline+1)); err == nil {
		t.Error("a trace of any size is taken")
	}
	if r := ask(s, "GET", visit.OfflinePage); r.StatusCode != 200 || !strings.Contains(body(t, r), visit.TracePlace+"</script>") {
		t.Errorf("the page without a trace: status %d", r.StatusCode)
	}
}

func TestOfflineNeedsTheApp(t *testing.T) {
	s, err := newSite(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Offline(nil); err != ErrNotBuilt {
		t.Error(err)
	}
	if r := ask(s, "GET", visit.OfflinePage); r.StatusCode != 404 {
		t.Errorf("status %d", r.StatusCode)
	}
}

// Further origins may have the pages in a frame where they are named.
func TestFramers(t *testing.T) {
	s := rendered(t)
	if p := ask(s, "GET", "/").Header.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors 'self'") {
		t.Error(p)
	}
	named := *s
	named.Framers = []string{"https://course.example"}
	if p := ask(&named, "GET", "/").Header.Get("Content-Security-Policy"); !strings.HasSuffix(p, "frame-ancestors 'self' https://course.example") {
		t.Error(p)
	}
}
