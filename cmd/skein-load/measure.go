//go:build linux

package main

import "time"

// A measurement spans the part of a run that the report is about.
type measurement struct {
	k          *coordinator
	start      time.Time
	cpu        float64
	backend    float64
	sent, done uint64
}

func (k *coordinator) startMeasuring() *measurement {
	m := &measurement{k: k, start: time.Now(), sent: k.board.sent(k.crew.n), done: k.board.done(k.crew.n)}
	m.backend = k.backend.cpu()
	k.report.From = m.start.Sub(k.began).Seconds()
	if k.server.known() {
		k.report.Server.RSSBefore, k.report.Server.FilesBefore = k.server.rss(), k.server.files()
		m.cpu = k.server.cpu()
	}
	return m
}

// stop closes the measurement; done counts what the server's CPU time is divided by.
func (m *measurement) stop(done, sent uint64) {
	m.stopAfter(time.Since(m.start), done, sent)
}

// stopAfter is stop for work whose duration is known and shorter than the time over which CPU was counted.
func (m *measurement) stopAfter(d time.Duration, done, sent uint64) {
	r := m.k.report
	var cpu float64
	if m.k.server.known() {
		cpu = m.k.server.cpu() - m.cpu
	}
	r.To = r.From + d.Seconds()
	r.Client.BackendCPU = m.k.backend.cpu() - m.backend
	r.Visits = m.k.board.visits(m.k.crew.n)
	r.Seconds, r.Done, r.Sent = d.Seconds(), done-m.done, sent-m.sent
	if r.Seconds > 0 {
		r.DonePerSecond, r.SentPerSecond = float64(r.Done)/r.Seconds, float64(r.Sent)/r.Seconds
		r.Client.BackendBusy = r.Client.BackendCPU / r.Seconds
	}
	if r.Server != nil {
		r.Server.RSSAfter, r.Server.FilesAfter = m.k.server.rss(), m.k.server.files()
		r.Server.CPUSeconds = cpu
		if r.Done > 0 {
			r.Server.CPUMicrosPerOp = cpu * 1e6 / float64(r.Done)
		}
	}
}
