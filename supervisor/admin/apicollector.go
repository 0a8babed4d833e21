package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// APICollector makes metrics of what an API counts.
func APICollector(a *API) prometheus.Collector {
	return newCollector(func() *API { return a }, nil, []figure[*API]{
		totals("skein_admin_requests_total", "Requests to the admin API, by the hundreds of their status.", "status", func(a *API) map[string]uint64 {
			n := make(map[string]uint64)
			for i := range a.counters.requests {
				if c := a.counters.requests[i].Load(); c > 0 {
					n[strconv.Itoa(i)+"xx"] = c
				}
			}
			return n
		}),
		total("skein_admin_tokens_refused_total", "Requests with a wrong or expired token.", func(a *API) uint64 { return a.counters.denied.Load() }),
		total("skein_admin_locked_out_total", "Requests from addresses that had sent too many wrong tokens.", func(a *API) uint64 { return a.counters.locked.Load() }),
		gauge("skein_admin_viewers", "Open streams of events.", func(a *API) int { return a.events.watching() }),
		total("skein_admin_viewers_cut_total", "Streams of events that were ended because they were read too slowly.", func(a *API) uint64 { return a.events.cut.Load() }),
		gauge("skein_audit_entries", "Entries of the audit log.", func(a *API) int { return a.Audit.Len() }),
		total("skein_audit_failures_total", "Entries of the audit log that could not be kept.", func(a *API) uint64 { return a.Audit.Failures() }),
	})
}
