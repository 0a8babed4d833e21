package actors

import "github.com/skeinhq/skein/codec"

// backlog is what waits while no backend is attached: events of clients, and beside them what is to be said of clients
// that were refused, which has a limit of its own so that a crowd of them cannot push messages out.
type backlog struct {
	counters            *BrokerCounters
	maxEvents, maxBytes int

	events   []kept
	failures []kept
	bytes    int // of events
	next     uint64
}

// kept is one line of the backlog.
type kept struct {
	number uint64 // in the order of arrival
	strand *strand
	frame  *codec.Frame
}

// add keeps an event of a client. The oldest go when there are too many.
func (l *backlog) add(m *strand, f *codec.Frame) {
	if l.maxEvents <= 0 || f.Len() > l.maxBytes {
		l.counters.Dropped[dropBacklog].Add(1)
		return
	}
	for len(l.events) >= l.maxEvents || l.bytes+f.Len() > l.maxBytes {
		l.dropOldest()
	}
	l.next++
	l.events = append(l.events, kept{l.next, m, f})
	l.bytes += f.Len()
	l.counters.BacklogEvents.Add(1)
	l.counters.BacklogBytes.Add(int64(f.Len()))
}

func (l *backlog) dropOldest() {
	n := l.events[0].frame.Len()
	l.events[0] = kept{}
	l.events = l.events[1:]
	l.bytes -= n
	l.counters.Dropped[dropBacklog].Add(1)
	l.counters.BacklogEvents.Add(-1)
	l.counters.BacklogBytes.Add(-int64(n))
}

// addFailure keeps what is to be said of a refused client.
func (l *backlog) addFailure(f *codec.Frame) {
	if l.maxEvents <= 0 {
		l.counters.Dropped[dropBacklog].Add(1)
		return
	}
	if len(l.failures) >= maxFailuresKept {
		l.failures[0] = kept{}
		l.failures = l.failures[1:]
		l.counters.Dropped[dropBacklog].Add(1)
	}
	l.next++
	l.failures = append(l.failures, kept{number: l.next, frame: f})
}

// take empties the backlog, in the order of arrival.
func (l *backlog) take(f func(kept)) {
	events, failures := l.events, l.failures
	l.counters.BacklogEvents.Add(-int64(len(events)))
	l.counters.BacklogBytes.Add(-int64(l.bytes))
	l.events, l.failures, l.bytes = nil, nil, 0
	for len(events)+len(failures) > 0 {
		if len(failures) == 0 || len(events) > 0 && events[0].number < failures[0].number {
			f(events[0])
			events = events[1:]
		} else {
			f(failures[0])
			failures = failures[1:]
		}
	}
}
