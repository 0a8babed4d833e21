package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

var text = kind[string]{
	typ:   "text",
	parse: func(s string) (string, error) { return s, nil },
	show:  func(s string) string { return s },
}

// errNoSecret says that an empty secret, such as one from a variable that is not set, is a mistake: it would be no
// protection at all.
var errNoSecret = errors.New("the secret is empty: leave the setting away for none")

var secret = kind[string]{
	typ: "text",
	parse: func(s string) (string, error) {
		if s == "" {
			return "", errNoSecret
		}
		return s, nil
	},
	show: text.show,
}

// minAdminToken keeps secrets away that can be guessed: nobody waits between guesses for long.
const minAdminToken = 16

var errShortToken = fmt.Errorf("the token is too short: at least %d characters", minAdminToken)

// adminToken is a secret that is long enough to be let in with from anywhere.
var adminToken = kind[string]{
	typ: "text",
	parse: func(s string) (string, error) {
		s, err := secret.parse(s)
		if err == nil && len(s) < minAdminToken {
			err = errShortToken
		}
		return s, err
	},
	show: text.show,
}

var path = kind[string]{typ: "file", parse: text.parse, show: text.show}

var boolean = kind[bool]{
	typ: "boolean",
	parse: func(s string) (bool, error) {
		switch strings.ToLower(s) {
		case "true", "yes", "on", "1":
			return true, nil
		case "false", "no", "off", "0":
			return false, nil
		}
		return false, fmt.Errorf("%q is neither true nor false", s)
	},
	show: strconv.FormatBool,
}

// number is a whole number of at least lowest.
func number(lowest int) kind[int] {
	return kind[int]{
		typ: "number",
		parse: func(s string) (int, error) {
			n, err := strconv.Atoi(s)
			if err != nil {
				return 0, fmt.Errorf("%q is not a whole number", s)
			}
			if n < lowest {
				return 0, fmt.Errorf("%d is too low: at least %d", n, lowest)
			}
			return n, nil
		},
		show: strconv.Itoa,
	}
}

// numberOrNone is a number above zero, or zero, which options know as a negative one because their zero value means
// the default.
var numberOrNone = kind[int]{
	typ: "number",
	parse: func(s string) (int, error) {
		n, err := number(0).parse(s)
		if err == nil && n == 0 {
			n = -1
		}
		return n, err
	},
	show: func(n int) string { return strconv.Itoa(max(n, 0)) },
}

// limit is a number above zero, or -1 for none. Zero is refused: some would mean nobody by it and others everybody.
var limit = kind[int]{
	typ: "number",
	parse: func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, fmt.Errorf("%q is not a whole number", s)
		}
		if n == 0 || n < -1 {
			return 0, fmt.Errorf("%d is no limit: a number above 0, or -1 for no limit", n)
		}
		return n, nil
	},
	show: strconv.Itoa,
}

var rate = kind[float64]{
	typ: "number",
	parse: func(s string) (float64, error) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return 0, fmt.Errorf("%q is not a number", s)
		}
		if f < 0 {
			return 0, fmt.Errorf("%s is too low: a number above 0, or 0 for no limit", s)
		}
		return f, nil
	},
	show: func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) },
}

// perSecond is a rate above zero.
var perSecond = kind[float64]{
	typ: "number",
	parse: func(s string) (float64, error) {
		f, err := rate.parse(s)
		if err == nil && f == 0 {
			return 0, fmt.Errorf("%s is too low: a number above 0", s)
		}
		return f, err
	},
	show: rate.show,
}

// bytes is a size above zero.
var bytes = kind[int]{typ: "size", parse: parseSize, show: formatSize}

// duration is a time above zero.
var duration = kind[time.Duration]{
	typ: "duration",
	parse: func(s string) (time.Duration, error) {
		d, err := parseDuration(s)
		if err == nil && d == 0 {
			err = fmt.Errorf("%q is too short: a time above 0", s)
		}
		return d, err
	},
	show: formatDuration,
}

// durationOrOff is a time above zero, or zero, which options know as a negative one because their zero value means
// the default.
var durationOrOff = kind[time.Duration]{
	typ: "duration",
	parse: func(s string) (time.Duration, error) {
		d, err := parseDuration(s)
		if err == nil && d == 0 {
			d = -1
		}
		return d, err
	},
	show: func(d time.Duration) string { return formatDuration(max(d, 0)) },
}

// durationWithin is a time within bounds.
func durationWithin(low, high time.Duration) kind[time.Duration] {
	return kind[time.Duration]{
		typ: "duration",
		parse: func(s string) (time.Duration, error) {
			d, err := parseDuration(s)
			if err == nil && (d < low || d > high) {
				err = fmt.Errorf("%q is out of range: %s to %s", s, formatDuration(low), formatDuration(high))
			}
			return d, err
		},
		show: formatDuration,
	}
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		d, err = LongDuration(s)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 20s, 5m or 1h30m", s)
	}
	if d < 0 {
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

// formatDuration leaves out the zeros that time.Duration writes: 5m, not 5m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "0s" {
		return "0"
	}
	return s
}

// oneOf is one of a few words.
func oneOf(words ...string) kind[string] {
	return kind[string]{
		typ: strings.Join(words, "|"),
		parse: func(s string) (string, error) {
			for _, w := range words {
				if strings.EqualFold(s, w) {
					return w, nil
				}
			}
			return "", fmt.Errorf("%q is not one of %s%s", s, strings.Join(words, ", "), DidYouMean(s, words))
		},
		show: text.show,
	}
}

var level = kind[slog.Level]{
	typ: "level",
	parse: func(s string) (slog.Level, error) {
		switch strings.ToLower(s) {
		case "debug", "trace":
			return slog.LevelDebug, nil
		case "info":
			return slog.LevelInfo, nil
		case "warn", "warning":
			return slog.LevelWarn, nil
		case "error":
			return slog.LevelError, nil
		case "none", "off":
			return LevelNone, nil
		}
		words := []string{"debug", "info", "warn", "error", "none"}
		return 0, fmt.Errorf("%q is not one of %s%s", s, strings.Join(words, ", "), DidYouMean(s, words))
	},
	show: func(l slog.Level) string {
		if l == LevelNone {
			return "none"
		}
		return strings.ToLower(l.String())
	},
}

// prefix is a range of addresses; an address alone is a range of one.
var prefix = kind[netip.Prefix]{
	typ: "CIDR",
	parse: func(s string) (netip.Prefix, error) {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return p, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", s)
		}
		return p.Masked(), nil
	},
	show: netip.Prefix.String,
}

var headerName = kind[string]{
	typ: "text",
	parse: func(s string) (string, error) {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !tokenRune(r) }) {
			return "", fmt.Errorf("%q is not the name of a header such as X-Forwarded-For", s)
		}
		return s, nil
	},
	show: text.show,
}

// tokenRune tells whether r may stand in the name of a header.
func tokenRune(r rune) bool {
	return r < 0x7f && r > ' ' && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// command is PROTOCOL:COMMAND. Whether there is such a command depends on the plugins, which nobody knows here.
var command = kind[string]{
	typ: "command",
	parse: func(s string) (string, error) {
		protocol, name, _ := strings.Cut(s, ":")
		if name == "" {
			return "", fmt.Errorf("%q is not a command such as cl4:gvar", s)
		}
		known := []string{supervisor.ProtocolCL4, supervisor.ProtocolScratch}
		if !slices.Contains(known, protocol) {
			return "", fmt.Errorf("%q: there is no protocol %q%s", s, protocol, DidYouMean(protocol, known))
		}
		return s, nil
	},
	show: text.show,
}
