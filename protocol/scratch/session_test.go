package scratch

import (
	"fmt"
	"strings"
	"testing"
)

// String makes decisions readable in tables.
func (d Decision) String() string {
	switch d.Kind {
	case Ignore:
		return "ignore"
	case Close:
		return fmt.Sprintf("close %d %q %q", d.Close.Code, d.Close.Reason, d.Close.Text)
	case Join:
		return fmt.Sprintf("join %s as %s", d.Room, d.User)
	}
	return d.Change.String()
}

func (c Change) String() string {
	switch c.Op {
	case OpSet:
		return fmt.Sprintf("set %s = %s", c.Name, c.Value)
	case OpCreate:
		return fmt.Sprintf("create %s = %s", c.Name, c.Value)
	case OpRename:
		return fmt.Sprintf("rename %s to %s", c.Name, c.NewName)
	case OpDelete:
		return fmt.Sprintf("delete %s", c.Name)
	}
	return "nothing"
}

func (e Ending) String() string { return Decision{Kind: Close, Close: e}.String() }

const (
	twHello = `{"method":"handshake","user":"ann","project_id":"p"}`
	clHello = twHello
	joinP   = "join p as ann"

	bad   = `close 4000 "" ""`
	badID = `close 4002 "" ""`

	clEmpty   = `close 1000 "Empty message" "Empty message"`
	clInvalid = `close 1000 "Invalid JSON" "Invalid JSON"`
	clUnknown = `close 1000 "Unable to identify protocol" "Unable to identify protocol"`
)

// step is a message and what it leads to. A message that starts with "b:" is binary.
type step struct{ message, want string }

func talk(t *testing.T, c Config, steps []step) {
	t.Helper()
	s := NewRules(c).NewSession(false)
	for i, step := range steps {
		text, binary := strings.CutPrefix(step.message, "b:")
		payload := []byte(text)
		got := s.Receive(payload, binary)
		for i := range payload { // whoever keeps a part of the message is found out
			payload[i] = 'X'
		}
		if got.String() != step.want {
			t.Fatalf("step %d, %.200s:\n got %v\nwant %v", i, step.message, got, step.want)
		}
	}
}

func msg(method, rest string) string {
	if rest != "" {
		rest = "," + rest
	}
	return fmt.Sprintf(`{"method":%q%s}`, method, rest)
}

func TestSessionTurboWarp(t *testing.T) {
	user := func(raw string) string { return `{"method":"handshake","project_id":"p","user":` + raw + `}` }
	project := func(raw string) string { return `{"method":"handshake","user":"ann","project_id":` + raw + `}` }
	for name, steps := range map[string][]step{
		"handshake":                 {{twHello, joinP}},
		"newline at the end":        {{twHello + "\n", joinP}, {`{"method":"set","name":"v","value":1}` + "\n", "set v = 1"}},
		"second handshake":          {{twHello, joinP}, {twHello, bad}},
		"set before handshake":      {{`{"method":"set","name":"v","value":1}`, bad}},
		"create before handshake":   {{`{"method":"create","name":"v","value":1}`, bad}},
		"rename before, off":        {{`{"method":"rename","name":"v","new_name":"☁ w"}`, "ignore"}, {twHello, joinP}},
		"delete before, off":        {{`{"method":"delete","name":"v"}`, "ignore"}, {twHello, joinP}},
		"rename and delete off":     {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"☁ w"`), "ignore"}, {msg("delete", `"name":"v"`), "ignore"}},
		"unknown method":            {{twHello, joinP}, {msg("explode", ""), bad}},
		"unknown method first":      {{msg("explode", ""), bad}},
		"not JSON":                  {{twHello, joinP}, {"hello", bad}},
		"not JSON first":            {{"hello", bad}},
		"empty first":               {{"", bad}},
		"empty":                     {{twHello, joinP}, {"", bad}},
		"array":                     {{"[]", bad}},
		"number":                    {{"5", bad}},
		"null":                      {{"null", bad}},
		"no method":                 {{"{}", bad}},
		"method is a number":        {{`{"method":5}`, bad}},
		"method is null":            {{`{"method":null}`, bad}},
		"method twice, last counts": {{`{"method":"explode","method":"handshake","user":"ann","project_id":"p"}`, joinP}},
		"method null at last":       {{`{"method":"handshake","user":"ann","project_id":"p","method":null}`, bad}},
		"key written with escapes":  {{`{"\u006dethod":"hand\u0073hake","user":"\u0061nn","project_id":"p"}`, joinP}},
		"binary":                    {{"b:" + twHello, "ignore"}, {twHello, joinP}, {"b:hello", "ignore"}, {`{"method":"set","name":"v","value":1}`, "set v = 1"}},
		"project_id is not needed":  {{twHello, joinP}, {msg("set", `"name":"v","value":"1"`), `set v = "1"`}, {msg("set", `"name":"v","value":"2","project_id":"other","user":5`), `set v = "2"`}},
		"create is set":             {{twHello, joinP}, {msg("create", `"name":"v","value":"1"`), `set v = "1"`}},
		"any name":                  {{twHello, joinP}, {msg("set", `"name":"","value":1`), "set  = 1"}, {msg("set", `"name":"x","value":1`), "set x = 1"}},
		"name is no string":         {{twHello, joinP}, {msg("set", `"name":5,"value":1`), "ignore"}, {msg("set", `"value":1`), "ignore"}, {msg("set", `"name":null,"value":1`), "ignore"}},
		"name of 1024":              {{twHello, joinP}, {msg("set", `"value":1,"name":"`+strings.Repeat("x", 1024)+`"`), "set " + strings.Repeat("x", 1024) + " = 1"}},
		"name of 1025":              {{twHello, joinP}, {msg("set", `"value":1,"name":"`+strings.Repeat("x", 1025)+`"`), "ignore"}},
		"name of 512 pairs":         {{twHello, joinP}, {msg("set", `"value":1,"name":"`+strings.Repeat("😀", 512)+`"`), "set " + strings.Repeat("😀", 512) + " = 1"}, {msg("set", `"value":1,"name":"`+strings.Repeat("😀", 513)+`"`), "ignore"}},

		"user too long":        {{user(`"abcdefghij_0123456-Zz"`), badID}},
		"user of 20":           {{user(`"abcdefghij_0123456-Z"`), "join p as abcdefghij_0123456-Z"}},
		"user of 1":            {{user(`"a"`), "join p as a"}},
		"user empty":           {{user(`""`), badID}},
		"user with space":      {{user(`"two words"`), badID}},
		"user with accent":     {{user(`"zoë"`), badID}},
		"user with point":      {{user(`"a.b"`), badID}},
		"user with newline":    {{user(`"a\n"`), badID}},
		"user is a number":     {{user(`5`), badID}},
		"user is null":         {{user(`null`), badID}},
		"user is an array":     {{user(`["a"]`), badID}},
		"user missing":         {{`{"method":"handshake","project_id":"p"}`, badID}},
		"user refused":         {{user(`"Admin"`), badID}},
		"project first":        {{`{"method":"handshake","user":"","project_id":""}`, bad}},
		"project empty":        {{project(`""`), bad}},
		"project missing":      {{`{"method":"handshake","user":"ann"}`, "join undefined as ann"}},
		"project null":         {{project(`null`), bad}},
		"project is an array":  {{project(`[]`), bad}},
		"project is a bool":    {{project(`true`), bad}},
		"project is a number":  {{project(`123`), "join 123 as ann"}},
		"project is a float":   {{project(`123.0`), "join 123 as ann"}},
		"project is huge":      {{project(`123456789012345678901234567890`), "join 123456789012345678901234567890 as ann"}},
		"project has exponent": {{project(`1e3`), "join 1000 as ann"}},
		"project of 999":       {{project(`"` + strings.Repeat("7", 999) + `"`), "join " + strings.Repeat("7", 999) + " as ann"}},
		"project of 1000":      {{project(`"` + strings.Repeat("7", 1000) + `"`), bad}},
		"deep nesting":         {{`{"method":"handshake","x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`, bad}},
		"invalid scalar":       {{twHello, joinP}, {`{"method":"set","name":"v","value":1,"x":01}`, bad}},
		"raw control in text":  {{twHello, joinP}, {"{\"method\":\"set\",\"name\":\"v\",\"value\":\"\n\"}", bad}},
		"text after the value": {{twHello, joinP}, {`{"method":"set","name":"v","value":1} x`, bad}},
	} {
		t.Run(name, func(t *testing.T) {
			talk(t, Config{RefusedNames: []string{"aDmin"}}, steps)
		})
	}
}

func TestSessionTurboWarpRenameDelete(t *testing.T) {
	c := Config{Rename: true, Delete: true}
	for name, steps := range map[string][]step{
		"rename":                    {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"☁ w"`), "rename v to ☁ w"}},
		"rename, other prefix":      {{twHello, joinP}, {msg("rename", `"name":"v","new_name":":cloud: w"`), "rename v to :cloud: w"}},
		"rename, no prefix":         {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"w"`), bad}},
		"rename, only prefix":       {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"☁ "`), bad}},
		"rename, only other prefix": {{twHello, joinP}, {msg("rename", `"name":"v","new_name":":cloud: "`), bad}},
		"rename, 1024":              {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"☁ `+strings.Repeat("x", 1022)+`"`), "rename v to ☁ " + strings.Repeat("x", 1022)}},
		"rename, 1025":              {{twHello, joinP}, {msg("rename", `"name":"v","new_name":"☁ `+strings.Repeat("x", 1023)+`"`), bad}},
		"rename, no new name":       {{twHello, joinP}, {msg("rename", `"name":"v"`), bad}},
		"rename, new name a number": {{twHello, joinP}, {msg("rename", `"name":"v","new_name":5`), bad}},
		"rename, no name":           {{twHello, joinP}, {msg("rename", `"new_name":"☁ w"`), bad}},
		"rename before handshake":   {{msg("rename", `"name":"v","new_name":"☁ w"`), bad}},
		"delete":                    {{twHello, joinP}, {msg("delete", `"name":"v"`), "delete v"}},
		"delete, no name":           {{twHello, joinP}, {msg("delete", ``), bad}},
		"delete before handshake":   {{msg("delete", `"name":"v"`), bad}},
	} {
		t.Run(name, func(t *testing.T) { talk(t, c, steps) })
	}
}

// Where CL4 is served too, a bad first message ends as CloudLink ends it, and a later one as TurboWarp does.
func TestSessionTurboWarpShared(t *testing.T) {
	for name, steps := range map[string][]step{
		"empty first":              {{"", clEmpty}},
		"not JSON first":           {{"hello", clInvalid}},
		"array first":              {{"[]", clUnknown}},
		"no method":                {{"{}", clUnknown}},
		"method is a number":       {{`{"method":5}`, clUnknown}},
		"bad name is Scratch":      {{msg("handshake", `"project_id":"p","user":""`), badID}},
		"unknown method":           {{msg("explode", ""), bad}},
		"set before the handshake": {{msg("set", `"name":"v","value":1`), bad}},
		"later":                    {{twHello, joinP}, {"", bad}},
		"binary Scratch":           {{"b:" + twHello, "ignore"}, {twHello, joinP}, {"b:", "ignore"}},
		"binary rubbish":           {{"b:hello", clInvalid}},
	} {
		t.Run(name, func(t *testing.T) { talk(t, Config{Shared: true}, steps) })
	}
}

func TestSessionCloudLink(t *testing.T) {
	failed := func(keys string) string {
		return fmt.Sprintf(`close 4000 "Validation failed" "Validation failed: missing %s"`, keys)
	}
	user := func(raw string) string { return `{"method":"handshake","project_id":"p","user":` + raw + `}` }
	project := func(raw string) string { return `{"method":"handshake","user":"ann","project_id":` + raw + `}` }
	set := func(rest string) string { return msg("set", `"project_id":"p",`+rest) }
	after := func(s ...step) []step { return append([]step{{clHello, joinP}}, s...) }
	for name, steps := range map[string][]step{
		"handshake":            {{clHello, joinP}},
		"newline at the end":   {{clHello + "\n", joinP}, {set(`"name":"v","value":1`) + "\n", "set v = 1"}},
		"empty first":          {{"", clEmpty}},
		"not JSON first":       {{"hello", clInvalid}},
		"array first":          {{"[]", clUnknown}},
		"null first":           {{"null", clUnknown}},
		"no method first":      {{"{}", clUnknown}},
		"method is a number":   {{`{"method":5}`, clUnknown}},
		"method is null":       {{`{"method":null}`, clUnknown}},
		"name is a number":     {{msg("set", `"name":5`), clUnknown}},
		"name is null":         {{msg("set", `"name":null`), clUnknown}},
		"new_name is a number": {{msg("set", `"new_name":5`), clUnknown}},
		"value is null":        {{msg("set", `"value":null`), clUnknown}},
		"value null at last":   {{msg("set", `"value":1,"value":null`), clUnknown}},
		"value null at first":  {{msg("set", `"value":null,"value":1`), "ignore"}},
		"project is null":      {{project(`null`), clUnknown}},
		"project is an array":  {{project(`[1]`), clUnknown}},
		"project is a bool":    {{project(`true`), "join true as ann"}},
		"project is a number":  {{project(`123`), "join 123 as ann"}, {msg("set", `"project_id":"123","name":"v","value":1`), "set v = 1"}, {msg("set", `"project_id":123,"name":"v","value":1`), "set v = 1"}},
		"project is empty":     {{project(`""`), "join  as ann"}},
		"project is long":      {{project(`"` + strings.Repeat("7", 5000) + `"`), "join " + strings.Repeat("7", 5000) + " as ann"}},
		"user of 20":           {{user(`"` + strings.Repeat("☁", 20) + `"`), "join p as " + strings.Repeat("☁", 20)}},
		"user of 20 pairs":     {{user(`"` + strings.Repeat(`\ud83d\ude00`, 20) + `"`), "join p as " + strings.Repeat("😀", 20)}},
		"user of 21":           {{user(`"xxxxxxxxxxxxxxxxxxxxx"`), clUnknown}},
		"user empty":           {{user(`""`), clUnknown}},
		"user is a number":     {{user(`5`), clUnknown}},
		"user is null":         {{user(`null`), clUnknown}},
		"user is any text":     {{user(`"two <b>words☁"`), "join p as two <b>words☁"}},
		"user refused":         {{user(`"Admin"`), "join p as Admin"}},
		"user missing":         {{msg("handshake", `"project_id":"p"`), failed("user")}},
		"project missing":      {{msg("handshake", `"user":"ann"`), failed("project_id")}},
		"both missing":         {{msg("handshake", ``), failed("user, project_id")}},
		"bad handshake later":  {{msg("set", ``), "ignore"}, {user(`""`), "ignore"}, {clHello, joinP}},
		"second handshake":     after(step{clHello, "ignore"}, step{msg("handshake", ``), "ignore"}, step{user(`5`), "ignore"}, step{project(`"q"`), "ignore"}, step{set(`"name":"v","value":1`), "set v = 1"}),
		"before handshake":     {{set(`"name":"v","value":1`), "ignore"}, {msg("delete", ``), "ignore"}, {msg("set", `"project_id":"nowhere","name":"v","value":1`), "ignore"}, {clHello, joinP}},
		"unknown method":       after(step{msg("explode", ``), "ignore"}),
		"unknown method first": {{msg("explode", ``), "ignore"}, {clHello, joinP}},
		"ignored later": after(step{"hello", "ignore"}, step{"", "ignore"}, step{`{"method":5}`, "ignore"}, step{`{}`, "ignore"},
			step{set(`"name":5,"value":1`), "ignore"}, step{set(`"name":"v","value":null`), "ignore"}, step{`{"method":"set","project_id":null}`, "ignore"}),
		"array later":      after(step{"[]", bad}),
		"number later":     after(step{"5", bad}),
		"null later":       after(step{"null", bad}),
		"binary":           {{"b:" + clHello, joinP}, {"b:" + set(`"name":"v","value":1`), "set v = 1"}},
		"binary, no UTF-8": after(step{"b:" + set("\"name\":\"v\",\"value\":\"\xff\""), "ignore"}),
		"set":              after(step{set(`"name":"v","value":"a"`), `set v = "a"`}),
		"long name":        after(step{set(`"value":1,"name":"` + strings.Repeat("x", 2000) + `"`), "set " + strings.Repeat("x", 2000) + " = 1"}),
		"create":           after(step{msg("create", `"project_id":"p","name":"v","value":[1, "a b"]`), `create v = [1,"a b"]`}),
		"rename":           after(step{msg("rename", `"project_id":"p","name":"v","new_name":"w"`), `rename v to w`}),
		"delete":           after(step{msg("delete", `"project_id":"p","name":"v"`), `delete v`}),
		"no project":       after(step{msg("set", `"name":"v","value":1`), failed("project_id")}),
		"no name":          after(step{set(`"value":1`), failed("name")}),
		"no value":         after(step{set(`"name":"v"`), failed("value")}),
		"create, no value": after(step{msg("create", `"project_id":"p","name":"v"`), failed("value")}),
		"no new name":      after(step{msg("rename", `"project_id":"p","name":"v"`), failed("new_name")}),
		"rename, no name":  after(step{msg("rename", `"project_id":"p","new_name":"v"`), failed("name")}),
		"delete, no name":  after(step{msg("delete", `"project_id":"p"`), failed("name")}),
		"other room":       after(step{msg("set", `"project_id":"nowhere","name":"v","value":1`), `close 4004 "Invalid room ID: nowhere" ""`}),
		"create, other":    after(step{msg("create", `"project_id":"nowhere","name":"v","value":1`), `close 4004 "Invalid room ID: nowhere" ""`}),
		"rename, other":    after(step{msg("rename", `"project_id":5,"name":"v","new_name":"w"`), `close 4004 "Invalid room ID: 5" ""`}),
		"delete, other":    after(step{msg("delete", `"project_id":"nowhere","name":"v"`), `close 4004 "Invalid room ID: nowhere" ""`}),
		"other, long":      after(step{msg("delete", `"project_id":"`+strings.Repeat("☁", 200)+`","name":"v"`), `close 4004 "Invalid room ID: ` + strings.Repeat("☁", 35) + `" ""`}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, shared := range []bool{false, true} {
				talk(t, Config{Dialect: CloudLink, Shared: shared, RefusedNames: []string{"admin"}}, steps)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	exposed := map[[2]string]bool{
		{"", ""}:                           false,
		{"a=b", ""}:                        false,
		{"scratchsessionsid=abc", ""}:      true,
		{"scratchsessionsid=", ""}:         true,
		{"scratchsessionsid", ""}:          false,
		{"a=b; scratchsessionsid=abc", ""}: false,
		{"", "abc"}:                        true,
	}
	for h, want := range exposed {
		if got := LoginExposed(h[0], h[1]); got != want {
			t.Errorf("LoginExposed(%q, %q) = %v", h[0], h[1], got)
		}
	}
	plain := fmt.Sprintf("close 4005 %q %q", "", TextSecurity)
	reason := fmt.Sprintf("close 4005 %q %q", ReasonSecurity, TextSecurity)
	for _, test := range []struct {
		config      Config
		open, hello string
	}{
		{Config{}, plain, ""},
		{Config{Shared: true}, plain, ""},
		{Config{Dialect: CloudLink}, reason, ""},
		{Config{Dialect: CloudLink, Shared: true}, "ignore", reason},
	} {
		s := NewRules(test.config).NewSession(true)
		if got := s.Open().String(); got != test.open {
			t.Errorf("%+v, opening: %s", test.config, got)
		}
		if test.hello == "" {
			continue
		}
		if got := s.Receive([]byte(clHello), false).String(); got != test.hello {
			t.Errorf("%+v, handshake: %s", test.config, got)
		}
	}
	s := NewRules(Config{}).NewSession(false)
	if d := s.Open(); d.Kind != Ignore {
		t.Error("a client without login was closed")
	}
}

func TestFits(t *testing.T) {
	for _, test := range []struct {
		message              string
		turbowarp, cloudlink bool
	}{
		{clHello, true, true},
		{msg("explode", ""), true, true},
		{msg("handshake", `"user":""`), true, false},
		{msg("set", `"name":5`), true, false},
		{`{"method":5}`, false, false},
		{`{"cmd":"handshake"}`, false, false},
		{``, false, false},
		{`[]`, false, false},
		{`{"method":"a"`, false, false},
	} {
		if got := NewRules(Config{Shared: true}).Fits([]byte(test.message), false); got != test.turbowarp {
			t.Errorf("TurboWarp, %s: %v", test.message, got)
		}
		for _, binary := range []bool{false, true} {
			if got := NewRules(Config{Dialect: CloudLink}).Fits([]byte(test.message), binary); got != test.cloudlink {
				t.Errorf("CloudLink, %s: %v", test.message, got)
			}
		}
	}
	if NewRules(Config{Shared: true}).Fits([]byte(twHello), true) {
		t.Error("TurboWarp reads binary messages")
	}
}

func TestIdentifiedAndJoined(t *testing.T) {
	for _, d := range []Dialect{TurboWarp, CloudLink} {
		s := NewRules(Config{Dialect: d}).NewSession(false)
		if s.Identified() {
			t.Error("identified before the first message")
		}
		s.Receive([]byte(msg("rename", "")), false)
		if _, ok := s.Joined(); ok || !s.Identified() {
			t.Error("a message that fits does not identify, or joins")
		}
		s.Receive([]byte(clHello), false)
		if room, ok := s.Joined(); !ok || room != "p" {
			t.Error("not joined")
		}
	}
}
