package main

import (
	"context"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/admin"
	"github.com/skeinhq/skein/supervisor/transport"
	"github.com/spf13/cobra"
)

func newEcho() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "echo [flags]",
		Short: "Run a WebSocket echo server on the same transport",
		Long: `Sends every message back as it is, on any path: for conformance suites, and as a baseline for benchmarks.
Settings of serve that do not concern the transport may stand in the configuration, and are ignored.`,
		Args: cobra.NoArgs,
	}
	flags := withSettings(cmd, echoSettings())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := load(cmd, flags)
		if err != nil {
			return err
		}
		if err := echo(cmd.Context(), r); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

func echo(ctx context.Context, r *config.Result) error {
	log := greet(r)
	signals, release := catchSignals()
	defer release()
	o := r.Config.Server
	o.Logger = log
	e := newEchoServer(o)
	if err := e.start(); err != nil {
		e.Stop()
		return err
	}
	for _, l := range e.listeners {
		log.Info("echo on " + l.URL())
	}
	return (&lifecycle{e, signals, drainTimeout(r), log, notifySystemd(log), nil}).run(ctx)
}

// echoServer is a transport that sends back what it gets.
type echoServer struct {
	*transport.Server
	options   supervisor.Options
	admin     *admin.Server
	listeners []*transport.Listener
}

func newEchoServer(o supervisor.Options) *echoServer {
	return &echoServer{options: o, Server: transport.New(transport.Options{
		MaxMessage:       o.MaxMessage,
		OutboxBytes:      o.OutboxBytes,
		PingInterval:     o.PingInterval,
		PongTimeout:      o.PongTimeout,
		HandshakeTimeout: o.HandshakeTimeout,
		AllowedOrigins:   o.AllowedOrigins,
		RealIPHeader:     o.RealIPHeader,
		TrustedProxies:   o.TrustedProxies,
		Compression:      o.Compression,
		Logger:           o.Logger,
	}, transport.EchoHandler{})}
}

func (e *echoServer) start() error {
	var t transport.TLS
	if e.options.TLSCert != "" {
		cert, err := transport.LoadCertificate(e.options.TLSCert, e.options.TLSKey, e.options.Logger)
		if err != nil {
			return err
		}
		t = transport.TLS{Certificate: cert, AlsoPlain: e.options.TLS == supervisor.TLSBoth}
	}
	listen := e.options.Listen
	if len(listen) == 0 {
		listen = []string{supervisor.DefaultListen}
	}
	for _, addr := range listen {
		l, err := e.Listen(addr, t)
		if err != nil {
			return err
		}
		e.listeners = append(e.listeners, l)
	}
	if e.options.Admin == "" {
		return nil
	}
	registry := admin.NewRegistry(build().Version, build().Commit)
	registry.MustRegister(admin.TransportCollector("websocket", e.Stats))
	server := admin.New(admin.Options{Addr: e.options.Admin, Registry: registry, Logger: e.options.Logger})
	if _, err := server.Start(); err != nil {
		return err
	}
	e.admin = server
	return nil
}

// Drain implements service.
func (e *echoServer) Drain(ctx context.Context) error {
	e.StopAccepting()
	err := e.CloseAll(ctx, 1001, "server is stopping", 0)
	if err == nil {
		err = e.Wait(ctx)
	}
	if err != nil {
		e.options.Logger.Warn("the drain timeout is over, the remaining connections are cut off", "error", err)
	}
	return e.Stop()
}

// Stop implements service.
func (e *echoServer) Stop() error {
	e.Server.Stop()
	if e.admin == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return e.admin.Shutdown(ctx)
}
