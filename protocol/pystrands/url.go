package pystrands

import (
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// root is the path below which end clients are served.
const root = "/ws/"

// HTTP statuses (RFC 9110 section 15.5) of paths that are not served.
const (
	badRequest = 400
	notFound   = 404
)

// URL makes of a request target what a backend is told: the cleaned and unescaped path, and the query without its
// question mark. status is 0, or the HTTP status with which the request is refused.
func URL(target string) (clean, query string, status int) {
	for _, scheme := range []string{"http://", "https://", "ws://", "wss://"} { // RFC 9112 section 3.2.2
		if rest, ok := strings.CutPrefix(target, scheme); ok {
			_, rest, _ = strings.Cut(rest, "/")
			target = "/" + rest
		}
	}
	raw, query, _ := strings.Cut(target, "?")
	clean = path.Clean("/" + raw)
	if clean+"/" == root || strings.HasSuffix(raw, "/") && clean != "/" {
		clean += "/"
	}
	if !strings.HasPrefix(clean, root) {
		return "", "", notFound
	}
	clean, err := url.PathUnescape(clean)
	if err != nil {
		return "", "", badRequest
	}
	if !utf8.ValidString(clean) {
		clean = string(appendValid(nil, []byte(clean)))
	}
	return clean, query, 0
}
