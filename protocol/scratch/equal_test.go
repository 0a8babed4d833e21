package scratch

import "testing"

func TestEqualValues(t *testing.T) {
	same := [][2]string{
		{`1`, `1.0`}, {`1`, `1e0`}, {`100`, `1E+2`}, {`0.5`, `5e-1`}, {`0`, `-0.0`}, {`0`, `0e5`}, {`120`, `1.2e2`},
		{`9007199254740993`, `9007199254740993.0`}, {`1e999`, `10e998`},
		{`"a"`, `"\u0061"`}, {`"/"`, `"\/"`}, {`"😀"`, `"\ud83d\ude00"`}, {`""`, `""`},
		{`[1,"a"]`, `[1.0,"\u0061"]`}, {`{"a":1,"b":2}`, `{"b":2,"a":1e0}`}, {`{"a":1,"a":2}`, `{"a":2}`},
		{`{"a":[null,true]}`, `{ "a" : [ null , true ] }`},
		{`true`, `true`}, {`"\ud800"`, `"\ud800"`},
	}
	different := [][2]string{
		{`1`, `"1"`}, {`1`, `true`}, {`0`, `false`}, {`true`, `false`}, {`1`, `-1`}, {`1`, `10`}, {`""`, `0`},
		{`9007199254740993`, `9007199254740992`}, {`1e99999999999`, `1e99999999998`},
		{`"a"`, `"b"`}, {`"a"`, `"A"`}, {`"\u0061"`, `"b"`}, {`"\ud800"`, `"\ud801"`}, {`["\ud800"]`, `["\udfff"]`},
		{`[1]`, `[1,2]`}, {`[1,2]`, `[2,1]`}, {`[]`, `{}`}, {`[null]`, `[0]`}, {`[[1]]`, `[[2]]`},
		{`{"a":1}`, `{"b":1}`}, {`{"a":1}`, `{"a":1,"b":2}`}, {`{"a":null}`, `{"b":null}`}, {`{"a":{}}`, `{"a":[]}`},
	}
	check := func(pairs [][2]string, want bool) {
		for _, p := range pairs {
			if equalValues(p[0], p[1]) != want || equalValues(p[1], p[0]) != want {
				t.Errorf("%s and %s: not %v", p[0], p[1], want)
			}
		}
	}
	check(same, true)
	check(different, false)
}

func TestJSNumber(t *testing.T) {
	for raw, want := range map[string]string{
		`0`: `0`, `-0`: `0`, `0.0e9`: `0`, `1`: `1`, `-1`: `-1`, `1.0`: `1`, `1e3`: `1000`, `123.456`: `123.456`,
		`1e20`: `100000000000000000000`, `1e21`: `1e+21`, `1.5e21`: `1.5e+21`, `123456789012345680000`: `123456789012345680000`,
		`0.000001`: `0.000001`, `0.0000001`: `1e-7`, `1.25e-7`: `1.25e-7`, `-0.5`: `-0.5`,
		`9007199254740993`: `9007199254740992`, `5e-324`: `5e-324`, `1e-400`: `0`,
		`-2.2250738585072014e-308`: `-2.2250738585072014e-308`, `1.7976931348623157e308`: `1.7976931348623157e+308`,
	} {
		if got, ok := jsNumber(raw); !ok || got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
		if len(want) > jsNumberMax {
			t.Errorf("%s is longer than the longest number", want)
		}
	}
	if _, ok := jsNumber(`1e309`); ok {
		t.Error("1e309 is finite")
	}
}

func TestTruncate(t *testing.T) {
	for _, test := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"a☁b", 4, "a☁"}, {"a☁b", 3, "a"}, {"a☁b", 1, "a"}, {"☁", 0, ""}} {
		if got := truncate(test.s, test.n); got != test.want {
			t.Errorf("truncate(%q, %d) = %q", test.s, test.n, got)
		}
	}
}
