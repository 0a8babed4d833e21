package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/skeinhq/skein/supervisor/cl4admin"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// ModerationCollector makes metrics of bans and rules for names.
func ModerationCollector(p *moderation.Policy) prometheus.Collector {
	return newCollector(func() *moderation.Policy { return p }, nil, []figure[*moderation.Policy]{
		gauge("skein_bans", "Bans that are kept.", func(p *moderation.Policy) int { return p.Bans.Len() }),
		totals("skein_bans_applied_total", "Clients refused or closed, and names refused, because of bans.", "kind", func(p *moderation.Policy) map[string]uint64 {
			n := make(map[string]uint64, len(moderation.Kinds))
			for _, k := range moderation.Kinds {
				n[string(k)] = p.Bans.Refused(k)
			}
			return n
		}),
		totals("skein_names_refused_total", "Usernames refused, by why.", "cause", func(p *moderation.Policy) map[string]uint64 {
			n := make(map[string]uint64, len(moderation.Causes))
			for _, c := range moderation.Causes {
				n[string(c)] = p.NamesRefused(c)
			}
			return n
		}),
	})
}

// CL4AdminCollector makes metrics of administration by CL4 commands.
func CL4AdminCollector(a *cl4admin.Admin) prometheus.Collector {
	return newCollector(func() *cl4admin.Admin { return a }, nil, []figure[*cl4admin.Admin]{
		totals("skein_cl4_admin_logins_total", "Log-ins by admin_auth, by how they ended.", "result", func(a *cl4admin.Admin) map[string]uint64 {
			n := make(map[string]uint64, len(cl4admin.Results))
			for i, count := range a.Logins() {
				n[cl4admin.Results[i]] = count
			}
			return n
		}),
		totals("skein_cl4_admin_commands_total", "Commands of administrators: carried out, or denied for want of a permission.", "result", func(a *cl4admin.Admin) map[string]uint64 {
			run, denied := a.Commands()
			return map[string]uint64{"run": run, "denied": denied}
		}),
	})
}
