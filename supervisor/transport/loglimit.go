package transport

import (
	"sync"
	"time"
)

// logLimit lets one line through per period and says how many were held back since the one before, so that a
// stranger cannot fill the log.
type logLimit struct {
	mu   sync.Mutex
	next time.Time
	held int
}

const logPeriod = time.Minute

func (l *logLimit) allow() (held int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.held++
		return 0, false
	}
	held = l.held
	l.next, l.held = now.Add(logPeriod), 0
	return held, true
}
