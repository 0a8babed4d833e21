package simpleserver

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/simpleserver"
)

// BenchmarkTicks measures how far the time between two ticks is from what it should be, with 2,000 clients of which
// each sends a message four times a second. A clock of the same rate with nothing to do shows what the machine makes
// of it. An operation is a tick.
func BenchmarkTicks(b *testing.B) {
	const clients, pause = 2000, 250 * time.Millisecond
	s := simpleserver.NewServer(simpleserver.ServerOptions{
		Host: "127.0.0.1", TickRate: tickRate, Logger: slog.New(slog.DiscardHandler),
	})
	s.OnMessage(func(c *simpleserver.ConnectionClient, m *simpleserver.Message) { _ = c.Send(m) })
	if err := s.StartAsync(); err != nil {
		b.Fatal(err)
	}
	quit := make(chan struct{})
	var loops sync.WaitGroup
	for i := range clients {
		c, err := dial(s.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		loops.Go(func() {
			defer c.Close()
			time.Sleep(rand.N(pause))
			pace := time.NewTicker(pause)
			defer pace.Stop()
			text := fmt.Sprintf("$@len:4|%%%04d", i)
			for {
				if err := c.send(text); err != nil {
					b.Error(err)
					return
				}
				if err := c.expect(text); err != nil {
					b.Error(err)
					return
				}
				select {
				case <-pace.C:
				case <-quit:
					return
				}
			}
		})
	}

	ticks, done := make([]time.Time, 0, b.N+1), make(chan struct{})
	b.ResetTimer()
	s.OnUpdate(func() {
		if len(ticks) <= b.N {
			if ticks = append(ticks, time.Now()); len(ticks) > b.N {
				close(done)
			}
		}
	})
	clock := clockTicks(b.N)
	<-done
	b.StopTimer()
	report(b, "", ticks)
	report(b, "clock-", <-clock)
	close(quit)
	loops.Wait()
	s.Stop()
	if err := s.Wait(); err != nil {
		b.Error(err)
	}
}

// clockTicks tells when a clock has ticked.
func clockTicks(n int) chan []time.Time {
	all := make(chan []time.Time, 1)
	go func() {
		t := time.NewTicker(time.Second / tickRate)
		defer t.Stop()
		var at []time.Time
		for range n + 1 {
			<-t.C
			at = append(at, time.Now())
		}
		all <- at
	}()
	return all
}

func report(b *testing.B, name string, at []time.Time) {
	var off []time.Duration
	for i := range len(at) - 1 {
		off = append(off, (at[i+1].Sub(at[i]) - time.Second/tickRate).Abs())
	}
	slices.Sort(off)
	microseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	b.ReportMetric(microseconds(off[len(off)/2]), name+"p50-µs")
	b.ReportMetric(microseconds(off[len(off)*99/100]), name+"p99-µs")
	elapsed := at[len(at)-1].Sub(at[0]).Seconds()
	b.ReportMetric(100*float64(len(at)-1)/elapsed/tickRate, name+"%rate")
}
