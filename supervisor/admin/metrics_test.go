package admin

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/transport"
)

// someStats has something in every field that is a map.
func someStats() transport.Stats {
	return transport.Stats{
		Open: 3, BytesIn: 10, TLSOnPlain: 2,
		Refused:       map[string]uint64{"per_ip": 4},
		SlowConsumers: map[string]uint64{transport.SlowClosed: 1},
		FramesDropped: map[string]uint64{transport.DropLate: 7},
		Disconnects: map[transport.Disconnect]uint64{
			{Cause: transport.CausePeerClosed, Code: 1000}: 5,
			{Cause: transport.CausePeerClosed, Code: 3456}: 1,
			{Cause: transport.CausePeerClosed, Code: 4999}: 2,
		},
	}
}

func registry(c *actors.Counters) *prometheus.Registry {
	r := NewRegistry("1.2.3", "abc")
	r.MustRegister(TransportCollector("websocket", someStats), ActorsCollector(c))
	return r
}

func TestMetrics(t *testing.T) {
	var c actors.Counters
	c.CL4Commands[1].Add(9)
	c.CL4Refused[1].Add(2)
	c.ScratchRooms.Add(6)
	c.RateLimited.Add(1)
	want := `
# HELP skein_clients Connected clients, by what they speak.
# TYPE skein_clients gauge
skein_clients{protocol="cl4"} 0
skein_clients{protocol="pystrands"} 0
skein_clients{protocol="scratch"} 0
skein_clients{protocol="simpleserver"} 0
skein_clients{protocol="unidentified"} 0
# HELP skein_cl4_refusals_total Status codes other than 100 that CL4 clients got.
# TYPE skein_cl4_refusals_total counter
skein_cl4_refusals_total{code="101"} 2
# HELP skein_connections Open WebSocket connections.
# TYPE skein_connections gauge
skein_connections{port="websocket"} 3
# HELP skein_connections_refused_total Connections refused before the upgrade.
# TYPE skein_connections_refused_total counter
skein_connections_refused_total{cause="per_ip",port="websocket"} 4
# HELP skein_disconnects_total Ended connections, by why and with which close code.
# TYPE skein_disconnects_total counter
skein_disconnects_total{cause="peer_closed",code="1000",port="websocket"} 5
skein_disconnects_total{cause="peer_closed",code="other",port="websocket"} 3
# HELP skein_ratelimited_total Messages over a rate limit.
# TYPE skein_ratelimited_total counter
skein_ratelimited_total{scope="connection"} 1
# HELP skein_rooms Rooms, those without members too.
# TYPE skein_rooms gauge
skein_rooms{protocol="cl4"} 0
skein_rooms{protocol="scratch"} 6
# HELP skein_slow_consumer_total Times that the slow-consumer rule was applied.
# TYPE skein_slow_consumer_total counter
skein_slow_consumer_total{action="close",port="websocket"} 1
`
	if err := testutil.GatherAndCompare(registry(&c), strings.NewReader(want), "skein_clients", "skein_cl4_refusals_total",
		"skein_connections", "skein_connections_refused_total", "skein_disconnects_total", "skein_ratelimited_total",
		"skein_rooms", "skein_slow_consumer_total"); err != nil {
		t.Error(err)
	}
}

func TestMetricsLint(t *testing.T) {
	var c actors.Counters
	c.CL4Refused[1].Add(1)
	problems, err := testutil.GatherAndLint(registry(&c))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestNoLabelGrowsWithClients: labels that clients can choose would fill the memory of whatever stores the figures.
func TestNoLabelGrowsWithClients(t *testing.T) {
	var c actors.Counters
	families, err := registry(&c).Gather()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"action", "actor", "cause", "cmd", "code", "commit", "goversion", "kind", "port", "protocol", "scope", "status", "version",
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "skein_") {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if !slices.Contains(allowed, l.GetName()) {
					t.Errorf("%s has the label %s", f.GetName(), l.GetName())
				}
			}
		}
	}
	seen := map[string]bool{}
	for code := range 1 << 16 {
		seen[codeLabel(uint16(code))] = true
	}
	if len(seen) > 30 {
		t.Errorf("%d close codes are told apart", len(seen))
	}
}
