package admin

import "github.com/prometheus/client_golang/prometheus"

// figure is one metric, which is read from a snapshot S when it is asked for. Counting itself stays a matter of plain
// atomics where things happen.
type figure[S any] struct {
	name, help string
	kind       prometheus.ValueType
	labels     []string
	read       func(s S, emit func(value float64, labels ...string))
}

// collector is a prometheus.Collector over snapshots.
type collector[S any] struct {
	snapshot func() S
	figures  []figure[S]
	descs    []*prometheus.Desc
}

// newCollector makes metrics that all have the labels, which may be nil.
func newCollector[S any](snapshot func() S, labels prometheus.Labels, figures []figure[S]) prometheus.Collector {
	c := &collector[S]{snapshot: snapshot, figures: figures}
	for _, f := range figures {
		c.descs = append(c.descs, prometheus.NewDesc(f.name, f.help, f.labels, labels))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector[S]) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector[S]) Collect(ch chan<- prometheus.Metric) {
	s := c.snapshot()
	for i, f := range c.figures {
		f.read(s, func(value float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(c.descs[i], f.kind, value, labels...)
		})
	}
}

// number is anything that counts.
type number interface {
	~int | ~int64 | ~uint64 | ~float64
}

// gauge is a figure without labels that goes up and down.
func gauge[S any, N number](name, help string, read func(S) N) figure[S] {
	return figure[S]{name, help, prometheus.GaugeValue, nil, single(read)}
}

// total is a figure without labels that only goes up.
func total[S any, N number](name, help string, read func(S) N) figure[S] {
	return figure[S]{name, help, prometheus.CounterValue, nil, single(read)}
}

func single[S any, N number](read func(S) N) func(S, func(float64, ...string)) {
	return func(s S, emit func(float64, ...string)) { emit(float64(read(s))) }
}

// totals is a figure that only goes up, by one label.
func totals[S any](name, help, label string, read func(S) map[string]uint64) figure[S] {
	return figure[S]{name, help, prometheus.CounterValue, []string{label}, func(s S, emit func(float64, ...string)) {
		for value, n := range read(s) {
			emit(float64(n), value)
		}
	}}
}
