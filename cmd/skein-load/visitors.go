//go:build linux

package main

// visitors are clients that join, stay for a while, leave and come again. They send nothing.
type visitors struct {
	w     *worker
	conns []*conn
	until []int64 // when each does its next thing
	going bool
	next  int64 // when to look again
	rests bool  // what was seen at the last look
	tally Tally
}

// visitorsEvery is how often a worker looks after its visitors, in nanoseconds.
const visitorsEvery = 1_000_000

func newVisitors(w *worker) *visitors {
	v := &visitors{w: w, conns: w.pool.conns[w.seats.count:]}
	v.until = make([]int64, len(v.conns))
	return v
}

func (v *visitors) enter(phase uint32) {
	switch {
	case phase == phaseDrain:
		v.going = false
	case phase >= phaseWarmup && !v.going:
		v.going = true
		for i := range v.until { // they do not all come at the same time
			v.until[i] = now() + int64(v.w.cfg.Stay)*int64(i)/int64(len(v.until))
		}
	}
}

// tick lets visitors come and go and says whether none is on the way in or out.
func (v *visitors) tick(now int64) (resting bool) {
	if now < v.next {
		return v.rests
	}
	v.next = now + visitorsEvery
	defer func() { v.rests = resting }()
	resting = true
	for i, c := range v.conns {
		switch c.state {
		case stateIdle, stateClosed:
			if v.going && now >= v.until[i] {
				if err := v.w.pool.open(c); err != nil {
					v.w.pool.fail(c, err)
				}
			}
		case stateJoined:
			if !v.going || now >= v.until[i] {
				v.w.pool.leave(c)
				v.until[i] = now
				resting = false
			}
		default:
			resting = false
		}
	}
	return resting
}

func (v *visitors) arrived(c *conn) {
	v.until[c.index-v.w.seats.count] = now() + int64(v.w.cfg.Stay)
	v.w.cell.visits.Add(1)
}
