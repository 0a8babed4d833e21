package moderation

import "strings"

// glob is a pattern in which * stands for any part, be it empty. Matching takes time in proportion to the text.
type glob struct {
	prefix, suffix string
	middle         []string
}

// parseGlob splits a folded pattern. exact tells that it has no *.
func parseGlob(pattern string) (g glob, exact bool) {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return glob{}, true
	}
	g.prefix, g.suffix = parts[0], parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		if p != "" {
			g.middle = append(g.middle, p)
		}
	}
	return g, false
}

func (g *glob) match(s string) bool {
	if len(s) < len(g.prefix)+len(g.suffix) || !strings.HasPrefix(s, g.prefix) || !strings.HasSuffix(s, g.suffix) {
		return false
	}
	s = s[len(g.prefix) : len(s)-len(g.suffix)]
	for _, p := range g.middle {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}
