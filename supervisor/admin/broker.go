package admin

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/skeinhq/skein/actors"
)

type strands = *actors.BrokerCounters

// BrokerCollector makes metrics of what the PyStrands broker counts.
func BrokerCollector(c *actors.BrokerCounters) prometheus.Collector {
	return newCollector(func() strands { return c }, nil, []figure[strands]{
		gauge("pystrands_ws_connections", "End clients that were let in.", func(c strands) int64 { return c.Clients.Load() }),
		gauge("pystrands_backends", "Attached backends.", func(c strands) int64 { return c.Backends.Load() }),
		gauge("pystrands_rooms", "Rooms with members.", func(c strands) int64 { return c.Rooms.Load() }),
		gauge("pystrands_requests_open", "End clients that wait to be let in.", func(c strands) int64 { return c.Requests.Load() }),
		gauge("pystrands_backlog_events", "Events that wait for a backend.", func(c strands) int64 { return c.BacklogEvents.Load() }),
		gauge("pystrands_backlog_bytes", "Bytes of the events that wait for a backend.", func(c strands) int64 { return c.BacklogBytes.Load() }),
		totals("pystrands_requests_total", "Connection requests, by how they ended.", "result", func(c strands) map[string]uint64 {
			m := make(map[string]uint64, len(c.Results))
			for i := range c.Results {
				m[actors.RequestResults[i]] = c.Results[i].Load()
			}
			return m
		}),
		total("pystrands_messages_in_total", "Messages from end clients.", func(c strands) uint64 { return c.MessagesIn.Load() }),
		total("pystrands_messages_out_total", "Messages to end clients, one for each that gets it.", func(c strands) uint64 { return c.MessagesOut.Load() }),
		total("pystrands_bytes_in_total", "Payload bytes from end clients.", func(c strands) uint64 { return c.BytesIn.Load() }),
		total("pystrands_bytes_out_total", "Payload bytes to end clients.", func(c strands) uint64 { return c.BytesOut.Load() }),
		total("pystrands_lines_bad_total", "Lines of backends that were not understood.", func(c strands) uint64 { return c.LinesBad.Load() }),
		total("pystrands_lines_bad_unanswered_total", "Bad lines that were not answered by an error event, because there were too many.",
			func(c strands) uint64 { return c.LinesUnstated.Load() }),
		totals("pystrands_dropped_total", "What was lost, by why.", "reason", func(c strands) map[string]uint64 {
			m := make(map[string]uint64, len(c.Dropped))
			for i := range c.Dropped {
				m[actors.DropReasons[i]] = c.Dropped[i].Load()
			}
			return m
		}),
		total("pystrands_reassigned_total", "End clients that got another backend.", func(c strands) uint64 { return c.Reassigned.Load() }),
		total("pystrands_slow_clients_closed_total", "End clients closed because they read too slowly.", func(c strands) uint64 { return c.SlowClosed.Load() }),
		total("pystrands_clients_held_total", "Times that an end client was not read from because its backend lagged behind.",
			func(c strands) uint64 { return c.Held.Load() }),
		total("pystrands_backend_attached_total", "Backends that were attached.", func(c strands) uint64 { return c.BackendsIn.Load() }),
		total("pystrands_backend_lost_total", "Backends whose connection has ended.", func(c strands) uint64 { return c.BackendsLost.Load() }),
		totals("pystrands_backend_refused_total", "Backend connections that were refused.", "reason", func(c strands) map[string]uint64 {
			return map[string]uint64{"too_many": c.BackendsOver.Load(), "token": c.BackendsUnfit.Load()}
		}),
	})
}
