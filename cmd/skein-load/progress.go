//go:build linux

package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A progress shows live rates on one line of a terminal; a nil one shows nothing.
type progress struct {
	out   io.Writer
	many  string
	goal  int
	width int
}

// newProgress returns nil unless f is a terminal.
func newProgress(f *os.File, cfg Config) *progress {
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	_, many := operation(cfg.Scenario)
	return &progress{out: f, many: many, goal: cfg.Clients}
}

// line shows what happened between two samples.
func (p *progress) line(a, b Sample) {
	if p == nil || b.At <= a.At {
		return
	}
	d := b.At - a.At
	text := fmt.Sprintf("%5.1f s  %d/%d clients", b.At, b.Clients, p.goal)
	if b.Clients > a.Clients {
		text += fmt.Sprintf("  %s joins/s", count(float64(b.Clients-a.Clients)/d))
	}
	if b.Done > a.Done {
		text += fmt.Sprintf("  %s sent/s  %s %s/s", count(float64(b.Sent-a.Sent)/d), count(float64(b.Done-a.Done)/d), p.many)
	}
	if b.RSS > 0 {
		text += fmt.Sprintf("  server %.0f %% CPU, %s", 100*(b.CPU-a.CPU)/d, mib(b.RSS))
	}
	pad := max(0, p.width-len(text))
	p.width = len(text)
	fmt.Fprintf(p.out, "\r%s%*s", text, pad, "")
}

// clear removes the line.
func (p *progress) clear() {
	if p != nil {
		fmt.Fprintf(p.out, "\r%*s\r", p.width, "")
	}
}
