package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are what a size may end in. The longer ones come first, so that MiB is not taken for B.
var units = []struct {
	name   string
	factor float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30},
	{"b", 1},
}

// parseSize reads a number of bytes such as 1048576, 64KiB or 1.5MiB.
func parseSize(s string) (int, error) {
	n, err := parseSpace(s, math.MaxInt32, "below 2GiB")
	return int(n), err
}

// parseSpace is parseSize up to another limit, of which allowed tells.
func parseSpace(s string, limit float64, allowed string) (int64, error) {
	digits, factor := strings.ToLower(strings.TrimSpace(s)), 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(digits, u.name); ok {
			digits, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	if strings.ContainsAny(digits, "einpx_+") {
		digits = "" // a size is written with digits, whatever else ParseFloat reads
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size such as 64KiB, 1MiB or 1048576", s)
	}
	f *= factor
	switch {
	case f < 1:
		return 0, fmt.Errorf("%q is too small: at least 1", s)
	case f != math.Trunc(f):
		return 0, fmt.Errorf("%q is no whole number of bytes", s)
	case f > limit:
		return 0, fmt.Errorf("%q is too large: %s", s, allowed)
	}
	return int64(f), nil
}

// formatSize writes a number of bytes in the largest unit that divides it.
func formatSize(n int) string { return formatSpace(int64(n)) }

func formatSpace(n int64) string {
	switch {
	case n != 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "GiB"
	case n != 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "MiB"
	case n != 0 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "KiB"
	}
	return strconv.FormatInt(n, 10)
}
