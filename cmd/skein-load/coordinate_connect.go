//go:build linux

package main

import "time"

// driveConnect measures a storm of new clients: TCP, upgrade and join of each, `--connecting` of them at a time.
func (k *coordinator) driveConnect() error {
	if err := k.server.collect(k.ctx); err != nil {
		return err
	}
	k.board.phase.Store(phaseMeasure)
	m := k.startMeasuring()
	err := k.join(k.cfg.Clients)
	d := time.Since(m.start)
	if err == nil {
		err = k.pause(tailTime)
	}
	n := k.board.joined(k.crew.n)
	m.stopAfter(d, n, n)
	return k.drain(err)
}
