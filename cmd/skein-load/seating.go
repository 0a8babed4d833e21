//go:build linux

package main

import "fmt"

// A seating says who of one worker's clients is in which room. With a room size the rooms belong to one worker each and
// are as even as can be; without one there is a single room for the clients of all workers.
type seating struct {
	cfg    *Config
	worker int
	count  int // clients of the worker
	first  int // number of the first of them over all workers
	rooms  int // of the worker
	before int // rooms of the workers before
	home   string
}

func newSeating(cfg *Config, worker int, home string) *seating {
	s := &seating{cfg: cfg, worker: worker, count: share(cfg.Clients, cfg.Processes, worker), first: firstOf(cfg.Clients, cfg.Processes, worker), rooms: 1}
	if cfg.Anonymous {
		s.home = home
	}
	if !s.shared() {
		s.rooms = cfg.roomsOf(worker)
		for w := range worker {
			s.before += cfg.roomsOf(w)
		}
	}
	return s
}

// shared says that there is one room for all workers.
func (s *seating) shared() bool { return s.cfg.RoomSize == 0 }

// room is that of the worker's client i; visitors, who come behind the others, take turns.
func (s *seating) room(i int) int {
	if i >= s.count {
		return (i - s.count) % s.rooms
	}
	size, large := s.count/s.rooms, s.count%s.rooms
	if i < large*(size+1) {
		return i / (size + 1)
	}
	return large + (i-large*(size+1))/size
}

// start is the first client in a room; in a shared one that of worker 0.
func (s *seating) start(room int) int { return firstOf(s.count, s.rooms, room) }

// size is the number of clients in a room, of all workers.
func (s *seating) size(room int) int {
	if s.shared() {
		return s.cfg.Clients
	}
	return share(s.count, s.rooms, room)
}

// seat is the place of the worker's client i.
func (s *seating) seat(i int) seat {
	room := s.room(i)
	number := s.first + i
	if i >= s.count {
		number = s.cfg.Clients + firstOf(s.cfg.Visitors, s.cfg.Processes, s.worker) + i - s.count
	}
	opens := i < s.count && i == s.start(room) && (!s.shared() || s.worker == 0)
	return seat{client: number, room: s.name(room), opens: opens, anonymous: s.cfg.Anonymous}
}

// name is that of a room. No other run has it: what a server keeps of that one is not taken for this one's.
func (s *seating) name(room int) string {
	switch {
	case s.home != "":
		return s.home
	case s.shared():
		return "load-" + s.cfg.Run
	}
	return fmt.Sprintf("load-%s-%02d-%05d", s.cfg.Run, s.worker, room)
}

// senders is the number of senders among the worker's clients.
func (s *seating) senders() int {
	if s.shared() && s.worker > 0 {
		return 0
	}
	return s.rooms * s.cfg.Senders
}

// firstSender is the number of a room's first sender over all workers.
func (s *seating) firstSender(room int) int { return (s.before + room) * s.cfg.Senders }
