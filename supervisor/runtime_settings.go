package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/skeinhq/skein/supervisor/admin"
)

// recordSetting is the kind of Records that settings changed by administrators are.
const recordSetting = "setting"

// runtimeSettings are the settings that administrators have changed. They are kept over restarts, and stand above the
// configuration until they are put back.
type runtimeSettings struct {
	s *Server

	mu      sync.Mutex // serialises changes, held while they are written
	table   []runtimeSetting
	changed map[string]bool
}

// loadSettings puts into force what administrators have changed in earlier lives of the server.
func (s *Server) loadSettings() error {
	r := &runtimeSettings{s: s, table: s.runtimeTable(), changed: make(map[string]bool)}
	s.settings = r
	kept := make(map[string]json.RawMessage)
	err := s.records.Each(recordSetting, func(name string, value []byte) error {
		kept[name] = slices.Clone(value)
		if r.find(name) == nil {
			s.log.Warn("a setting that an administrator has changed does not exist any more", "setting", name)
		}
		return nil
	})
	for _, setting := range r.table {
		value, ok := kept[setting.name]
		if !ok {
			continue
		}
		apply, wrong := setting.read(value)
		if wrong != nil {
			s.log.Warn("a setting that an administrator has changed is not possible any more; what the configuration says is in force", "setting", setting.name, "err", wrong)
			continue
		}
		apply()
		r.changed[setting.name] = true
		s.log.Info("a setting is as an administrator has changed it", "setting", setting.name)
	}
	return err
}

func (r *runtimeSettings) find(name string) *runtimeSetting {
	i := slices.IndexFunc(r.table, func(s runtimeSetting) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &r.table[i]
}

// change puts values into force and keeps them, all or none. Null puts back what the configuration says.
func (r *runtimeSettings) change(values map[string]json.RawMessage) ([]admin.Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// In the order of the table: the message of the day switches itself on, unless the same request says otherwise.
	apply := make(map[string]func())
	var wrong error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		setting := r.find(name)
		if setting == nil {
			wrong = errors.Join(wrong, fmt.Errorf("%w: there is no setting %q that can change while the server runs; those are %s", admin.ErrSetting, name, r.names()))
			continue
		}
		f, err := setting.read(r.effective(setting, values[name]))
		if err != nil {
			wrong = errors.Join(wrong, err)
			continue
		}
		apply[name] = f
	}
	if wrong != nil {
		return nil, wrong
	}
	var done []admin.Change
	for i := range r.table {
		setting := &r.table[i]
		f := apply[setting.name]
		if f == nil {
			continue
		}
		if err := r.keep(setting.name, values[setting.name]); err != nil {
			return done, fmt.Errorf("the setting %s could not be kept: %w", setting.name, err)
		}
		before := setting.now()
		f()
		if after := setting.now(); !reflect.DeepEqual(before, after) {
			done = append(done, admin.Change{Name: setting.name, Before: before, After: after})
		}
	}
	return done, nil
}

// effective is the value, or what the configuration says in place of null.
func (r *runtimeSettings) effective(s *runtimeSetting, value json.RawMessage) json.RawMessage {
	if string(value) != "null" {
		return value
	}
	b, err := json.Marshal(s.configured)
	if err != nil {
		return value
	}
	return b
}

// keep remembers a value over restarts, or forgets it where it is null.
func (r *runtimeSettings) keep(name string, value json.RawMessage) error {
	put := func() error { return r.s.records.Put(recordSetting, name, value) }
	changed := string(value) != "null"
	if !changed {
		put = func() error { return r.s.records.Delete(recordSetting, name) }
	}
	if err := put(); err != nil {
		return err
	}
	r.changed[name] = changed
	return nil
}

func (r *runtimeSettings) names() string {
	names := make([]string, len(r.table))
	for i, s := range r.table {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// list returns all settings: those that can change first.
func (r *runtimeSettings) list() []admin.Setting {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []admin.Setting
	for _, s := range r.table {
		out = append(out, admin.Setting{
			Name: s.name, Type: s.typ, Help: s.help, Value: s.now(), Default: s.configured, Changed: r.changed[s.name],
		})
	}
	for _, c := range r.s.options.Administration.Configuration {
		if r.find(c.Name) == nil {
			out = append(out, admin.Setting{Name: c.Name, Type: c.Type, Help: c.Help, Value: c.Value, Default: c.Default, Restart: true})
		}
	}
	return out
}

// changeOne is change for one value.
func (r *runtimeSettings) changeOne(name string, value any) ([]admin.Change, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return r.change(map[string]json.RawMessage{name: b})
}

// setCommandDisabled switches one command off or on, beside what else is.
func (r *runtimeSettings) setCommandDisabled(protocol, command string, disabled bool) ([]admin.Change, error) {
	list := r.s.disabledCommands()
	name := protocol + ":" + command
	list = slices.DeleteFunc(list, func(c string) bool { return c == name })
	if disabled {
		list = append(list, name)
	} else if err := r.s.checkDisabled([]string{name}); err != nil {
		return nil, fmt.Errorf("%w: %w", admin.ErrSetting, err)
	}
	return r.changeOne(settingDisabledCommands, list)
}
