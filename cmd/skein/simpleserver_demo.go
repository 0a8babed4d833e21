package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/simpleserver"
	"github.com/spf13/cobra"
)

// maxBurst is how many messages the demo sends at once.
const maxBurst = 1000

func newSimpleServerDemo() *cobra.Command {
	var o simpleserver.ServerOptions
	var idle, idleLarge, gap int
	cmd := &cobra.Command{
		Use:   "simpleserver-demo [flags]",
		Short: "Run a SimpleServer that answers, echoes and broadcasts, to try clients with",
		Long: `Runs a SimpleServer to try clients with. It answers a message

  with a header handshake           with handshake=example and "Hello from the server!"
  with cmd=broadcast                with broadcast=all and the same body, to everybody
  with cmd=broadcast-others         with broadcast=others and the same body, to everybody else
  with cmd=burst and a number       with that many messages at once, at most 1000
  with cmd=big and a number         with a body of so many bytes
  with cmd=stats                    with figures, as JSON
  with cmd=kick                     by closing the connection
  and any other one                 with the same headers and the same body.`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Host, "host", "127.0.0.1", "address or name to listen on")
	f.IntVar(&o.Port, "port", 8080, "port to listen on; 0: a free one")
	f.Float64Var(&o.TickRate, "tick-rate", supervisor.DefaultSimpleServerTickRate, "ticks per second")
	f.IntVar(&idle, "idle-ms", milliseconds(supervisor.DefaultSimpleServerIdle), "silence that ends a message without a length, in ms")
	f.IntVar(&idleLarge, "idle-large-ms", milliseconds(supervisor.DefaultSimpleServerIdleLarge), "the same behind 1024 bytes and more at once")
	f.IntVar(&gap, "legacy-gap-ms", milliseconds(supervisor.DefaultSimpleServerLegacyGap), "pause between messages to a client of the Python library, in ms; 0: none")
	f.StringVar(&o.Limits.LegacyPercent, "legacy-percent", supervisor.PercentKeep, "percent signs to such a client: keep or fullwidth")
	f.IntVar(&o.Limits.MaxMessage, "max-message", supervisor.DefaultSimpleServerMaxMessage, "one message, in bytes")
	f.BoolVar(&o.VerboseLogging, "verbose", false, "log who comes and goes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case o.TickRate <= 0:
			return errors.New("--tick-rate: a number above 0")
		case idle <= 0 || idleLarge <= 0:
			return errors.New("--idle-ms, --idle-large-ms: a number above 0")
		case gap < 0:
			return errors.New("--legacy-gap-ms: a number above 0, or 0 for none")
		case o.Limits.MaxMessage <= 0:
			return errors.New("--max-message: a number above 0")
		case o.Port < 0 || o.Port > 65535:
			return errors.New("--port: a number from 0 to 65535")
		case o.Limits.LegacyPercent != supervisor.PercentKeep && o.Limits.LegacyPercent != supervisor.PercentFullWidth:
			return errors.New("--legacy-percent: keep or fullwidth")
		}
		o.Limits.Idle = time.Duration(idle) * time.Millisecond
		o.Limits.IdleLarge = time.Duration(idleLarge) * time.Millisecond
		o.Limits.LegacyGap = time.Duration(gap) * time.Millisecond
		if gap == 0 {
			o.Limits.LegacyGap = -1
		}
		if err := simpleServerDemo(cmd, o); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

func milliseconds(d time.Duration) int { return int(d / time.Millisecond) }

func simpleServerDemo(cmd *cobra.Command, o simpleserver.ServerOptions) error {
	ctx, cancel := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	s := simpleserver.NewServer(o)
	d := &demo{server: s, maxBody: o.Limits.MaxMessage}
	s.OnConnection(func(*simpleserver.ConnectionClient) { d.connections++ })
	s.OnDisconnect(func(*simpleserver.ConnectionClient) { d.disconnections++ })
	s.OnUpdate(func() { d.ticks++ })
	s.OnMessage(d.onMessage)
	if err := s.StartAsync(); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "SimpleServer demo listening on tcp://"+s.Addr().String())
	context.AfterFunc(ctx, s.Stop)
	return s.Wait()
}

// demo answers messages. Its fields belong to the listeners, which run one at a time.
type demo struct {
	server                                       *simpleserver.Server
	maxBody                                      int
	connections, disconnections, messages, ticks int
}

func (d *demo) onMessage(c *simpleserver.ConnectionClient, m *simpleserver.Message) {
	d.messages++
	cmd, _ := m.Get("cmd")
	switch {
	case m.Has("handshake"):
		d.send(c, reply("handshake", "example", "Hello from the server!"))
	case cmd == "broadcast":
		d.server.Broadcast(reply("broadcast", "all", string(m.Body)))
	case cmd == "broadcast-others":
		d.server.Broadcast(reply("broadcast", "others", string(m.Body)), c)
	case cmd == "burst":
		for i := range d.number(m, maxBurst) {
			d.send(c, reply("n", strconv.Itoa(i), "burst "+strconv.Itoa(i)))
		}
	case cmd == "big":
		d.send(c, reply("big", "1", strings.Repeat("x", d.number(m, d.maxBody))))
	case cmd == "stats":
		d.send(c, reply("stats", "1", d.stats()))
	case cmd == "kick":
		c.Close()
	default:
		d.send(c, m)
	}
}

// reply makes a message with one header.
func reply(name, value, body string) *simpleserver.Message {
	m := simpleserver.NewMessage(body)
	m.Add(name, value)
	return m
}

// number is what the body of a message says, from 0 to most.
func (d *demo) number(m *simpleserver.Message, most int) int {
	n, err := strconv.Atoi(strings.TrimSpace(string(m.Body)))
	if err != nil {
		return 0
	}
	return max(0, min(n, most))
}

// send sends a message, or in its place the reason why it cannot be encoded.
func (d *demo) send(c *simpleserver.ConnectionClient, m *simpleserver.Message) {
	var bad *simpleserver.EncodeError
	if err := c.Send(m); errors.As(err, &bad) {
		c.Send(reply("error", bad.Name, ""))
	}
}

func (d *demo) stats() string {
	b, err := json.Marshal(struct {
		Connections    int `json:"connections"`
		Disconnections int `json:"disconnections"`
		Messages       int `json:"messages"`
		Ticks          int `json:"ticks"`
		Clients        int `json:"clients"`
	}{d.connections, d.disconnections, d.messages, d.ticks, len(d.server.Clients())})
	if err != nil {
		return err.Error()
	}
	return string(b)
}
