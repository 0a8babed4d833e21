package pystrands

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestURL(t *testing.T) {
	for target, want := range map[string]struct {
		url, query string
		status     int
	}{
		"/ws/a?x=1?y":              {"/ws/a", "x=1?y", 0},
		"/ws/a?x=/../..":           {"/ws/a", "x=/../..", 0},
		"/ws?":                     {"/ws/", "", 0},
		"/ws/%2e%2e/a%00":          {"/ws/../a\x00", "", 0}, // segments are those of the path as it was sent
		"/ws/%zz":                  {"", "", badRequest},
		"/%zz":                     {"", "", notFound},
		"":                         {"", "", notFound},
		"*":                        {"", "", notFound},
		"/../ws/./a/b/..":          {"/ws/a", "", 0},
		"/ws/a://b":                {"/ws/a:/b", "", 0},
		"http://h/ws/a?x":          {"/ws/a", "x", 0},
		"https://h:1/ws/a/":        {"/ws/a/", "", 0},
		"ws://h/ws":                {"/ws/", "", 0},
		"wss://[::1]:80/ws//a":     {"/ws/a", "", 0},
		"HTTP://h/ws/a":            {"/ws/a", "", 0},
		"Wss://h/ws/a":             {"/ws/a", "", 0},
		"http://h":                 {"", "", notFound},
		"http://h/":                {"", "", notFound},
		"http://h?x=/ws/a":         {"", "", notFound}, // all of it is the query
		"http://h?/ws/a":           {"", "", notFound},
		"http:///ws/a":             {"/ws/a", "", 0},
		"ftp://h/ws/a":             {"", "", notFound},
		"http://http://h/ws/a":     {"", "", notFound}, // the host is "http:"
		"http://h/http://h2/ws/a":  {"", "", notFound},
		"http://h/ws/http://x/ws/": {"/ws/http:/x/ws/", "", 0},
	} {
		url, query, status := URL(target)
		if url != want.url || query != want.query || status != want.status {
			t.Errorf("%s: got %q, %q, %d, want %q, %q, %d", target, url, query, status, want.url, want.query, want.status)
		}
	}
}

// resolve is what a path comes to, segment by segment.
func resolve(raw string) string {
	var kept []string
	for segment := range strings.SplitSeq(raw, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
		}
	}
	clean := "/" + strings.Join(kept, "/")
	if len(kept) > 0 && (strings.HasSuffix(raw, "/") || clean == "/ws") {
		clean += "/"
	}
	return clean
}

// FuzzURL checks paths against resolve, and that whatever a client asks for, a backend is told something below /ws/.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"/ws/room1?token=t", "/ws", "/ws//a/../b/./", "/ws/caf%C3%A9%ff%2F", "/../ws/", "/%", "http://h?x=/ws/a", "HTTP://h/ws/a", "\xff", "/ws/\xff\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		url, query, status := URL(target)
		if status != 0 {
			if url != "" || query != "" || status != notFound && status != badRequest {
				t.Fatalf("%q: %q, %q, %d", target, url, query, status)
			}
		} else if !strings.HasPrefix(url, root) || !utf8.ValidString(url) || !strings.HasSuffix(target, query) {
			t.Fatalf("%q: %q, %q", target, url, query)
		}
		if !strings.HasPrefix(target, "/") || strings.Contains(target, "%") {
			return
		}
		raw, rest, _ := strings.Cut(target, "?")
		want := string([]rune(resolve(raw)))
		switch {
		case !strings.HasPrefix(want, root):
			if status != notFound {
				t.Fatalf("%q: %q instead of %d", target, url, notFound)
			}
		case url != want || query != rest || status != 0:
			t.Fatalf("%q: %q, %q, %d instead of %q, %q", target, url, query, status, want, rest)
		}
	})
}
