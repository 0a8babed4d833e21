package actors

import (
	"runtime"
	"sync/atomic"
)

// workers runs actors on goroutines that are used again. A fresh goroutine begins with a small stack, which handling
// a message then grows and copies; that would be a third of the cost of a ping.
//
// It never makes anybody wait: without an idle worker there is a new one, and only so many stay.
type workers struct {
	tasks chan *mailbox // unbuffered: a send succeeds only into the hands of an idle worker
	idle  atomic.Int32
	max   int32
	done  chan struct{}
}

func newWorkers() *workers {
	return &workers{tasks: make(chan *mailbox), max: int32(4 * runtime.GOMAXPROCS(0)), done: make(chan struct{})}
}

// process runs m.process soon.
func (w *workers) process(m *mailbox) {
	select {
	case w.tasks <- m:
	default:
		go w.work(m)
	}
}

func (w *workers) work(m *mailbox) {
	for {
		m.process()
		if w.idle.Add(1) > w.max {
			w.idle.Add(-1)
			return
		}
		select {
		case m = <-w.tasks:
			w.idle.Add(-1)
		case <-w.done:
			return
		}
	}
}

// stop lets idle workers go; busy ones go when they have finished.
func (w *workers) stop() { close(w.done) }

// Schedule implements actor.Dispatcher, for mailboxes that are not the project's own.
func (w *workers) Schedule(fn func()) { go fn() }

// Throughput implements actor.Dispatcher.
func (w *workers) Throughput() int { return batchSize }
