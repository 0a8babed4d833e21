package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/skeinhq/skein/actors"
)

// DataStats are the figures of what is kept on disk.
type DataStats struct {
	Journal    *actors.JournalCounters
	Size, Used int64 // bytes
}

// DataCollector makes metrics of what is kept on disk.
func DataCollector(stats func() DataStats) prometheus.Collector {
	c := newCollector(stats, nil, []figure[DataStats]{
		gauge("skein_data_pending_changes", "Changed variables that are not on disk yet.", func(s DataStats) int64 { return s.Journal.Pending.Load() }),
		gauge("skein_data_held_messages", "Messages that wait in rooms for a write.", func(s DataStats) int64 { return s.Journal.Held.Load() }),
		gauge("skein_data_rooms_loaded", "Rooms in memory whose variables are kept.", func(s DataStats) int64 { return s.Journal.Rooms.Load() }),
		gauge("skein_data_failing", "1 while nothing can be written, so that changes wait.", func(s DataStats) int {
			if _, failing := s.Journal.Failing(); failing {
				return 1
			}
			return 0
		}),
		gauge("skein_data_file_bytes", "Size of the file.", func(s DataStats) int64 { return s.Size }),
		gauge("skein_data_used_bytes", "Bytes of the file that hold something.", func(s DataStats) int64 { return s.Used }),
		total("skein_data_written_total", "Variables that were written.", func(s DataStats) uint64 { return s.Journal.Written.Load() }),
		total("skein_data_flush_failures_total", "Transactions that have failed.", func(s DataStats) uint64 { return s.Journal.Failures.Load() }),
		total("skein_data_lost_total", "Variables that could not be written and never will be.", func(s DataStats) uint64 { return s.Journal.Lost.Load() }),
		total("skein_data_loads_total", "Rooms that were loaded.", func(s DataStats) uint64 { return s.Journal.Loads.Load() }),
		total("skein_data_load_failures_total", "Rooms that could not be loaded, so that their clients were closed.",
			func(s DataStats) uint64 { return s.Journal.LoadFailures.Load() }),
		total("skein_data_refused_total", "New projects refused because the space was used up.", func(s DataStats) uint64 { return s.Journal.Refused.Load() }),
		total("skein_data_forgotten_total", "Projects removed because nobody had touched them for long.",
			func(s DataStats) uint64 { return s.Journal.Forgotten.Load() }),
		total("skein_data_gvars_refused_total", "Values of gvar that were passed on but not kept, because the room had too many.",
			func(s DataStats) uint64 { return s.Journal.GvarsOver.Load() }),
		total("skein_data_held_closed_total", "Clients closed because too much waited for a write.", func(s DataStats) uint64 { return s.Journal.HeldOver.Load() }),
	})
	return dataCollector{c, stats, prometheus.NewDesc("skein_data_flush_seconds", "How long transactions took.", nil, nil)}
}

// dataCollector adds the histogram.
type dataCollector struct {
	prometheus.Collector
	stats   func() DataStats
	flushes *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c dataCollector) Describe(ch chan<- *prometheus.Desc) {
	c.Collector.Describe(ch)
	ch <- c.flushes
}

// Collect implements prometheus.Collector.
func (c dataCollector) Collect(ch chan<- prometheus.Metric) {
	c.Collector.Collect(ch)
	j := c.stats().Journal
	buckets := make(map[float64]uint64, len(actors.FlushBuckets))
	var below uint64
	for i, limit := range actors.FlushBuckets {
		below += j.FlushTimes[i].Load()
		buckets[limit.Seconds()] = below
	}
	ch <- prometheus.MustNewConstHistogram(c.flushes, j.Flushes.Load(), float64(j.FlushNanos.Load())/1e9, buckets)
}
