package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LongDuration reads a time above zero that may be given in days, as 90d, or in parts, as 1d12h.
func LongDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 32)
	var d time.Duration
	if err == nil && rest != "" {
		d, err = time.ParseDuration(rest)
	}
	if d += time.Duration(n) * 24 * time.Hour; err != nil || d <= 0 || n > 36500 {
		return 0, fmt.Errorf("%q is not a time above 0 such as 90d, 12h or 30m", text)
	}
	return d, nil
}
