//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A progress shows a bar and live rates on one line of a terminal; a nil one shows nothing.
type progress struct {
	out   io.Writer
	many  string
	goal  int
	width int // columns of the terminal, 0: not known
	shown int // columns of the last line
	name  string
	part  float64
}

// newProgress returns nil unless f is a terminal.
func newProgress(f *os.File, cfg Config) *progress {
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	_, many := operation(cfg.Scenario)
	p := &progress{out: f, many: many, goal: cfg.Clients}
	if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
		p.width = int(size.Col)
	}
	return p
}

// phaseName is what a phase is called on the screen.
func phaseName(phase uint32) string {
	if phase == phaseWarmup {
		return "warm-up"
	}
	return "measuring"
}

// stage says what is being done and how much of it, from 0 to 1; the next line shows it.
func (p *progress) stage(name string, part float64) {
	if p != nil {
		p.name, p.part = name, min(max(part, 0), 1)
	}
}

// barWidth is in characters.
const barWidth = 20

// line shows what happened between two samples.
func (p *progress) line(a, b Sample) {
	if p == nil || b.At <= a.At {
		return
	}
	d := b.At - a.At
	filled := int(p.part*barWidth + 0.5)
	text := fmt.Sprintf("%-10s %s%s %3.0f %%  %.0f s  %d/%d clients", p.name, strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled),
		100*p.part, b.At, b.Clients, p.goal)
	if b.Clients > a.Clients {
		text += fmt.Sprintf("  %s joins/s", count(float64(b.Clients-a.Clients)/d))
	}
	if b.Done > a.Done {
		text += fmt.Sprintf("  %s sent/s  %s %s/s  p99 %s", count(float64(b.Sent-a.Sent)/d), count(float64(b.Done-a.Done)/d), p.many, micros(b.P99))
	}
	if b.RSS > 0 {
		text += fmt.Sprintf("  server %.0f %% CPU, %s", 100*(b.CPU-a.CPU)/d, mib(b.RSS))
	}
	columns := []rune(text)
	if p.width > 1 && len(columns) >= p.width {
		columns = columns[:p.width-1] // a line that wraps cannot be written over
	}
	pad := max(0, p.shown-len(columns))
	p.shown = len(columns)
	fmt.Fprintf(p.out, "\r%s%*s", string(columns), pad, "")
}

// clear removes the line.
func (p *progress) clear() {
	if p != nil {
		fmt.Fprintf(p.out, "\r%*s\r", p.shown, "")
	}
}
