package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
)

type counters = *actors.Counters

// ActorsCollector makes metrics of what the actors count.
func ActorsCollector(c *actors.Counters) prometheus.Collector {
	return newCollector(func() counters { return c }, nil, []figure[counters]{
		{
			name: "skein_clients", help: "Connected clients, by what they speak.",
			kind: prometheus.GaugeValue, labels: []string{"protocol"}, read: clients,
		},
		{
			name: "skein_rooms", help: "Rooms, those without members too.",
			kind: prometheus.GaugeValue, labels: []string{"protocol"}, read: rooms,
		},
		gauge("skein_scratch_variables", "Cloud variables in memory.", func(c counters) int64 { return c.Variables.Load() }),
		{
			name: "skein_messages_received_total", help: "Messages, by protocol and command.",
			kind: prometheus.CounterValue, labels: []string{"protocol", "cmd"}, read: messages,
		},
		{
			name: "skein_cl4_refusals_total", help: "Status codes other than 100 that CL4 clients got.",
			kind: prometheus.CounterValue, labels: []string{"code"}, read: refusals,
		},
		total("skein_scratch_ignored_total", "Messages of Scratch clients that had no effect.", func(c counters) uint64 { return c.ScratchIgnored.Load() }),
		total("skein_scratch_closed_total", "Messages of Scratch clients that closed their connection.", func(c counters) uint64 { return c.ScratchClosed.Load() }),
		total("skein_first_messages_refused_total", "Connections closed because of their first message.", func(c counters) uint64 { return c.BadFirst.Load() }),
		total("skein_identify_timeouts_total", "Connections closed because they sent nothing.", func(c counters) uint64 { return c.IdentifyExpired.Load() }),
		total("skein_server_full_total", "Connections closed because the server was full.", func(c counters) uint64 { return c.FullRefused.Load() }),
		total("skein_reject_mode_refused_total", "Connections closed because an administrator lets nobody new in.", func(c counters) uint64 { return c.RejectRefused.Load() }),
		total("skein_fanout_frames_total", "Frames that rooms put into outboxes.", func(c counters) uint64 { return c.FanOut.Load() }),
		total("skein_fanout_frames_lost_total", "Frames that an outbox did not take.", func(c counters) uint64 { return c.FramesLost.Load() }),
		total("skein_conflated_updates_total", "Updates of which a slow client got only the latest value.", func(c counters) uint64 { return c.Conflated.Load() }),
		totals("skein_ratelimited_total", "Messages over a rate limit.", "scope", func(c counters) map[string]uint64 {
			return map[string]uint64{"connection": c.RateLimited.Load()}
		}),
		totals("skein_panics_total", "Panics, by where they were caught.", "actor", panics),
		total("skein_handler_errors_total", "Errors that handlers of plugins returned.", func(c counters) uint64 { return c.HandlerErrors.Load() }),
		total("skein_actor_restarts_total", "Actors restarted after a failure.", func(c counters) uint64 { return c.Restarts.Load() }),
		total("skein_dead_letters_total", "Messages to actors that had stopped.", func(c counters) uint64 { return c.DeadLetters.Load() }),
		totals("skein_unhandled_messages_total", "Messages that no actor knows what to do with.", "kind", func(c counters) map[string]uint64 {
			return map[string]uint64{"nil": c.NilMessages.Load(), "unknown": c.UnknownMessages.Load()}
		}),
		gauge("skein_mailbox_depth", "The longest mailbox since the figures were last asked for.", func(c counters) uint64 { return c.MailboxDepthMax.Take() }),
	})
}

func clients(c counters, emit func(float64, ...string)) {
	emit(float64(c.CL4Clients.Load()), "cl4")
	emit(float64(c.ScratchClients.Load()), "scratch")
	emit(float64(c.PyStrandsClients.Load()), "pystrands")
	emit(float64(c.SimpleClients.Load()), "simpleserver")
	emit(float64(c.Unidentified.Load()), "unidentified")
}

func rooms(c counters, emit func(float64, ...string)) {
	emit(float64(c.CL4Rooms.Load()), "cl4")
	emit(float64(c.ScratchRooms.Load()), "scratch")
}

func messages(c counters, emit func(float64, ...string)) {
	for i, cmd := range cl4.Commands {
		emit(float64(c.CL4Commands[i].Load()), "cl4", cmd.Name)
	}
	emit(float64(c.CL4Custom.Load()), "cl4", "custom")
	emit(float64(c.CL4Unknown.Load()), "cl4", "unknown")
	for i, name := range actors.ScratchMethodNames {
		emit(float64(c.ScratchMethods[i].Load()), "scratch", name)
	}
}

// refusals leaves out what never happened: most codes.
func refusals(c counters, emit func(float64, ...string)) {
	for i := range c.CL4Refused {
		if n := c.CL4Refused[i].Load(); n > 0 {
			emit(float64(n), strconv.Itoa(100+i))
		}
	}
}

func panics(c counters) map[string]uint64 {
	return map[string]uint64{
		"session":  c.SessionPanics.Load(),
		"room":     c.RoomPanics.Load(),
		"registry": c.RegistryPanics.Load(),
		"handler":  c.HandlerPanics.Load(),
		"broker":   c.BrokerPanics.Load(),
		"journal":  c.JournalPanics.Load(),
	}
}
