//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	strands "github.com/skeinhq/skein/supervisor/pystrands"
)

// backendTimeout bounds the start of the backend, until the broker lets clients in.
const backendTimeout = 15 * time.Second

// A backendProcess is the backend that a PyStrands broker needs, also where its clients speak SimpleServer: a process of its own, so that its CPU time can be told
// from that of the clients.
type backendProcess struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	said strings.Builder // on standard error, valid after stop
}

// startBackend starts the backend of a run that needs one, and waits until the broker lets clients in.
func startBackend(ctx context.Context, cfg Config) (*backendProcess, error) {
	if cfg.Backend == "" || cfg.Backend == noBackend {
		return nil, nil
	}
	b := &backendProcess{cmd: exec.Command("/proc/self/exe", "backend", cfg.Backend)}
	b.cmd.Stderr = &b.said
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.stop()
		return nil, fmt.Errorf("no backend at %s: %s", cfg.Backend, strings.TrimSpace(b.said.String()))
	}
	if err := awaitEntry(ctx, cfg); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// stop ends the backend and returns what it had to say. More than one call does nothing more.
func (b *backendProcess) stop() string {
	if b == nil || b.cmd.ProcessState != nil {
		return ""
	}
	b.in.Close()
	if err := b.cmd.Wait(); err != nil && b.said.Len() == 0 {
		return err.Error()
	}
	return strings.TrimSpace(b.said.String())
}

// cpu is the CPU time of the backend so far in seconds.
func (b *backendProcess) cpu() float64 {
	if b == nil {
		return 0
	}
	return processCPU(b.cmd.Process.Pid)
}

// probePath is where it is tried whether the broker lets clients in.
const probePath = "/ws/load-probe"

// awaitEntry tries the broker until it lets a client in: a backend that is connected is not one that is asked yet.
func awaitEntry(ctx context.Context, cfg Config) error {
	d, err := newDialect(&cfg)
	if err != nil {
		return err
	}
	t, err := newTarget(&cfg, d.Traits().framing)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, backendTimeout)
	defer cancel()
	for {
		err := tryEntry(ctx, t)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the broker lets no client in: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func tryEntry(ctx context.Context, t *target) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", t.addr.String())
	if err != nil {
		return err
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline)
	hello, complete := t.appendRequest(nil, probePath), func(answer []byte) (bool, error) {
		n, err := parseUpgrade(answer)
		return n > 0, err
	}
	if t.framing == lengthHeader { // who is refused gets an answer as well, of another content
		hello, complete = simpleHello, func(answer []byte) (bool, error) { return bytes.HasSuffix(answer, helloBody), nil }
	}
	if _, err := c.Write(hello); err != nil {
		return err
	}
	answer := make([]byte, 0, maxUpgradeAnswer)
	for len(answer) < cap(answer) {
		n, err := c.Read(answer[len(answer):cap(answer)])
		if err != nil {
			return err
		}
		answer = answer[:len(answer)+n]
		if ok, err := complete(answer); ok || err != nil {
			if t.framing == webSocket {
				_, _ = c.Write(bye)
			}
			return err
		}
	}
	return fmt.Errorf("it answers %q", clip(answer))
}

// backendMain is the backend process: a line on standard output when it is connected; the end of its input ends it.
func backendMain(addr string, in io.Reader, out io.Writer) error {
	b := strands.New(strands.Options{Addrs: []string{addr}, ReconnectDelay: -1, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	b.OnConnected(func(string) { fmt.Fprintln(out, "connected") })
	b.OnError(func(err error, _ *strands.Context) {
		var told *strands.BrokerError // of clients that were refused, which know it; and of those of earlier runs
		if !errors.As(err, &told) {
			fmt.Fprintln(os.Stderr, err)
		}
	})
	failed := false
	b.OnMessage(func(m strands.Message, c *strands.Context) {
		answer := c.Reply
		if strings.HasPrefix(m.Text, string(forRoom)) {
			answer = c.ReplyToRoom
		}
		if err := answer(m.Text); err != nil && !failed {
			failed = true // the clients miss what is lost; here is why
			fmt.Fprintln(os.Stderr, "a message could not be sent:", err)
		}
	})
	go func() {
		_, _ = io.Copy(io.Discard, in)
		b.Disconnect()
	}()
	if err := b.Run(context.Background()); err != nil && !errors.Is(err, strands.ErrDisconnected) {
		return err
	}
	return nil
}
