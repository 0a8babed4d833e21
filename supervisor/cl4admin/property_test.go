package cl4admin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// keys are those that commands know, and one that none does.
var keys = []string{
	"id", "name", "value", "code", "reason", "protocol", "cmd", "room", "locked", "max_clients", "motd", "enable_motd", "kind", "pattern",
	"expires", "for_seconds", "force", "val", "permissions", "addresses", "uuid", "username", "unknown",
}

// valGen draws JSON that commands can nearly understand. It holds no password, which would take long to hash.
func valGen() *rapid.Generator[any] {
	text := rapid.SampledFrom([]string{
		"", "default", "ann", "cl4", "gvar", "ip", "name", "192.0.2.0/24", "::/0", "view_rooms", "2099-01-01T00:00:00Z", "\x00", "\ufffd", strings.Repeat("x", 3000),
	})
	number := rapid.SampledFrom([]any{0, -1, 1, 1.5, 1e300, 4004, 1 << 40, -1 << 40})
	leaf := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		number,
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	)
	object := func(inner *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Map(rapid.MapOfN(rapid.SampledFrom(keys), inner, 0, 5), func(m map[string]any) any { return m })
	}
	list := rapid.Map(rapid.SliceOfN(leaf, 0, 4), func(l []any) any { return l })
	return rapid.OneOf(leaf, list, object(rapid.OneOf(leaf, list, object(leaf))))
}

// TestEveryValIsAnswered sends commands what nobody would. Each is answered once, and never as a fault of the server.
func TestEveryValIsAnswered(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.Permissions...)
	commands := slices.DeleteFunc(slices.Sorted(maps.Keys(commandNames)), func(name string) bool {
		return name == "admin_change_user_limit" // it would keep out whoever comes to look
	})
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		cmd := rapid.SampledFrom(commands).Draw(rt, "cmd")
		val := valGen().Draw(rt, "val")
		encoded, err := json.Marshal(val)
		if err != nil {
			rt.Fatal(err)
		}
		n++
		listener := fmt.Sprint("l", n)
		op.say(`{"cmd":%q,"val":%s,"listener":%q}`, cmd, encoded, listener)
		got := op.status()
		if !strings.Contains(got, `"listener":"`+listener+`"`) || strings.Contains(got, `"code_id":105`) {
			rt.Fatalf("%s %s: %s", cmd, encoded, got)
		}
	})
	op.ask("ping", 1, 100)
}
