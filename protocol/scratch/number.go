package scratch

import (
	"math"
	"strconv"
	"strings"
)

// jsNumberMax is the length of the longest text that JavaScript has for a number: -1.2345678901234567e-308.
const jsNumberMax = 24

// jsNumber returns the text that JavaScript has for a JSON number, and whether the number is finite there.
func jsNumber(raw string) (text string, finite bool) {
	f, _ := strconv.ParseFloat(raw, 64)
	switch {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return "", false
	case f == 0:
		return "0", true
	}
	var scratch [32]byte
	b := strconv.AppendFloat(scratch[:0], f, 'e', -1, 64)
	sign := ""
	if b[0] == '-' {
		sign, b = "-", b[1:]
	}
	mantissa, exponent, _ := strings.Cut(string(b), "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	e, _ := strconv.Atoi(exponent)
	k, n := len(digits), e+1 // the value is 0.DIGITS times ten to the power of n
	switch {
	case k <= n && n <= 21:
		return sign + digits + strings.Repeat("0", n-k), true
	case 0 < n && n <= 21:
		return sign + digits[:n] + "." + digits[n:], true
	case -6 < n && n <= 0:
		return sign + "0." + strings.Repeat("0", -n) + digits, true
	}
	if k > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	if e >= 0 {
		return sign + digits + "e+" + strconv.Itoa(e), true
	}
	return sign + digits + "e" + strconv.Itoa(e), true
}

// isInteger tells a JSON number without fraction and exponent.
func isInteger(raw string) bool { return !strings.ContainsAny(raw, ".eE") }

// isNumeric says whether TurboWarp's cloud-server takes a text for a number: empty, or an optional minus sign,
// then ASCII digits and at most one point. The sign alone and the point alone are none; both together are.
func isNumeric(s string) bool {
	if s == "" {
		return true
	}
	if s == "-" || s == "." {
		return false
	}
	point := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
		case c == '-' && i == 0:
		case c == '.' && !point:
			point = true
		default:
			return false
		}
	}
	return true
}

// decimal is a JSON number as sign, digits and exponent: 0.DIGITS times ten to the power of exp, without zeros at
// either end of the digits, none at all for zero.
type decimal struct {
	negative bool
	digits   string
	exp      int64
	ok       bool // false: the exponent is too large to count with
}

func parseDecimal(raw string) decimal {
	d := decimal{ok: true}
	if strings.HasPrefix(raw, "-") {
		d.negative, raw = true, raw[1:]
	}
	if i := strings.IndexAny(raw, "eE"); i >= 0 {
		e, err := strconv.ParseInt(strings.TrimPrefix(raw[i+1:], "+"), 10, 32)
		d.exp, d.ok, raw = e, err == nil, raw[:i]
	}
	whole, fraction, _ := strings.Cut(raw, ".")
	d.exp += int64(len(whole))
	d.digits = whole + fraction
	trimmed := strings.TrimLeft(d.digits, "0")
	d.exp -= int64(len(d.digits) - len(trimmed))
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{ok: true}
	}
	return d
}

// equalNumbers compares the exact values of two JSON numbers.
func equalNumbers(a, b string) bool {
	x, y := parseDecimal(a), parseDecimal(b)
	if !x.ok || !y.ok {
		return a == b
	}
	return x == y
}
