package codec

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCloseFrame(t *testing.T) {
	a := strings.Repeat("a", 200)
	for _, test := range []struct {
		name   string
		code   uint16
		reason string
		want   string
	}{
		{"usual", 1000, "bye", "\x88\x05\x03\xe8bye"},
		{"no reason", 1001, "", "\x88\x02\x03\xe9"},
		{"no status", 1005, "x", "\x88\x00"},
		{"zero", 0, "x", "\x88\x00"},
		{"must not be sent", 1006, "x", "\x88\x00"},
		{"application", 4000, "é", "\x88\x04\x0f\xa0é"},
		{"longest", 1000, a[:123], "\x88\x7d\x03\xe8" + a[:123]},
		{"too long", 1000, a, "\x88\x7d\x03\xe8" + a[:123]},
		{"two bytes over the border", 1000, a[:122] + "é", "\x88\x7c\x03\xe8" + a[:122]},
		{"four bytes over the border", 1000, a[:120] + "🦢b", "\x88\x7a\x03\xe8" + a[:120]},
		{"four bytes at the border", 1000, a[:119] + "🦢b", "\x88\x7d\x03\xe8" + a[:119] + "🦢"},
		{"not UTF-8", 1000, "a\xffb", "\x88\x07\x03\xe8a\ufffdb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := CloseFrame(test.code, test.reason); string(got) != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPingPongFrame(t *testing.T) {
	if got := PingFrame([]byte("ab")); string(got) != "\x89\x02ab" {
		t.Errorf("got %q", got)
	}
	if got := PongFrame(nil); string(got) != "\x8a\x00" {
		t.Errorf("got %q", got)
	}
	if got := PongFrame(make([]byte, 126)); len(got) != 127 || got[1] != 125 {
		t.Errorf("got %d bytes", len(got))
	}
	if got := AppendControl([]byte("x"), 9, []byte("y")); string(got) != "x\x89\x01y" {
		t.Errorf("got %q", got)
	}
}

// TestCutReason checks that a reason stays what it was as far as it fits.
func TestCutReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkCutReason(t, rapid.StringN(0, 200, 300).Draw(t, "reason")) })
	rapid.Check(t, func(t *rapid.T) {
		checkCutReason(t, string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "reason")))
	})
}

func checkCutReason(t interface{ Fatalf(string, ...any) }, reason string) {
	got := cutReason(reason)
	if len(got) > MaxCloseReason || !utf8.ValidString(got) {
		t.Fatalf("%q becomes %q", reason, got)
	}
	if utf8.ValidString(reason) {
		if !strings.HasPrefix(reason, got) || len(got) < len(reason) && len(got) < MaxCloseReason-3 {
			t.Fatalf("%q becomes %q", reason, got)
		}
	}
}
