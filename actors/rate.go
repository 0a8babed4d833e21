package actors

import "time"

// Rate is how many messages a connection may send. The zero value means as many as it likes.
type Rate struct {
	PerSecond float64
	Burst     int // at once; 0 means one second's worth
}

// SetRate bounds the messages of each connection from now on, those that are open too.
func (s *System) SetRate(r Rate) {
	if r.PerSecond <= 0 {
		s.rate.Store(nil)
		return
	}
	if r.Burst <= 0 {
		r.Burst = max(1, int(r.PerSecond))
	}
	s.rate.Store(&r)
}

// Rate is what SetRate has set last. A burst of 0 was filled in.
func (s *System) Rate() Rate {
	if r := s.rate.Load(); r != nil {
		return *r
	}
	return Rate{}
}

// bucket is a token bucket, which starts full when the rate changes. It reads the clock only where there is a limit.
type bucket struct {
	rate   *Rate
	tokens float64
	last   time.Time
}

// limiter is the bucket of a connection, which has none as long as there is no limit.
type limiter struct{ *bucket }

// take uses up one message and tells whether the rate allowed it.
func (l *limiter) take(s *System) bool {
	r := s.rate.Load()
	if r == nil {
		l.bucket = nil
		return true
	}
	if l.bucket == nil || l.rate != r {
		l.bucket = &bucket{rate: r, tokens: float64(r.Burst), last: s.now()}
	}
	b := l.bucket
	t := s.now()
	b.tokens = min(b.tokens+t.Sub(b.last).Seconds()*b.rate.PerSecond, float64(b.rate.Burst))
	b.last = t
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// wait is how long it takes until the next message is allowed.
func (l *limiter) wait() time.Duration {
	if l.bucket == nil {
		return 0
	}
	return time.Duration((1 - l.tokens) / l.rate.PerSecond * float64(time.Second))
}
