//go:build linux

package main

import (
	"testing"
)

func TestGuests(t *testing.T) {
	for _, c := range []struct {
		name string
		seqs []uint32 // when 5 had been sent before the visitor joined
		want Tally
	}{
		{"from the next on", []uint32{5, 6, 7}, Tally{}},
		{"one under way came too", []uint32{4, 5, 6}, Tally{}},
		{"nothing came", nil, Tally{}},
		{"the first is missing", []uint32{6, 7}, Tally{Lost: 1}},
		{"a gap", []uint32{5, 8}, Tally{Lost: 2}},
		{"doubled", []uint32{5, 5, 6}, Tally{Doubled: 1}},
		{"swapped", []uint32{5, 7, 6, 8}, Tally{Lost: 1, Doubled: 1}},
		{"nonsense", []uint32{1 << 31}, Tally{Garbled: 1}},
	} {
		cfg := Config{Scenario: scenarioMixed, Dialect: "cl4", Clients: 2, Senders: 1, Visitors: 1, Stay: 1, Rate: 1}
		if err := cfg.complete(); err != nil {
			t.Fatal(err)
		}
		w, err := newWorker(cfg, 0, newBoard(&cfg), -1)
		if err != nil {
			t.Fatal(err)
		}
		w.board.total[0].Store(5)
		visitor := w.pool.conns[2]
		g := &w.scenario.(*mixed).messages.guests
		g.arrived(visitor)
		for _, seq := range c.seqs {
			g.delivered(visitor, 0, seq)
		}
		if g.tally != c.want {
			t.Errorf("%s: %+v", c.name, g.tally)
		}
		w.pool.shut()
	}
}
