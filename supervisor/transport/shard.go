package transport

import "sync"

// shard is a part of the connections, with a flusher and a keeper of its own.
type shard struct {
	flusher *flusher
	counts  *cell
	poller  *poller // nil: connections are read by goroutines

	mu    sync.Mutex
	conns []*Conn // in no order, without gaps
}

func (s *shard) add(c *Conn) {
	s.mu.Lock()
	c.slot = int32(len(s.conns))
	s.conns = append(s.conns, c)
	s.mu.Unlock()
}

func (s *shard) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.conns) - 1
	s.conns[c.slot] = s.conns[last]
	s.conns[c.slot].slot = c.slot
	s.conns[last] = nil
	s.conns = s.conns[:last]
	if cap(s.conns) > 1024 && last < cap(s.conns)/4 {
		s.conns = append(make([]*Conn, 0, cap(s.conns)/2), s.conns...)
	}
}

// all appends the shard's connections to list.
func (s *shard) all(list []*Conn) []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(list, s.conns...)
}
