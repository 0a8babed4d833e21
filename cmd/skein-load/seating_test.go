//go:build linux

package main

import (
	"testing"
)

func TestSeating(t *testing.T) {
	for _, c := range []Config{
		{Clients: 31, RoomSize: 5, Processes: 3, Senders: 2, Visitors: 4},
		{Clients: 100, RoomSize: 100, Processes: 1, Senders: 1},
		{Clients: 7, Processes: 2, Senders: 3, Visitors: 3},
		{Clients: 4, RoomSize: 1, Processes: 1, Senders: 1},
	} {
		c.Scenario, c.Run = scenarioFanout, "r"
		names := map[string]int{}
		clients := map[int]bool{}
		openers := map[string]int{}
		senders := map[int]bool{}
		for w := range c.Processes {
			s := newSeating(&c, w, "")
			visitors := share(c.Visitors, c.Processes, w)
			for i := range s.count + visitors {
				x := s.seat(i)
				if clients[x.client] {
					t.Fatalf("%+v: two clients %d", c, x.client)
				}
				clients[x.client] = true
				if i < s.count {
					names[x.room]++
				}
				if x.opens {
					openers[x.room]++
				}
			}
			for r := range s.rooms {
				if n := s.size(r); c.RoomSize > 0 && n > c.RoomSize {
					t.Errorf("%+v: a room of %d", c, n)
				}
				if s.senders() > 0 {
					for k := range c.Senders {
						senders[s.firstSender(r)+k] = true
						if s.room(s.start(r)+k) != r {
							t.Errorf("%+v: sender %d of room %d is in another", c, k, r)
						}
					}
				}
			}
		}
		if len(clients) != c.Clients+c.Visitors || len(senders) != c.allSenders() {
			t.Errorf("%+v: %d clients, %d senders", c, len(clients), len(senders))
		}
		for name := range names {
			if openers[name] != 1 {
				t.Errorf("%+v: room %s is opened by %d", c, name, openers[name])
			}
		}
	}
}
