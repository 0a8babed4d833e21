//go:build linux

package main

// guests check what visitors of a room get: from the first message that was sent after they had joined, each once and in
// order, until they leave. What was under way when they came may reach them or not.
type guests struct {
	f     *fanout
	next  [][]uint32 // per visitor and sender: the number expected; before the first delivery the latest that may come first
	begun [][]bool
	tally Tally
}

func newGuests(f *fanout) guests {
	g := guests{f: f}
	for range len(f.w.pool.conns) - f.w.seats.count {
		g.next = append(g.next, make([]uint32, f.perRoom))
		g.begun = append(g.begun, make([]bool, f.perRoom))
	}
	return g
}

// arrived notes that a visitor has joined.
func (g *guests) arrived(c *conn) {
	v := c.index - g.f.w.seats.count
	for k := range g.f.perRoom {
		g.next[v][k] = g.f.w.board.total[g.f.rooms[c.room].first+k].Load()
		g.begun[v][k] = false
	}
}

func (g *guests) delivered(c *conn, k int, seq uint32) {
	v := c.index - g.f.w.seats.count
	next := g.next[v][k]
	switch {
	case seq == next, seq < next && !g.begun[v][k]:
		g.next[v][k] = seq + 1
	case seq > next && seq-next <= maxGap:
		g.tally.Lost += uint64(seq - next)
		g.next[v][k] = seq + 1
	case seq > next:
		g.tally.Garbled++
	default:
		g.tally.Doubled++ // or late: then it has been counted as lost before
	}
	g.begun[v][k] = true
}
