package admin

import (
	"encoding/json"
	"errors"
)

// ErrSetting is what errors of settings that cannot have a value match.
var ErrSetting = errors.New("invalid setting")

// Setting is one setting with what is in force.
type Setting struct {
	Name string `json:"name"`
	// Value is in force; Default is what the configuration or the program says. Nil where it is secret.
	Value   any `json:"value,omitempty"`
	Default any `json:"default,omitempty"`
	// Changed says that an administrator has changed it, Restart that only the configuration can.
	Changed bool   `json:"changed"`
	Restart bool   `json:"restart"`
	Type    string `json:"type"`
	Help    string `json:"help"`
}

// Change is one setting that was changed.
type Change struct {
	Name          string
	Before, After any
}

type settingList struct {
	Settings []Setting `json:"settings"`
}

func (a *API) getSettings(*call) (any, error) { return settingList{a.Server.Settings()}, nil }

func (a *API) changeSettings(c *call) (any, error) {
	var changes map[string]json.RawMessage
	if err := c.body(&changes); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, badRequest("nothing is to be changed: the body is an object of names and values")
	}
	changed, err := a.Server.ChangeSettings(changes)
	for _, s := range changed {
		c.changed("setting.change", s.Name, s.Before, s.After)
	}
	if err != nil {
		return nil, err
	}
	return a.getSettings(c)
}
