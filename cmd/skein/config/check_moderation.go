package config

import rules "github.com/skeinhq/skein/supervisor/moderation"

// checkModeration looks at the filter of names, which is read again when the server starts, and at whether addresses
// of administrators mean anything.
func (r *Result) checkModeration() {
	s := &r.Config.Server
	if s.Moderation.NameFilter != "" {
		if _, err := rules.NewNameRules(s.Moderation.NameFilter, nil); err != nil {
			r.wrong("name-filter", "%v", err)
		}
	}
	if s.Moderation.CL4Admin && s.RealIPHeader != "" && len(s.TrustedProxies) == 0 && !r.reported("trusted-proxies") {
		r.wrong("cl4-admin", "every client can claim an administrator's address with %s: name the proxies in trusted-proxies", s.RealIPHeader)
	}
}
