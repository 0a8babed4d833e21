package moderation

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Limits on rules for names. Every name is compared with every expression.
const (
	maxFilterFile  = 1 << 20 // bytes
	maxExpressions = 1_000
	// MaxCheckedName is the longest name in bytes where there are rules for names: longer ones are refused, because
	// looking for something in them takes time and a person reads no more anyway.
	MaxCheckedName = 1_024
)

// Cause is why a name is refused, as metrics call it.
type Cause string

// The causes.
const (
	CauseBan      Cause = "ban"
	CauseFilter   Cause = "filter"
	CauseReserved Cause = "reserved"
	CauseLength   Cause = "length"
)

// Causes lists the causes.
var Causes = []Cause{CauseBan, CauseFilter, CauseReserved, CauseLength}

// NameRules say which names nobody may have, beside bans. The zero value refuses none. They are safe for use by many
// goroutines.
type NameRules struct {
	reserved map[string]struct{}
	file     string
	filter   atomic.Pointer[[]*regexp.Regexp]
}

// NewNameRules returns rules that refuse the reserved names and what fits an expression of the file, which has one a
// line; empty lines and those that start with # count for nothing. file may be empty.
func NewNameRules(file string, reserved []string) (*NameRules, error) {
	r := &NameRules{reserved: make(map[string]struct{}, len(reserved)), file: file}
	for _, name := range reserved {
		if f := fold(name); f != "" {
			r.reserved[f] = struct{}{}
		}
	}
	return r, r.Reload()
}

// Reload reads the file again. When something is wrong with it, what was read before stays in force.
func (r *NameRules) Reload() error {
	if r.file == "" {
		return nil
	}
	text, err := readFilter(r.file)
	if err != nil {
		return fmt.Errorf("name filter: %w", err)
	}
	expressions, err := parseFilter(text)
	if err != nil {
		return fmt.Errorf("name filter %s, %w", r.file, err)
	}
	r.filter.Store(&expressions)
	return nil
}

func readFilter(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFilterFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxFilterFile)
	}
	return os.ReadFile(name)
}

// parseFilter reads expressions, one a line.
func parseFilter(text []byte) ([]*regexp.Regexp, error) {
	var all []*regexp.Regexp
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxFilterFile+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(all) == maxExpressions {
			return nil, fmt.Errorf("line %d: more than %d expressions", n, maxExpressions)
		}
		if _, err := regexp.Compile(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		e, err := regexp.Compile("(?i)(?:" + line + ")")
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if e.MatchString("") {
			return nil, fmt.Errorf("line %d: %s refuses every name", n, line)
		}
		all = append(all, e)
	}
	return all, lines.Err()
}

// active tells whether any name could be refused.
func (r *NameRules) active() bool {
	f := r.filter.Load()
	return len(r.reserved) > 0 || f != nil && len(*f) > 0
}

// refuse says whether nobody may have a name, given as it is and folded.
func (r *NameRules) refuse(name, folded string) (Cause, bool) {
	if _, ok := r.reserved[folded]; ok {
		return CauseReserved, true
	}
	if f := r.filter.Load(); f != nil {
		for _, e := range *f {
			if e.MatchString(name) || folded != name && e.MatchString(folded) {
				return CauseFilter, true
			}
		}
	}
	return "", false
}

// readable tells whether a name is short enough to be looked at.
func readable(name string) bool { return len(name) <= MaxCheckedName && utf8.ValidString(name) }
