package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/plugins"
	"github.com/spf13/cobra"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Run the server",
		Long: `Runs the server: without flags, CloudLink 4 and Scratch on 127.0.0.1:3000.

SIGINT and SIGTERM stop it in an orderly way; a second one stops it at once, with exit status 1.
SIGHUP reads the certificates and the filter of names again.`,
		Args: cobra.NoArgs,
	}
	flags := withSettings(cmd, config.Serve)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := load(cmd, flags)
		if err != nil {
			return err
		}
		if err := serve(cmd.Context(), r); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

// errNoData is for services without a home: what they keep would be gone, and nobody would know.
var errNoData = errors.New("no directory for data is known, because neither STATE_DIRECTORY nor HOME is set: give one with --data DIR, or --data none to keep everything in memory")

func serve(ctx context.Context, r *config.Result) error {
	if r.Config.Server.Data.Dir == "" {
		return errNoData
	}
	return runServer(ctx, r, greet(r))
}

// runServer starts what the configuration says, tells where it listens, and runs it until a signal ends it.
func runServer(ctx context.Context, r *config.Result, log *slog.Logger) error {
	o := r.Config.Server
	b := build()
	o.Logger, o.Version, o.Commit = log, b.Version, b.Commit
	o.Available = plugins.All()
	o.Administration.Configuration = r.Configured()
	signals, release := catchSignals()
	defer release()
	srv := supervisor.New(o)
	if err := srv.Start(); err != nil {
		return err
	}
	quiet, stop := context.WithCancel(ctx)
	defer stop()
	go new(frugality).run(quiet)
	for _, l := range srv.Listeners() {
		announce(log, l, r.Config.Server)
	}
	announcePyStrands(log, srv, r.Config.Server.PyStrands)
	announceSimpleServer(log, srv.SimpleServerListeners())
	return (&lifecycle{srv, signals, drainTimeout(r), log, notifySystemd(log), srv.Ending()}).run(ctx)
}

// greet returns the logger after it has said which program this is, and what is odd about its configuration.
func greet(r *config.Result) *slog.Logger { return greetAs(build().String(), r) }

// greetAs is greet with another name for the program. Administrators can change the level of the logger.
func greetAs(program string, r *config.Result) *slog.Logger {
	level := new(slog.LevelVar)
	level.Set(r.Config.Log.Level)
	r.Config.Server.Administration.LogLevel = level
	log := stderrLogger(r.Config.Log.Format, level)
	log.Info(program)
	for _, p := range r.Problems.Warnings() {
		if !p.Repeated {
			log.Warn(p.String())
		}
	}
	if l := r.Lookup("listen"); l.Origin.Layer == config.LayerPort {
		log.Info("open to the network, because the variable PORT is set and listen is not", "address", l.Text)
	}
	return log
}

// drainTimeout is how long a stop may take.
func drainTimeout(r *config.Result) time.Duration {
	switch d := r.Config.Server.DrainTimeout; {
	case d == 0:
		return supervisor.DefaultDrainTimeout
	case d < 0:
		return 0
	default:
		return d
	}
}
