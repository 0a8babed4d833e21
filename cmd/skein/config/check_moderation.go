package config

import rules "github.com/skeinhq/skein/supervisor/moderation"

// checkModeration looks at the filter of names, which is read again when the server starts.
func (r *Result) checkModeration() {
	m := &r.Config.Server.Moderation
	if m.NameFilter == "" {
		return
	}
	if _, err := rules.NewNameRules(m.NameFilter, nil); err != nil {
		r.wrong("name-filter", "%v", err)
	}
}
