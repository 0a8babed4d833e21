package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/skeinhq/skein/supervisor/transport"
)

type stats = transport.Stats

// TransportCollector makes metrics of the figures of one transport. port tells it from others in the same program.
func TransportCollector(port string, snapshot func() transport.Stats) prometheus.Collector {
	return newCollector(snapshot, prometheus.Labels{"port": port}, []figure[stats]{
		gauge("skein_connections", "Open WebSocket connections.", func(s stats) int64 { return s.Open }),
		gauge("skein_connections_handshaking", "Sockets that are not upgraded yet.", func(s stats) int64 { return s.Handshaking }),
		total("skein_connections_accepted_total", "Sockets accepted.", func(s stats) uint64 { return s.Accepted }),
		totals("skein_connections_refused_total", "Connections refused before the upgrade.", "cause",
			func(s stats) map[string]uint64 { return s.Refused }),
		{
			name: "skein_disconnects_total", help: "Ended connections, by why and with which close code.",
			kind: prometheus.CounterValue, labels: []string{"cause", "code"}, read: disconnects,
		},
		total("skein_received_bytes_total", "Bytes received, without upgrades.", func(s stats) uint64 { return s.BytesIn }),
		total("skein_sent_bytes_total", "Bytes sent, without upgrades.", func(s stats) uint64 { return s.BytesOut }),
		total("skein_websocket_messages_received_total", "Whole messages received.", func(s stats) uint64 { return s.MessagesIn }),
		total("skein_websocket_messages_late_total", "Messages that came after the end of their connection had been decided.",
			func(s stats) uint64 { return s.MessagesLate }),
		total("skein_messages_sent_total", "Frames sent, control frames too.", func(s stats) uint64 { return s.FramesOut }),
		total("skein_reads_total", "System calls that read bytes.", func(s stats) uint64 { return s.Reads }),
		total("skein_writes_total", "System calls that wrote bytes.", func(s stats) uint64 { return s.Writes }),
		total("skein_writes_blocked_total", "Times that a socket took less than it was offered.", func(s stats) uint64 { return s.Blocked }),
		total("skein_reads_paused_total", "Times that a connection was not read from because its session lagged behind.",
			func(s stats) uint64 { return s.Pauses }),
		total("skein_pings_received_total", "Ping frames received.", func(s stats) uint64 { return s.PingsIn }),
		total("skein_pings_sent_total", "Ping frames sent.", func(s stats) uint64 { return s.PingsOut }),
		gauge("skein_outbound_queue_bytes", "Bytes that wait in all outboxes.", func(s stats) int64 { return s.OutboxBytes }),
		totals("skein_slow_consumer_total", "Times that the slow-consumer rule was applied.", "action",
			func(s stats) map[string]uint64 { return s.SlowConsumers }),
		totals("skein_frames_dropped_total", "Frames that were queued and never sent, by why.", "cause",
			func(s stats) map[string]uint64 { return s.FramesDropped }),
		totals("skein_tls_failures_total", "Connections that failed over TLS.", "kind", tlsFailures),
	})
}

func tlsFailures(s stats) map[string]uint64 {
	return map[string]uint64{
		"tls_on_plain_port": s.TLSOnPlain,
		"plain_on_tls_port": s.PlainOnTLS,
		"handshake":         s.TLSFailed,
	}
}

func disconnects(s stats, emit func(float64, ...string)) {
	type key struct{ cause, code string }
	sums := map[key]uint64{}
	for d, n := range s.Disconnects {
		sums[key{string(d.Cause), codeLabel(d.Code)}] += n
	}
	for k, n := range sums {
		emit(float64(n), k.cause, k.code)
	}
}

// codeLabel keeps apart the close codes that servers and protocols use. Clients are free to send any of thousands,
// and must not fill the monitoring with them.
func codeLabel(code uint16) string {
	switch {
	case code >= 1000 && code <= 1015, code >= 4000 && code <= 4009:
		return strconv.Itoa(int(code))
	case code == 0:
		return "none"
	}
	return "other"
}
