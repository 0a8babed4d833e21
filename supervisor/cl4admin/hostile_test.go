package cl4admin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// hostile are names, as JSON, that try to be something else where they are put together with other text.
var hostile = []string{
	`"\",\"code_id\":100,\"x\":\""`, `"a\nb"`, `"\u0000"`, `"</script><script>alert(1)</script>"`, `"%s%n%d"`, `"{{.}}"`,
	`"'; DROP TABLE bans;--"`, `"\u001b[31mred"`, `"\ud800"`, `"../../etc/passwd"`, `"` + strings.Repeat("x", 10_000) + `"`, `""`,
}

// TestHostileNames puts hostile texts wherever administrators and clients may put names.
func TestHostileNames(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.Permissions...)
	for _, raw := range hostile {
		c := s.dial()
		c.ask("setid", raw, 100)
		_, id := c.object()
		op.ask("admin_get_client_data", quote(id), 100)
		op.ask("admin_get_room", `{"room":`+raw+`}`, 103)
		op.say(`{"cmd":"admin_create_room","val":{"room":%s,"motd":%s},"listener":"c"}`, raw, raw)
		switch got := op.status(); {
		case strings.Contains(got, `"code_id":100`):
			c.ask("link", raw, 100)
			op.ask("admin_get_room", `{"room":`+raw+`}`, 100)
			op.ask("admin_delete_room", `{"room":`+raw+`}`, 100)
		case len(raw) < 1024 || !strings.Contains(got, `"code_id":101`):
			t.Errorf("%.40s: %s", raw, got)
		}
		op.say(`{"cmd":"admin_edit_client_data","val":{"id":%s,"name":%s,"value":%s},"listener":"c"}`, quote(id), raw, raw)
		if got := op.status(); !json.Valid([]byte(got)) {
			t.Errorf("%.40s: %s", raw, got)
		}
		op.say(`{"cmd":"admin_disable_command","val":{"protocol":"cl4","cmd":%s},"listener":"c"}`, raw)
		if got := op.status(); strings.Contains(got, `"code_id":100`) || !json.Valid([]byte(got)) {
			t.Errorf("%.40s: %s", raw, got)
		}
	}
}
