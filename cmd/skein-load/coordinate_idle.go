//go:build linux

package main

// driveIdle opens the clients in steps and measures the server's memory after each.
func (k *coordinator) driveIdle() error {
	k.board.phase.Store(phaseMeasure)
	m := k.startMeasuring()
	slope := &Slope{}
	k.report.Memory = slope
	if err := k.point(slope, 0); err != nil {
		return k.drain(err)
	}
	for i := range k.cfg.Steps {
		n := k.cfg.Clients * (i + 1) / k.cfg.Steps
		if err := k.join(n); err != nil {
			return k.drain(err)
		}
		if err := k.point(slope, n); err != nil {
			return k.drain(err)
		}
	}
	slope.fit()
	n := k.board.joined(k.crew.n)
	m.stop(n, n)
	return k.drain(k.pause(k.cfg.Duration))
}

// point waits for the server to come to rest and notes its memory.
func (k *coordinator) point(slope *Slope, clients int) error {
	if err := k.pause(k.cfg.Settle / 2); err != nil {
		return err
	}
	if err := k.server.collect(k.ctx); err != nil {
		return err
	}
	if err := k.pause(k.cfg.Settle / 2); err != nil {
		return err
	}
	slope.Points = append(slope.Points, MemoryPoint{Clients: clients, RSS: k.server.rss()})
	return nil
}
