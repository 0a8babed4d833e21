package admin

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/skeinhq/skein/actors"
)

type simple = *actors.SimpleCounters

// SimpleServerCollector makes metrics of what SimpleServer counts.
func SimpleServerCollector(c *actors.SimpleCounters) prometheus.Collector {
	return newCollector(func() simple { return c }, nil, []figure[simple]{
		gauge("simpleserver_clients_framed", "Clients that have sent a message with a length, so that they get such.", func(c simple) int64 { return c.Framed.Load() }),
		total("simpleserver_messages_in_total", "Messages that listeners or backends got.", func(c simple) uint64 { return c.Messages.Load() }),
		total("simpleserver_bytes_in_total", "Bytes from clients.", func(c simple) uint64 { return c.BytesIn.Load() }),
		gauge("simpleserver_messages_waiting", "Messages that wait for a tick.", func(c simple) int64 { return c.Waiting.Load() }),
		gauge("simpleserver_paced_messages", "Messages that wait for their turn to clients that get one at a time.", func(c simple) int64 { return c.Paced.Load() }),
		total("simpleserver_ticks_total", "Ticks.", func(c simple) uint64 { return c.Ticks.Load() }),
		total("simpleserver_ticks_late_total", "Ticks that were left out because the one before had not ended.", func(c simple) uint64 { return c.TicksLate.Load() }),
		gauge("simpleserver_tick_max_seconds", "The longest tick since the figures were last asked for.", func(c simple) float64 { return float64(c.TickMax.Take()) / 1e9 }),
		total("simpleserver_clients_held_total", "Times that a client was not read from because too many of its messages waited.", func(c simple) uint64 { return c.Pauses.Load() }),
		totals("simpleserver_not_sent_total", "Messages to clients that were not sent, by why.", "reason", func(c simple) map[string]uint64 {
			return map[string]uint64{
				"queue_full": c.QueueFull.Load(), "not_encodable": c.Unsendable.Load(), "client_gone": c.Lost.Load(),
			}
		}),
		totals("simpleserver_clients_closed_total", "Clients closed for what they sent, by why.", "reason", func(c simple) map[string]uint64 {
			m := make(map[string]uint64, len(c.Closed))
			for i, reason := range actors.SimpleCloseReasons {
				m[reason] = c.Closed[i].Load()
			}
			return m
		}),
	})
}
