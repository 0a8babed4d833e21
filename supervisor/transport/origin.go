package transport

import "strings"

// originAllowed tells whether an Origin header (RFC 6454 section 7) fits one of the patterns. Scheme and host do not
// depend on case. No pattern at all allows everything.
func originAllowed(patterns []string, origin string) bool {
	if len(patterns) == 0 {
		return true
	}
	origin = strings.ToLower(origin)
	for _, p := range patterns {
		if wildcard(strings.ToLower(p), origin) {
			return true
		}
	}
	return false
}

// wildcard matches s against a pattern in which `*` stands for any run of characters. It takes linear time for each
// star: greedy matching with one point to go back to.
func wildcard(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
