package actors

import "time"

// Rate is how many messages a connection may send. The zero value means as many as it likes.
type Rate struct {
	PerSecond float64
	Burst     int // at once; 0 means one second's worth
}

// bucket is a token bucket. It reads the clock only where there is a limit.
type bucket struct {
	rate   *Rate
	tokens float64
	last   time.Time
}

func (b *bucket) init(r Rate, now time.Time) {
	if r.PerSecond <= 0 {
		return
	}
	if r.Burst <= 0 {
		r.Burst = max(1, int(r.PerSecond))
	}
	*b = bucket{rate: &r, tokens: float64(r.Burst), last: now}
}

// take uses up one message and tells whether it was allowed.
func (b *bucket) take(now func() time.Time) bool {
	if b.rate == nil {
		return true
	}
	t := now()
	b.tokens = min(b.tokens+t.Sub(b.last).Seconds()*b.rate.PerSecond, float64(b.rate.Burst))
	b.last = t
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// wait is how long it takes until the next message is allowed.
func (b *bucket) wait() time.Duration {
	return time.Duration((1 - b.tokens) / b.rate.PerSecond * float64(time.Second))
}
