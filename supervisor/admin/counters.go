package admin

import (
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/skeinhq/skein/supervisor/transport"
)

// counterEvent is how things stand, once a second.
type counterEvent struct {
	Time             time.Time        `json:"time"`
	UptimeSeconds    float64          `json:"uptime_seconds"`
	Connections      int64            `json:"connections"`
	Clients          map[string]int64 `json:"clients"`
	Rooms            map[string]int64 `json:"rooms"`
	Variables        int64            `json:"variables"`
	Accepted         uint64           `json:"accepted"`
	MessagesIn       uint64           `json:"messages_in"`
	MessagesOut      uint64           `json:"messages_out"`
	BytesIn          uint64           `json:"bytes_in"`
	BytesOut         uint64           `json:"bytes_out"`
	Commands         uint64           `json:"commands"`
	Refused          uint64           `json:"refused"`
	Disconnects      uint64           `json:"disconnects"`
	SlowConsumers    uint64           `json:"slow_consumers"`
	RateLimited      uint64           `json:"rate_limited"`
	FramesLost       uint64           `json:"frames_lost"`
	Restarts         uint64           `json:"restarts"`
	Panics           uint64           `json:"panics"`
	DeadLetters      uint64           `json:"dead_letters"`
	OutboxBytes      int64            `json:"outbox_bytes"`
	MailboxDepth     int              `json:"mailbox_depth"`
	LatencySeconds   float64          `json:"latency_seconds"`
	CPUSeconds       float64          `json:"cpu_seconds"`
	MemoryBytes      int64            `json:"memory_bytes"`
	HeapBytes        uint64           `json:"heap_bytes"`
	Goroutines       int              `json:"goroutines"`
	EventsSuppressed uint64           `json:"events_suppressed"`
	Viewers          int              `json:"viewers"`
}

// heapObjects is the memory of live objects and of those that were not collected yet.
const heapObjects = "/memory/classes/heap/objects:bytes"

// counts reads all counters.
func (a *API) counts(suppressed uint64, viewers int) any {
	t := a.Transport()
	c := &a.System.Counters
	now := a.countsNow()
	latency, _ := a.System.Probe()
	heap := []metrics.Sample{{Name: heapObjects}}
	metrics.Read(heap)
	e := counterEvent{
		Time: a.Now().UTC(), UptimeSeconds: a.Now().Sub(a.Server.State().Started).Seconds(),
		Connections: now.Connections, Clients: now.Clients, Rooms: now.Rooms, Variables: now.Variables,
		Accepted: t.Accepted, MessagesIn: t.MessagesIn, MessagesOut: t.FramesOut, BytesIn: t.BytesIn, BytesOut: t.BytesOut,
		Refused: sum(t.Refused), SlowConsumers: t.SlowConsumers[transport.SlowClosed] + t.SlowConsumers[transport.SlowStalled],
		RateLimited: c.RateLimited.Load(), FramesLost: c.FramesLost.Load(), Restarts: c.Restarts.Load(),
		DeadLetters: c.DeadLetters.Load(), OutboxBytes: t.OutboxBytes, MailboxDepth: a.System.LongestMailbox(),
		LatencySeconds: latency.Seconds(), CPUSeconds: cpuTime().Seconds(), MemoryBytes: resident(),
		HeapBytes: heap[0].Value.Uint64(), Goroutines: runtime.NumGoroutine(),
		EventsSuppressed: suppressed, Viewers: viewers, Disconnects: sum(t.Disconnects), Panics: sum(panics(c)),
	}
	messages(c, func(n float64, _ ...string) { e.Commands += uint64(n) })
	return e
}

func sum[K comparable](m map[K]uint64) (n uint64) {
	for _, v := range m {
		n += v
	}
	return n
}
