package actors

import "time"

// logLimit lets one line through per minute and counts the others.
type logLimit struct {
	next time.Time
	held int
}

// allow returns how many lines were held back since the last one. It is not safe for use by several goroutines.
func (l *logLimit) allow(now time.Time) (held int, ok bool) {
	if now.Before(l.next) {
		l.held++
		return 0, false
	}
	held = l.held
	l.next, l.held = now.Add(time.Minute), 0
	return held, true
}
