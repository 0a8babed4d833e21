//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connect opens connections that have begun to speak.
func connect(p program, s *server, n int) ([]net.Conn, error) {
	var conns []net.Conn
	for range n {
		c, err := net.DialTimeout("tcp", s.address, 10*time.Second)
		if err != nil {
			closeAll(conns)
			return nil, err
		}
		conns = append(conns, c)
		if p.hello != "" {
			if _, err := io.WriteString(c, p.hello); err != nil {
				closeAll(conns)
				return nil, err
			}
		}
	}
	return conns, nil
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// echoes keeps so many messages of each client on their way, and returns how many came back per CPU second of the
// server. It fails when a byte is not the one that was sent.
func echoes(ctx context.Context, o options, p program, s *server, clients, window int) (float64, error) {
	conns, err := connect(p, s, clients)
	if err != nil {
		return 0, err
	}
	defer closeAll(conns)
	message := p.message(o.size)
	var count atomic.Int64
	var loops sync.WaitGroup
	failed := make(chan error, clients)
	for _, c := range conns {
		loops.Go(func() {
			if err := echo(c, message, window, &count); err != nil && !errors.Is(err, net.ErrClosed) {
				failed <- err
			}
		})
	}
	wait := func(d time.Duration) error {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
	if err := wait(time.Second); err != nil { // what is first has to be made
		return 0, err
	}
	before, err1 := s.cpu()
	countBefore := count.Load()
	err2 := wait(o.duration)
	after, err3 := s.cpu()
	got := count.Load() - countBefore
	closeAll(conns)
	loops.Wait()
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	if got == 0 {
		return 0, errors.New("nothing comes back")
	}
	fmt.Fprintf(os.Stderr, "%40.0f messages/s, %.2f µs of CPU each\n", float64(got)/o.duration.Seconds(),
		(after-before).Seconds()*1e6/float64(got))
	return float64(got) / (after - before).Seconds(), nil
}

func echo(c net.Conn, message string, window int, count *atomic.Int64) error {
	all := []byte(strings.Repeat(message, window))
	if _, err := c.Write(all); err != nil {
		return err
	}
	buf := make([]byte, len(all))
	want := string(all) + message
	at := 0 // in the message that is coming
	for {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if string(buf[:n]) != want[at:at+n] {
			return errors.New("something else came back")
		}
		at += n
		whole := at / len(message)
		at %= len(message)
		count.Add(int64(whole))
		if _, err := c.Write(all[:whole*len(message)]); err != nil {
			return err
		}
	}
}

// idle connects clients that say nothing, in steps, and returns how many bytes one of them takes.
func idle(ctx context.Context, o options, p program, s *server) (float64, error) {
	const steps = 5
	var conns []net.Conn
	defer func() { closeAll(conns) }()
	var x, y []float64
	for range steps {
		more, err := connect(p, s, o.idle/steps)
		if err != nil {
			return 0, err
		}
		conns = append(conns, more...)
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
		bytes, err := s.resident()
		if err != nil {
			return 0, err
		}
		x, y = append(x, float64(len(conns))), append(y, bytes)
	}
	return slope(x, y), nil
}

// slope is that of the straight line that fits best.
func slope(x, y []float64) float64 {
	var meanX, meanY, above, below float64
	for i := range x {
		meanX += x[i] / float64(len(x))
		meanY += y[i] / float64(len(x))
	}
	for i := range x {
		above += (x[i] - meanX) * (y[i] - meanY)
		below += (x[i] - meanX) * (x[i] - meanX)
	}
	return above / below
}
