package conformance

import (
	"strings"
	"testing"
)

// parsed reads a pattern or value that the test itself has written.
func parsed(t *testing.T, text string) Value {
	t.Helper()
	v, err := parseValue([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestMatch(t *testing.T) {
	const uuid = `"0190a5d2-0f4b-7c31-9d6e-2f1b6a7c8d9e"`
	tests := []struct {
		name, pattern, message string
		fits                   bool
	}{
		{"same object", `{"a": 1, "b": [true, null]}`, `{"b":[true,null],"a":1}`, true},
		{"key missing", `{"a": 1, "b": 2}`, `{"a": 1}`, false},
		{"key too many", `{"a": 1}`, `{"a": 1, "b": 2}`, false},
		{"empty objects", `{}`, `{}`, true},
		{"empty object against a key", `{}`, `{"a": 1}`, false},
		{"array order", `[1, 2]`, `[2, 1]`, false},
		{"array too short", `[1, 2]`, `[1]`, false},
		{"array too long", `[1]`, `[1, 2]`, false},
		{"object against array", `{}`, `[]`, false},
		{"array against object", `[]`, `{}`, false},
		{"null against absent", `{"a": null}`, `{}`, false},
		{"nested difference", `{"a": {"b": [{"c": "x"}]}}`, `{"a": {"b": [{"c": "y"}]}}`, false},

		{"1 is 1.0", `1`, `1.0`, true},
		{"1 is 1e0", `1`, `1e0`, true},
		{"100 is 1E+2", `100`, `1E+2`, true},
		{"0 is -0", `0`, `-0`, true},
		{"0.1 is 1e-1", `0.1`, `1e-1`, true},
		{"0.1 is its double", `0.1`, `0.1000000000000000055511151231257827`, true},
		{"0.1 is not 0.2", `0.1`, `0.2`, false},
		{"integers beyond 2^53", `9007199254740993`, `9007199254740992`, false},
		{"the same beyond 2^53", `9007199254740993`, `9007199254740993`, true},
		{"integers beyond 2^64", `123456789012345678901234567890`, `123456789012345678901234567891`, false},
		{"large integer as a float", `9007199254740993`, `9007199254740993.0`, false},
		{"1e400 is 1e400", `1e400`, `1e400`, true},
		{"1e400 is 10e399", `1e400`, `10e399`, true},
		{"1e400 is not 1e399", `1e400`, `1e399`, false},
		{"sign", `1`, `-1`, false},

		{"true is not 1", `true`, `1`, false},
		{"1 is not \"1\"", `1`, `"1"`, false},
		{"true is not \"true\"", `true`, `"true"`, false},
		{"false is not null", `false`, `null`, false},
		{"0 is not false", `0`, `false`, false},
		{"\"\" is not null", `""`, `null`, false},
		{"escapes", `"é/😀"`, `"\u00e9\/\ud83d\ude00"`, true},
		{"case of a string", `"a"`, `"A"`, false},
		{"composed and decomposed", `"\u00e9"`, `"e\u0301"`, false},

		{"$id decimal", `{"$id": "A"}`, `"1234567890"`, true},
		{"$id ULID", `{"$id": "A"}`, `"01J2JX43TBFGRSTTSF3DMCE7CY"`, true},
		{"$id of 64 characters", `{"$id": "A"}`, `"` + strings.Repeat("a", 64) + `"`, true},
		{"$id of 65 characters", `{"$id": "A"}`, `"` + strings.Repeat("a", 65) + `"`, false},
		{"$id empty", `{"$id": "A"}`, `""`, false},
		{"$id with a blank", `{"$id": "A"}`, `"a b"`, false},
		{"$id with a line end", `{"$id": "A"}`, `"ab\n"`, false},
		{"$id as a number", `{"$id": "A"}`, `1234`, false},
		{"$id stays the same", `[{"$id": "A"}, {"$id": "A"}]`, `["1", "1"]`, true},
		{"$id changes", `[{"$id": "A"}, {"$id": "A"}]`, `["1", "2"]`, false},
		{"$id of two clients", `[{"$id": "A"}, {"$id": "B"}]`, `["1", "2"]`, true},
		{"$id shared", `[{"$id": "A"}, {"$id": "B"}]`, `["1", "1"]`, false},
		{"$uuid", `{"$uuid": "A"}`, uuid, true},
		{"$uuid upper case", `{"$uuid": "A"}`, strings.ToUpper(uuid), false},
		{"$uuid without hyphens", `{"$uuid": "A"}`, strings.ReplaceAll(uuid, "-", ""), false},
		{"$uuid shared", `[{"$uuid": "A"}, {"$uuid": "B"}]`, `[` + uuid + `,` + uuid + `]`, false},

		{"$any value", `{"$any": "value"}`, `{"a": []}`, true},
		{"$any string", `{"$any": "string"}`, `""`, true},
		{"$any string, number", `{"$any": "string"}`, `1`, false},
		{"$any number", `{"$any": "number"}`, `1e3`, true},
		{"$any number, bool", `{"$any": "number"}`, `true`, false},
		{"$any bool", `{"$any": "bool"}`, `false`, true},
		{"$any bool, null", `{"$any": "bool"}`, `null`, false},
		{"$any object", `{"$any": "object"}`, `{}`, true},
		{"$any object, array", `{"$any": "object"}`, `[]`, false},
		{"$any array", `{"$any": "array"}`, `[1]`, true},
		{"$any array, object", `{"$any": "array"}`, `{}`, false},
		{"$any null", `{"$any": "null"}`, `null`, true},
		{"$any null, string", `{"$any": "null"}`, `"null"`, false},
		{"$any key is required", `{"a": {"$any": "value"}}`, `{}`, false},

		{"$ip 4", `{"$ip": true}`, `"127.0.0.1"`, true},
		{"$ip 6", `{"$ip": true}`, `"::1"`, true},
		{"$ip with a port", `{"$ip": true}`, `"127.0.0.1:80"`, false},
		{"$ip empty", `{"$ip": true}`, `""`, false},
		{"$ip number", `{"$ip": true}`, `127`, false},
		{"$prefix", `{"$prefix": "0.2."}`, `"0.2.0"`, true},
		{"$prefix inside", `{"$prefix": "0.2."}`, `"10.2.0"`, false},
		{"$prefix number", `{"$prefix": ""}`, `1`, false},
		{"$contains", `{"$contains": "b"}`, `"abc"`, true},
		{"$contains not", `{"$contains": "d"}`, `"abc"`, false},
		{"$contains array", `{"$contains": "b"}`, `["b"]`, false},
		{"$repeat", `{"$repeat": ["ab", 3]}`, `"ababab"`, true},
		{"$repeat too short", `{"$repeat": ["ab", 3]}`, `"abab"`, false},
		{"$repeat too long", `{"$repeat": ["ab", 3]}`, `"abababab"`, false},

		{"$unordered", `{"$unordered": [1, 2, 3]}`, `[3, 1, 2]`, true},
		{"$unordered empty", `{"$unordered": []}`, `[]`, true},
		{"$unordered too many", `{"$unordered": [1, 2]}`, `[1, 2, 2]`, false},
		{"$unordered too few", `{"$unordered": [1, 2]}`, `[1]`, false},
		{"$unordered each once", `{"$unordered": [1, 1, 2]}`, `[1, 2, 2]`, false},
		{"$unordered object", `{"$unordered": []}`, `{}`, false},
		{"$unordered takes back", `{"$unordered": [{"$any": "value"}, 1]}`, `[1, 2]`, true},
		{"$unordered takes ids back", `{"$unordered": [{"id": {"$id": "A"}, "n": {"$any": "value"}}, {"id": {"$id": "B"}, "n": 1}]}`, `[{"id": "x", "n": 1}, {"id": "y", "n": 2}]`, true},
		{"a later key decides an earlier choice", `[{"$unordered": [{"$id": "A"}, {"$id": "B"}]}, {"$id": "A"}]`, `[["x", "y"], "y"]`, true},
		{"$one_of first", `{"$one_of": [1, "a"]}`, `1`, true},
		{"$one_of second", `{"$one_of": [1, "a"]}`, `"a"`, true},
		{"$one_of none", `{"$one_of": [1, "a"]}`, `"b"`, false},
		{"$one_of does not learn from what failed", `[{"$one_of": [[{"$id": "A"}, 1], [{"$id": "B"}, 2]]}, {"$id": "A"}]`, `[["x", 2], "y"]`, true},
		{"$opt there", `{"a": {"$opt": 1}}`, `{"a": 1}`, true},
		{"$opt absent", `{"a": {"$opt": 1}}`, `{}`, true},
		{"$opt wrong", `{"a": {"$opt": 1}}`, `{"a": 2}`, false},
		{"$opt null", `{"a": {"$opt": 1}}`, `{"a": null}`, false},
		{"$literal", `{"$literal": {"$id": "A"}}`, `{"$id": "A"}`, true},
		{"$literal is no pattern", `{"$literal": {"$id": "A"}}`, `"1234"`, false},
		{"$literal inside", `{"a": {"$literal": [{"$any": "value"}]}}`, `{"a": [1]}`, false},

		{"$text", `{"$text": "Empty message"}`, `Empty message`, true},
		{"$text other", `{"$text": "Empty message"}`, `Empty message.`, false},
		{"$text is not JSON", `{"$text": "1"}`, `1`, false},
		{"$text_prefix", `{"$text_prefix": "Empty"}`, `Empty message`, true},
		{"$text_prefix other", `{"$text_prefix": "Empty"}`, `An Empty message`, false},
		{"$text_prefix is not JSON", `{"$text_prefix": ""}`, `{}`, false},
		{"text against an object", `{}`, `Empty message`, false},
		{"text against anything JSON", `{"$any": "value"}`, `Empty message`, false},
		{"NaN is not JSON", `{"val": {"$any": "value"}}`, `{"val": NaN}`, false},
		{"two values are not JSON", `1`, `1 1`, false},
		{"a repeated key is not accepted", `{"a": 1}`, `{"a": 1, "a": 1}`, false},
		{"an empty text is not JSON", `{"$text": ""}`, ``, true},
		{"broken UTF-8 is not JSON", `"\ufffd"`, "\"\xff\"", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fits, err := newNames().matchFrame(parsed(t, tt.pattern), newFrame(tt.message))
			if err != nil || fits != tt.fits {
				t.Errorf("pattern %s, message %s: got %v, %v", tt.pattern, tt.message, fits, err)
			}
		})
	}
}

func TestMatchKeepsWhatItLearns(t *testing.T) {
	n := newNames()
	see := func(pattern, message string, want bool) {
		t.Helper()
		if got, err := n.matchFrame(parsed(t, pattern), newFrame(message)); err != nil || got != want {
			t.Errorf("pattern %s, message %s: got %v, %v", pattern, message, got, err)
		}
	}
	see(`[{"$id": "A"}, 1]`, `["x", 2]`, false)
	see(`{"$id": "A"}`, `"y"`, true) // the failure above has taught nothing
	see(`{"$id": "A"}`, `"x"`, false)
	see(`{"$id": "B"}`, `"y"`, false)
	see(`{"$id": "B"}`, `"x"`, true)
	see(`{"$unordered": [{"$id": "B"}, {"$id": "A"}]}`, `["y", "x"]`, true)
	see(`{"$unordered": [{"$id": "B"}, {"$id": "C"}]}`, `["y", "x"]`, false)
}

func TestMatchUnorderedMessages(t *testing.T) {
	tests := []struct {
		name             string
		patterns, frames []string
		fits             bool
	}{
		{"in order", []string{`1`, `2`}, []string{`1`, `2`}, true},
		{"the other way round", []string{`1`, `2`}, []string{`2`, `1`}, true},
		{"twice the same", []string{`1`, `2`}, []string{`1`, `1`}, false},
		{"one too few", []string{`1`, `2`}, []string{`1`}, false},
		{"greedy would fail", []string{`{"$any": "value"}`, `1`}, []string{`1`, `2`}, true},
		{"text and JSON", []string{`{"$text": "x"}`, `1`}, []string{`1`, `x`}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var patterns []Value
			var frames []frame
			for _, p := range tt.patterns {
				patterns = append(patterns, parsed(t, p))
			}
			for _, f := range tt.frames {
				frames = append(frames, newFrame(f))
			}
			if fits, err := newNames().matchUnordered(patterns, frames); err != nil || fits != tt.fits {
				t.Errorf("got %v, %v", fits, err)
			}
		})
	}
}

func TestBadPatternsAreErrors(t *testing.T) {
	for _, pattern := range []string{
		`{"$idd": "A"}`, `{"$id": 1}`, `{"$id": ""}`, `{"$any": "text"}`, `{"$ip": false}`, `{"$prefix": 1}`,
		`{"$repeat": ["a"]}`, `{"$repeat": [1, 2]}`, `{"$repeat": ["a", -1]}`, `{"$unordered": 1}`, `{"$one_of": []}`,
		`{"$opt": 1}`, `[{"$opt": 1}]`, `{"$unordered": [{"$opt": 1}]}`, `{"a": {"$text": "x"}}`, `[{"$text_prefix": "x"}]`,
		`{"a": {"$opt": {"$unknown": 1}}}`, `{"$one_of": [1, {"$unknown": 1}]}`,
	} {
		if _, err := newNames().matchFrame(parsed(t, pattern), newFrame(`{}`)); err == nil {
			t.Errorf("%s is taken for a pattern", pattern)
		}
	}
}

func TestEncode(t *testing.T) {
	for _, text := range []string{
		`{"a": [1, 2.50, -0, 1e400, true, false, null], "b": {}}`, `[]`, `""`, `"é😀/<>&"`, `"\"\\\u0000\u000a"`,
	} {
		if got := encode(parsed(t, text)); got != text {
			t.Errorf("got %s, want %s", got, text)
		}
	}
}

func TestBadStepsAreErrors(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"opn": "A"}`, `{"open": "A", "close": "A"}`, `{"open": 1}`, `{"open": "A", "header": {}}`,
		`{"send": "A"}`, `{"send": "A", "json": 1, "text": "x"}`, `{"send": "A", "text": "x", "code": 1}`,
		`{"expect": "A"}`, `{"expect": "A", "messages": []}`, `{"expect": "A", "messages": 1}`,
		`{"expect": "A", "messages": [1], "unordered": [1]}`, `{"expect_none": ["A"]}`, `{"expect_none": [], "ms": 1}`,
		`{"expect_close": "A", "code": "1000"}`, `{"expect_close": "A", "reason": 1}`, `{"sleep": 0}`,
		`{"sleep": 1, "for": "both"}`, `{"close": "A", "close": "A"}`,
	} {
		var s Step
		if err := s.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s is taken for a step", text)
		}
	}
}
