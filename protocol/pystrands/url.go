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
	raw, query, _ := strings.Cut(withoutHost(target), "?")
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

// withoutHost returns what follows the host of a target in absolute form (RFC 9112 section 3.2.2), and others as they
// are. Schemes have no case (RFC 3986 section 3.1).
func withoutHost(target string) string {
	scheme, rest, found := strings.Cut(target, "://")
	if !found {
		return target
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss":
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			return rest[i:]
		}
		return ""
	}
	return target
}
