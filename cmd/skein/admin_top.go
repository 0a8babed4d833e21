package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// topCounters is how the server stands, once a second.
type topCounters struct {
	Time           time.Time
	UptimeSeconds  float64 `json:"uptime_seconds"`
	Connections    int64
	Clients, Rooms map[string]int64
	Variables      int64
	Accepted       uint64
	MessagesIn     uint64 `json:"messages_in"`
	MessagesOut    uint64 `json:"messages_out"`
	BytesIn        int64  `json:"bytes_in"`
	BytesOut       int64  `json:"bytes_out"`
	Disconnects    uint64
	SlowConsumers  uint64 `json:"slow_consumers"`
	Restarts       uint64
	OutboxBytes    int64   `json:"outbox_bytes"`
	MailboxDepth   int     `json:"mailbox_depth"`
	LatencySeconds float64 `json:"latency_seconds"`
	CPUSeconds     float64 `json:"cpu_seconds"`
	MemoryBytes    int64   `json:"memory_bytes"`
}

// topClients is how many of the busiest clients are shown.
const topClients = 10

func newAdminTop(o *adminOptions) *cobra.Command {
	var times int
	cmd := adminCommand(o, "top", "Watch the server live", cobra.NoArgs, func(c *adminCall, _ []string) error {
		ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		c.ctx = ctx
		err := c.top(times)
		if ctx.Err() != nil {
			return nil // asked to end
		}
		return err
	})
	cmd.Flags().IntVarP(&times, "count", "n", 0, "end after so many seconds (default never)")
	return cmd
}

// top shows counters as they come.
func (c *adminCall) top(times int) error {
	resp, err := c.client.open(c.ctx, "GET", "/events", url.Values{"types": {"counters"}}, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	file, ok := c.out.(*os.File)
	screen := ok && isTerminal(file) && !c.json && times == 0
	var last topCounters
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for shown := 0; lines.Scan(); {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var now topCounters
		if err := json.Unmarshal(data, &now); err != nil {
			return fmt.Errorf("the answer is not understood: %w", err)
		}
		switch {
		case c.json:
			fmt.Fprintf(c.out, "%s\n", data)
		case screen:
			if err := c.draw(&now, &last); err != nil {
				return err
			}
		default:
			fmt.Fprintln(c.out, now.line(&last))
		}
		last = now
		if shown++; times > 0 && shown >= times {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the stream of the server has ended: %w", err)
	}
	return errors.New("the stream of the server has ended")
}

// perSecond is how fast something has grown since the event before.
func (t *topCounters) perSecond(last *topCounters, now, before uint64) float64 {
	d := t.Time.Sub(last.Time).Seconds()
	if last.Time.IsZero() || d <= 0 || now < before {
		return 0
	}
	return float64(now-before) / d
}

// line is one second in one line, for logs.
func (t *topCounters) line(last *topCounters) string {
	return fmt.Sprintf("%s connections %d, in %.0f/s, out %.0f/s, queued %s, latency %s, cpu %.1f %%, memory %s",
		t.Time.Local().Format("15:04:05"), t.Connections, t.perSecond(last, t.MessagesIn, last.MessagesIn),
		t.perSecond(last, t.MessagesOut, last.MessagesOut), amount(t.OutboxBytes), latency(t.LatencySeconds), t.cpu(last), amount(t.MemoryBytes))
}

// cpu is the share of one core in percent.
func (t *topCounters) cpu(last *topCounters) float64 {
	d := t.Time.Sub(last.Time).Seconds()
	if last.Time.IsZero() || d <= 0 {
		return 0
	}
	return max(0, (t.CPUSeconds-last.CPUSeconds)/d*100)
}

func latency(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond).String()
}

// draw fills the screen: from the top, each line to its end, and nothing below.
func (c *adminCall) draw(now, last *topCounters) error {
	var b strings.Builder
	b.WriteString("\x1b[H")
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\x1b[K\n", args...) }
	rate := func(n, before uint64) float64 { return now.perSecond(last, n, before) }
	line("up %s   cpu %.1f %%   memory %s   latency %s", span(time.Duration(now.UptimeSeconds)*time.Second), now.cpu(last), amount(now.MemoryBytes), latency(now.LatencySeconds))
	line("connections %d: cl4 %d, scratch %d, pystrands %d, simpleserver %d, none %d   +%.0f/s -%.0f/s", now.Connections,
		now.Clients["cl4"], now.Clients["scratch"], now.Clients["pystrands"], now.Clients["simpleserver"], now.Clients["none"],
		rate(now.Accepted, last.Accepted), rate(now.Disconnects, last.Disconnects))
	line("messages in %.0f/s (%s/s), out %.0f/s (%s/s)   queued %s   mailbox %d",
		rate(now.MessagesIn, last.MessagesIn), amount(int64(rate(uint64(now.BytesIn), uint64(last.BytesIn)))),
		rate(now.MessagesOut, last.MessagesOut), amount(int64(rate(uint64(now.BytesOut), uint64(last.BytesOut)))), amount(now.OutboxBytes), now.MailboxDepth)
	line("rooms: cl4 %d, scratch %d   variables %d   slow consumers %d   restarts %d", now.Rooms["cl4"], now.Rooms["scratch"], now.Variables, now.SlowConsumers, now.Restarts)
	line("")
	busiest, _, err := c.pages("/clients", "clients", url.Values{"sort": {"-messages"}}, topClients)
	if err != nil {
		return err
	}
	line("%-26s %-12s %-20s %-24s %10s %8s", "ID", "PROTOCOL", "NAME", "ADDRESS", "QUEUED", "MSG/S")
	for _, text := range busiest {
		var l clientLine
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("the answer is not understood: %w", err)
		}
		line("%-26s %-12s %-20.20s %-24s %10s %8.1f", l.ID, l.Protocol, visible(or(l.Username, "-")), or(l.Address, "unix"), amount(l.QueuedBytes), l.MessagesPerSecond)
	}
	b.WriteString("\x1b[J")
	_, err = c.out.Write([]byte(b.String()))
	return err
}
