package scratch

import (
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

func TestValuesNumeric(t *testing.T) {
	r := NewRules(Config{})
	for _, raw := range []string{
		`5`, `-1.5`, `0`, `-0`, `1234567890123456`, `1e+21`, `-1e-07`, `1E5`, `9007199254740993`,
		`"5"`, `"-1.5"`, `"007"`, `""`, `"-5"`, `"1."`, `".5"`, `"-.5"`, `"-."`, `"00"`, `"-0"`,
	} {
		if got, ok := r.allowedValue(codec.Raw(raw)); !ok || string(got) != raw {
			t.Errorf("%s: %s, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{
		``, `null`, `true`, `false`, `[]`, `{"a":1}`, `1e999`, `-1e999`,
		`"abc"`, `"1e5"`, `"-"`, `"."`, `"1.2.3"`, `"--1"`, `"1-"`, `"+1"`, `" 1"`, `"1 "`, `"0x10"`, `"١"`, `"\n"`,
		`"Infinity"`, `"NaN"`,
	} {
		if got, ok := r.allowedValue(codec.Raw(raw)); ok {
			t.Errorf("%s allowed as %s", raw, got)
		}
	}
	if got, ok := r.allowedValue(codec.Raw(`"\u0031\u002e5"`)); !ok || string(got) != `"1.5"` {
		t.Errorf("escapes: %s, %v", got, ok)
	}
}

func TestValuesAny(t *testing.T) {
	r := NewRules(Config{Dialect: CloudLink})
	for raw, want := range map[string]string{
		`5`: `5`, `1e999`: `1e999`, `true`: `true`, `"a b"`: `"a b"`, `"\u00e9\n"`: `"\u00e9\n"`, `""`: `""`,
		`[1, "a b"]`: `[1,"a b"]`, "{\n\t\"k\" : null}": `{"k":null}`, `["\\\" "]`: `["\\\" "]`, `[]`: `[]`,
	} {
		if got, ok := r.allowedValue(codec.Raw(raw)); !ok || string(got) != want {
			t.Errorf("%s: %s, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{``, `null`} {
		if _, ok := r.allowedValue(codec.Raw(raw)); ok {
			t.Errorf("%q allowed", raw)
		}
	}
}

func TestValuesSetting(t *testing.T) {
	if _, ok := NewRules(Config{Values: ValuesAny}).allowedValue(codec.Raw(`"text"`)); !ok {
		t.Error("TurboWarp with any values refuses a text")
	}
	if _, ok := NewRules(Config{Dialect: CloudLink, Values: ValuesNumeric}).allowedValue(codec.Raw(`"text"`)); ok {
		t.Error("CloudLink with numeric values allows a text")
	}
}

func TestValueLength(t *testing.T) {
	nines := func(n int) string { return strings.Repeat("9", n) }
	for _, test := range []struct {
		about  string
		config Config
		raw    string
		want   string // empty: not allowed
	}{
		{"100000", Config{}, `"` + nines(100_000) + `"`, `"` + nines(100_000) + `"`},
		{"100001", Config{}, `"` + nines(100_001) + `"`, ""},
		{"escapes count once", Config{}, `"` + strings.Repeat(`\u0039`, 100_000) + `"`, `"` + nines(100_000) + `"`},
		{"a long number is short for JavaScript", Config{}, `0.` + strings.Repeat("0", 100_000) + `1`, "0"},
		{"but may be written long", Config{}, `1.` + strings.Repeat("0", 99_998), `1.` + strings.Repeat("0", 99_998)},
		{"a long integer is infinite", Config{}, nines(400), ""},
		{"number, as JavaScript writes it", Config{ValueLength: 5}, `1e4`, `1e4`},
		{"number, too long for JavaScript", Config{ValueLength: 5}, `1e5`, ``},
		{"number, shortened", Config{ValueLength: 5}, `1.00000`, `1`},
		{"any: units of UTF-16", Config{Values: ValuesAny, ValueLength: 4}, `"😀é\n"`, `"😀é\n"`},
		{"any: too long", Config{Values: ValuesAny, ValueLength: 3}, `"😀é\n"`, ``},
		{"any: escaped pair", Config{Values: ValuesAny, ValueLength: 2}, `"\ud83d\ude00"`, `"\ud83d\ude00"`},
		{"any: object", Config{Values: ValuesAny, ValueLength: 7}, `{"a": 1}`, `{"a":1}`},
		{"any: object too long", Config{Values: ValuesAny, ValueLength: 6}, `{"a": 1}`, ``},
		{"any: huge number stays", Config{Values: ValuesAny, ValueLength: 5}, `1e999`, `1e999`},
		{"any: number too long", Config{Values: ValuesAny, ValueLength: 5}, `12345678`, ``},
		{"no limit", Config{ValueLength: Unlimited}, `"` + nines(200_000) + `"`, `"` + nines(200_000) + `"`},
		{"CloudLink has none", Config{Dialect: CloudLink}, `"` + nines(200_000) + `"`, `"` + nines(200_000) + `"`},
		{"CloudLink with one", Config{Dialect: CloudLink, ValueLength: 3}, `"9999"`, ``},
	} {
		got, ok := NewRules(test.config).allowedValue(codec.Raw(test.raw))
		if !ok {
			got = nil
		}
		if string(got) != test.want || ok != (test.want != "") {
			t.Errorf("%s: got %.60s, %v", test.about, got, ok)
		}
	}
}

func TestAdmission(t *testing.T) {
	for _, test := range []struct {
		config         Config
		clients, rooms int // that fit; -1: any number
	}{
		{Config{}, 128, 16_384},
		{Config{Clients: 2, Rooms: 3}, 2, 3},
		{Config{Clients: Unlimited, Rooms: Unlimited}, -1, -1},
		{Config{Dialect: CloudLink}, -1, -1},
		{Config{Dialect: CloudLink, Clients: 2, Rooms: 3}, 2, 3},
	} {
		r := NewRules(test.config)
		check := func(what string, admit func(int) (Ending, bool), limit int, code uint16) {
			t.Helper()
			if limit < 0 {
				if _, ok := admit(1 << 30); !ok {
					t.Errorf("%+v: %s are limited", test.config, what)
				}
				return
			}
			if e, ok := admit(limit - 1); !ok || !e.IsZero() {
				t.Errorf("%+v: %s number %d refused", test.config, what, limit)
			}
			if e, ok := admit(limit); ok || e != (Ending{Code: code}) {
				t.Errorf("%+v: %s number %d: %v", test.config, what, limit+1, e)
			}
		}
		check("clients", r.AdmitClient, test.clients, 4000)
		check("rooms", r.AdmitRoom, test.rooms, 4003)
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		config     Config
		flush, ttl time.Duration
	}{
		{Config{}, time.Second / 60, time.Hour},
		{Config{FlushInterval: time.Second, RoomTTL: time.Minute}, time.Second, time.Minute},
		{Config{FlushInterval: -1, RoomTTL: -1}, 0, 0},
		{Config{Dialect: CloudLink, FlushInterval: time.Second, RoomTTL: time.Minute}, 0, 0},
	} {
		r := NewRules(test.config)
		if r.FlushInterval() != test.flush || r.RoomTTL() != test.ttl {
			t.Errorf("%+v: %v, %v", test.config, r.FlushInterval(), r.RoomTTL())
		}
	}
}
