package supervisor

import (
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/skeinhq/skein/supervisor/admin"
	"github.com/skeinhq/skein/supervisor/storage"
)

// settingsOf returns the settings of a server that was not started, with what administrators have changed before.
func settingsOf(t *testing.T, records storage.Records, o Options) *Server {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	s := New(o)
	s.records = records
	if err := s.loadAdministration(); err != nil {
		t.Fatal(err)
	}
	return s
}

func changesOf(t *testing.T, text string) (m map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// inForce returns what can change, by name.
func (s *Server) inForce() map[string]any {
	m := make(map[string]any)
	for _, setting := range s.settings.list() {
		if !setting.Restart {
			m[setting.Name] = setting.Value
		}
	}
	return m
}

func TestRuntimeSettings(t *testing.T) {
	records := storage.NewMemory()
	o := Options{
		MOTD: "hello", EnableMOTD: true, MaxClients: 10, MessageRate: 5, DisabledCommands: []string{"cl4:gvar"},
		Administration: AdministrationOptions{
			LogLevel: new(slog.LevelVar),
			Configuration: []ConfiguredSetting{
				{Name: "max_clients", Value: "10"}, {Name: "listen", Value: "127.0.0.1:3000"}, {Name: "admin_token"},
			},
		},
	}
	s := settingsOf(t, records, o)
	configured := map[string]any{
		"motd": "hello", "enable_motd": true, "max_clients": 10, "max_clients_per_ip": -1, "reject_mode": false, "message_rate": 5.0,
		"message_burst": 0, "disabled_commands": []string{"cl4:gvar"}, "log_level": "info",
	}
	if got := s.inForce(); !reflect.DeepEqual(got, configured) {
		t.Errorf("configured: %v", got)
	}
	list := s.settings.list()
	if last := list[len(list)-1]; last.Name != "admin_token" || last.Value != nil || !last.Restart || len(list) != len(configured)+2 {
		t.Errorf("the list ends with %+v", last)
	}
	changed, err := s.settings.change(changesOf(t, `{"motd":"new","max_clients":-1,"reject_mode":true,"message_burst":7,"message_rate":2.5,
		"disabled_commands":["scratch:delete","cl4:pmsg"],"log_level":"none","max_clients_per_ip":3}`))
	if err != nil || len(changed) != 8 || changed[0].Name != "motd" || changed[0].Before != "hello" || changed[0].After != "new" {
		t.Errorf("%+v, %v", changed, err)
	}
	want := map[string]any{
		"motd": "new", "enable_motd": true, "max_clients": -1, "max_clients_per_ip": 3, "reject_mode": true, "message_rate": 2.5,
		"message_burst": 7, "disabled_commands": []string{"cl4:pmsg", "scratch:delete"}, "log_level": "none",
	}
	if got := s.inForce(); !reflect.DeepEqual(got, want) {
		t.Errorf("changed: %v", got)
	}
	if r := s.Rate(); r.PerSecond != 2.5 || r.Burst != 7 || !s.rejecting.Load() || s.limits.MaxPerIP() != 3 {
		t.Errorf("not in force: %+v", r)
	}

	o.Administration.LogLevel = new(slog.LevelVar)
	again := settingsOf(t, records, o) // after a restart
	if got := again.inForce(); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart: %v", got)
	}
	null := map[string]json.RawMessage{}
	for name := range want {
		null[name] = json.RawMessage("null")
	}
	if _, err := again.settings.change(null); err != nil {
		t.Fatal(err)
	}
	if got := again.inForce(); !reflect.DeepEqual(got, configured) {
		t.Errorf("put back: %v", got)
	}
	o.Administration.LogLevel = new(slog.LevelVar)
	if got := settingsOf(t, records, o).inForce(); !reflect.DeepEqual(got, configured) {
		t.Errorf("put back, after a restart: %v", got)
	}
}

// TestAllOrNone: one value that is wrong keeps the others from being changed.
func TestAllOrNone(t *testing.T) {
	s := settingsOf(t, storage.NewMemory(), Options{})
	before := s.inForce()
	for _, bad := range []string{
		`"max_clients":0`, `"max_clients":-2`, `"max_clients":1.5`, `"max_clients":"5"`, `"max_clients":99999999999`, `"motd":5`,
		`"motd":"` + strings.Repeat("x", 5000) + `"`, `"message_rate":-1`, `"message_rate":1e9`, `"message_burst":-1`,
		`"disabled_commands":["gvar"]`, `"disabled_commands":["cl4:fly"]`, `"disabled_commands":["scratch:handshake"]`,
		`"disabled_commands":"cl4:gvar"`, `"log_level":"debug"`, `"nothing":1`, `"reject_mode":"yes"`, `"enable_motd":1`,
	} {
		changed, err := s.settings.change(changesOf(t, `{"max_clients_per_ip":7,`+bad+`}`))
		if !errors.Is(err, admin.ErrSetting) || changed != nil {
			t.Errorf("%s: %v, %v", bad, changed, err)
		}
	}
	if after := s.inForce(); !reflect.DeepEqual(before, after) {
		t.Errorf("changed to %v", after)
	}
}

// TestStrangeRecords: what an older or newer version has kept does not keep the server from starting.
func TestStrangeRecords(t *testing.T) {
	records := storage.NewMemory()
	for name, value := range map[string]string{"gone": "1", "motd": "[]", "disabled_commands": `["cl4:fly"]`, "max_clients": "9"} {
		if err := records.Put(recordSetting, name, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	got := settingsOf(t, records, Options{}).inForce()
	if got["max_clients"] != 9 || got["motd"] != "" || len(got["disabled_commands"].([]string)) != 0 {
		t.Errorf("%v", got)
	}
}

// unwritable fails to keep anything.
type unwritable struct{ storage.Records }

func (unwritable) Put(string, string, []byte) error { return errors.New("the disk is full") }

// TestWhatCannotBeKeptIsNotChanged: an administrator is not told that something has changed that would be gone.
func TestWhatCannotBeKeptIsNotChanged(t *testing.T) {
	s := settingsOf(t, unwritable{storage.NewMemory()}, Options{})
	if changed, err := s.settings.changeOne(settingMaxClients, 5); err == nil || changed != nil {
		t.Errorf("%v, %v", changed, err)
	}
	if s.inForce()["max_clients"] != -1 {
		t.Error("it is in force all the same")
	}
	for _, setting := range s.settings.list() {
		if setting.Changed {
			t.Errorf("%s counts as changed", setting.Name)
		}
	}
}

func TestCommandsOneByOne(t *testing.T) {
	s := settingsOf(t, storage.NewMemory(), Options{DisabledCommands: []string{"cl4:gvar"}})
	for _, step := range []struct {
		protocol, name string
		disabled       bool
		want           []string
	}{
		{"cl4", "pmsg", true, []string{"cl4:gvar", "cl4:pmsg"}}, {"cl4", "pmsg", true, []string{"cl4:gvar", "cl4:pmsg"}},
		{"cl4", "gvar", false, []string{"cl4:pmsg"}}, {"cl4", "gvar", false, []string{"cl4:pmsg"}},
	} {
		if _, err := s.settings.setCommandDisabled(step.protocol, step.name, step.disabled); err != nil {
			t.Error(err)
		}
		if got := s.disabledCommands(); !reflect.DeepEqual(got, step.want) {
			t.Errorf("%+v: %q", step, got)
		}
	}
	for _, disabled := range []bool{true, false} {
		if _, err := s.settings.setCommandDisabled("cl4", "fly", disabled); !errors.Is(err, admin.ErrSetting) {
			t.Errorf("an unknown command: %v", err)
		}
	}
}
