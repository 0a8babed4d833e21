package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// service is what the signals act on.
type service interface {
	// Drain ends it in an orderly way, and cuts off what is left when ctx is done.
	Drain(ctx context.Context) error
	// Stop cuts everything off. It may be called again.
	Stop() error
	// Reload reads again what may change while it runs.
	Reload() error
}

// errCut is returned when a service did not end in an orderly way.
var errCut = errors.New("stopped before the clients were told")

// lifecycle runs a started service until a signal or ctx ends it.
type lifecycle struct {
	service service
	signals <-chan os.Signal
	drain   time.Duration
	log     *slog.Logger
	notify  func(state string)
	// ending is sent to when somebody but a signal ends it: how long that may take, 0 for drain. Nil: nobody does.
	ending <-chan time.Duration
}

// catchSignals returns the channel of the signals that a lifecycle knows, and what gives them back.
func catchSignals() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// run serves until SIGINT, SIGTERM, an administrator or the end of ctx ends it, then drains. A second signal while draining stops at once, with
// an error so that whoever waits knows that clients were cut off. SIGHUP reloads.
func (l *lifecycle) run(ctx context.Context) error {
	l.notify("READY=1")
	l.serve(ctx)
	l.notify("STOPPING=1")
	l.log.Info("stopping; a second signal stops at once", "timeout", l.drain.String())

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.drain)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- l.service.Drain(ctx) }()
	for {
		select {
		case err := <-drained:
			if err = errors.Join(err, l.service.Stop()); err != nil {
				return err
			}
			l.log.Info("stopped")
			return nil
		case s := <-l.signals:
			if s == syscall.SIGHUP {
				continue
			}
			l.log.Warn("stopping at once")
			cancel()
			l.stopAtOnce()
			return errCut
		}
	}
}

// patience is how long a service that is to stop at once may take to clean up.
const patience = time.Second

func (l *lifecycle) stopAtOnce() {
	done := make(chan struct{})
	go func() {
		l.service.Stop()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
	}
}

// serve returns when the service is to stop.
func (l *lifecycle) serve(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-l.ending:
			l.drain = cmp.Or(d, l.drain)
			return
		case s := <-l.signals:
			if s != syscall.SIGHUP {
				return
			}
			l.reload()
		}
	}
}

func (l *lifecycle) reload() {
	if err := l.service.Reload(); err != nil {
		l.log.Error("reload failed; what was in force stays", "error", err)
		return
	}
	l.log.Info("reloaded")
}
