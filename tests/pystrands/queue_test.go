package pystrands

import (
	"sync"
	"time"
)

// A queue hands over what a reading goroutine has received.
type queue[T any] struct {
	mu    sync.Mutex
	items []T
	more  chan struct{} // gets a token when the queue grows
}

func newQueue[T any]() *queue[T] { return &queue[T]{more: make(chan struct{}, 1)} }

func (q *queue[T]) push(v T) {
	q.mu.Lock()
	q.items = append(q.items, v)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take removes the first item, if there is one.
func (q *queue[T]) take() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return v, false
	}
	v, q.items = q.items[0], q.items[1:]
	return v, true
}

// next removes the first item, waiting for it if need be.
func (q *queue[T]) next(limit time.Duration) (T, bool) {
	v, i := nextOfTwo(limit, q, q)
	return v, i >= 0
}

// nextOfTwo removes the first item of whichever queue has one and says which; -1 when neither gets one in time.
func nextOfTwo[T any](limit time.Duration, a, b *queue[T]) (T, int) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		for i, q := range [...]*queue[T]{a, b} {
			if v, ok := q.take(); ok {
				return v, i
			}
		}
		select {
		case <-a.more:
		case <-b.more:
		case <-deadline.C:
			var none T
			return none, -1
		}
	}
}
