package transport

import (
	"time"

	"github.com/skeinhq/skein/codec"
)

// A keeper looks at every connection of its shard once per tick and compares stamps, so that a connection needs no
// timer. Stamps count ticks; a tick is a twentieth of the ping interval, so a ping may come that much late.
const ticksPerPing = 20

// minTick bounds the work when very short intervals are set.
const minTick = time.Millisecond

// keeping holds the keepalive settings in ticks.
type keeping struct {
	tick  time.Duration // 0: off
	ping  uint32        // silence before a ping
	pong  uint32        // silence after it, 0: no limit
	frame *codec.Frame
}

func newKeeping(o *Options) keeping {
	if o.PingInterval < 0 {
		return keeping{}
	}
	k := keeping{tick: max(o.PingInterval/ticksPerPing, minTick), frame: codec.RawFrame(codec.PingFrame(nil))}
	k.ping = ticks(o.PingInterval, k.tick)
	if o.PongTimeout > 0 {
		k.pong = ticks(o.PongTimeout, k.tick)
	}
	return k
}

// ticks rounds up.
func ticks(d, tick time.Duration) uint32 { return uint32(max(1, (d+tick-1)/tick)) }

// keep runs until the server stops.
func (s *Server) keep() {
	t := time.NewTicker(s.keeping.tick)
	defer t.Stop()
	var ping, cut []*Conn
	for {
		select {
		case <-s.quit:
			return
		case <-t.C:
		}
		now := s.tick.Add(1)
		for _, sh := range s.shards {
			ping, cut = sh.silent(now, s.keeping, ping[:0], cut[:0])
			for _, c := range ping {
				c.sendPing(s.keeping.frame)
			}
			sh.counts.pingsOut.Add(uint64(len(ping)))
			for _, c := range cut {
				c.end(End{codeInternal, reasonNoPong, CausePongTimeout})
			}
			clear(ping)
			clear(cut)
		}
	}
}

// silent finds the connections that are due for a ping and those whose pong has not come.
func (s *shard) silent(now uint32, k keeping, ping, cut []*Conn) ([]*Conn, []*Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		seen := c.seen.Load()
		switch {
		case c.paused.Load() || c.ended.Load():
		case c.pinged != 0 && int32(seen-c.pinged) >= 0:
			c.pinged = 0 // it lives
		case c.pinged != 0:
			if k.pong > 0 && now-c.pinged >= k.pong {
				cut = append(cut, c)
			}
		case now-seen >= k.ping:
			c.pinged = now
			ping = append(ping, c)
		}
	}
	return ping, cut
}
