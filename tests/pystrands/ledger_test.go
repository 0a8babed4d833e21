package pystrands

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// A ledger holds what backends have seen of end clients. The events of a client have positions: its new_connection is
// 0, its messages are 1 to n, its disconnected is n+1.
type ledger struct {
	messages int // n

	mu   sync.Mutex
	seen map[string]map[string][]int // by client and backend connection
	all  int
	grew chan struct{} // closed and replaced whenever an event is noted
}

func newLedger(messages int) *ledger {
	return &ledger{messages: messages, seen: map[string]map[string][]int{}, grew: make(chan struct{})}
}

// note adds what a backend has just seen.
func (l *ledger) note(backend, client string, position int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[client] == nil {
		l.seen[client] = map[string][]int{}
	}
	l.seen[client][backend] = append(l.seen[client][backend], position)
	l.all++
	close(l.grew)
	l.grew = make(chan struct{})
}

// count returns how many events there are, and a channel that is closed when there are more.
func (l *ledger) count() (int, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all, l.grew
}

// ended returns how many of the clients have been seen to leave.
func (l *ledger) ended() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, backends := range l.seen {
		for _, positions := range backends {
			if slices.Contains(positions, l.messages+1) {
				n++
				break
			}
		}
	}
	return n
}

// served returns how many clients were seen last by one of the processes other than but.
func (l *ledger) served(running []*process, but *process) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, backends := range l.seen {
		latest, at := "", -1
		for backend, positions := range backends {
			if last := positions[len(positions)-1]; last > at {
				latest, at = backend, last
			}
		}
		if latest != but.name && slices.ContainsFunc(running, func(p *process) bool { return p.name == latest }) {
			n++
		}
	}
	return n
}

// A gap is a piece of a client's events, the last one included, that no backend has seen.
type gap struct{ from, to int }

// audit checks one client: each backend connection saw one contiguous piece in order, no event was seen twice, the
// client never came back to a connection. It returns the pieces that nobody saw.
func (l *ledger) audit(client string) ([]gap, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var pieces [][]int
	for backend, positions := range l.seen[client] {
		for i := 1; i < len(positions); i++ {
			if positions[i] != positions[i-1]+1 {
				return nil, fmt.Errorf("%s: %s saw %d after %d", client, backend, positions[i], positions[i-1])
			}
		}
		pieces = append(pieces, positions)
	}
	slices.SortFunc(pieces, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	var gaps []gap
	next := 0
	for _, p := range append(pieces, []int{l.messages + 2}) {
		if p[0] < next {
			return nil, fmt.Errorf("%s: %d was seen twice", client, p[0])
		}
		if p[0] > next {
			gaps = append(gaps, gap{next, p[0] - 1})
		}
		next = p[len(p)-1] + 1
	}
	return gaps, nil
}

func TestLedger(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces map[string][]int
		gaps   string
		wrong  bool
	}{
		{"one backend", map[string][]int{"a": {0, 1, 2, 3, 4}}, "[]", false},
		{"three backends", map[string][]int{"c": {3, 4}, "a": {0, 1}, "b": {2}}, "[]", false},
		{"start, middle and end are missing", map[string][]int{"a": {1}, "b": {3}}, "[{0 0} {2 2} {4 4}]", false},
		{"all is missing", nil, "[{0 4}]", false},
		{"hole in a piece", map[string][]int{"a": {0, 1, 3, 4}}, "", true},
		{"order", map[string][]int{"a": {0, 2, 1, 3, 4}}, "", true},
		{"twice on one backend", map[string][]int{"a": {0, 1, 1, 2, 3, 4}}, "", true},
		{"twice on two backends", map[string][]int{"a": {0, 1, 2}, "b": {2, 3, 4}}, "", true},
		{"back again", map[string][]int{"a": {0, 1, 3, 4}, "b": {2}}, "", true},
		{"after the end", map[string][]int{"a": {0, 1, 2, 3, 4, 5}}, "", true},
	} {
		l := newLedger(3)
		for backend, positions := range c.pieces {
			for _, p := range positions {
				l.note(backend, "client", p)
			}
		}
		gaps, err := l.audit("client")
		if (err != nil) != c.wrong || err == nil && fmt.Sprint(gaps) != c.gaps {
			t.Errorf("%s: gaps %v, error %v", c.name, gaps, err)
		}
	}
}
