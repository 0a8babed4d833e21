package actors

import "github.com/skeinhq/skein/codec"

// Messages that wait in the mailbox of a busy room one behind the other go to its members as one frame, which costs a
// member's outbox hardly more than one message does. Nothing else happens in the room between them, so that order and
// content are the same.

const (
	// maxBurst bounds how many messages go out together, and so how long the first of them waits.
	maxBurst = 64
	// burstFrame bounds their size: frames from here on are worth compressing, which is done one by one.
	burstFrame = codec.DeflateMin
)

// collectable tells whether a message may go out together with others: it is the same for everybody, and small.
func (r *cl4Room) collectable(msg any) bool {
	m, ok := msg.(*publish)
	return ok && m.own == nil && m.gvar == nil && m.frame.Len() < burstFrame
}

// collect takes a collectable message when others are before or right behind it.
func (r *cl4Room) collect(m *publish) bool {
	more := r.mb.more()
	if len(r.burst) == 0 && !more {
		return false
	}
	r.burst = append(r.burst, m)
	if len(r.burst) == maxBurst || !more {
		r.flushBurst()
	}
	return true
}

// flushBurst sends what was collected.
func (r *cl4Room) flushBurst() {
	burst := r.burst
	r.burst = nil
	defer func() { // whatever happens, nobody waits for ever
		for _, m := range burst {
			m.from.settle()
		}
	}()
	frames := make([]*codec.Frame, len(burst))
	for i, m := range burst {
		frames[i] = m.frame
	}
	all := codec.JoinFrames(frames)
	var lost uint64
	for i := range r.list {
		if !r.list[i].ref.Out.Send(all) {
			lost++
		}
	}
	n := uint64(len(burst))
	for len(burst) > 0 {
		m := burst[0]
		burst = burst[1:]
		m.from.settle()
		m.free()
	}
	r.sys.Counters.FanOut.Add(n * uint64(len(r.list)))
	if lost > 0 {
		r.sys.Counters.FramesLost.Add(n * lost)
	}
}
