package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// fakeService drains when it is told to, or when its time is over.
type fakeService struct {
	calls   chan string
	drained chan error
	stopErr error
	reload  error
}

func newFakeService() *fakeService {
	return &fakeService{calls: make(chan string, 10), drained: make(chan error, 1)}
}

func (f *fakeService) Drain(ctx context.Context) error {
	f.calls <- "drain"
	select {
	case err := <-f.drained:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (f *fakeService) Stop() error { f.calls <- "stop"; return f.stopErr }

func (f *fakeService) Reload() error { f.calls <- "reload"; return f.reload }

func TestLifecycle(t *testing.T) {
	failed := errors.New("failed")
	tests := []struct {
		name    string
		signals []os.Signal
		drain   time.Duration
		drained bool
		service fakeService
		want    error
		calls   []string
	}{
		{name: "orderly", signals: []os.Signal{syscall.SIGTERM}, drain: time.Hour, drained: true, calls: []string{"drain", "stop"}},
		{name: "deadline", signals: []os.Signal{os.Interrupt}, drain: 0, calls: []string{"drain", "stop"}},
		{name: "failing stop", signals: []os.Signal{os.Interrupt}, drain: 0, service: fakeService{stopErr: failed}, want: failed, calls: []string{"drain", "stop"}},
		{name: "second signal", signals: []os.Signal{os.Interrupt, syscall.SIGTERM}, drain: time.Hour, want: errCut, calls: []string{"drain", "stop"}},
		{
			name: "reload", signals: []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM}, drain: 0,
			service: fakeService{reload: failed}, calls: []string{"reload", "reload", "drain", "stop"},
		},
		{
			name: "reload while stopping", signals: []os.Signal{os.Interrupt, syscall.SIGHUP, os.Interrupt}, drain: time.Hour,
			want: errCut, calls: []string{"drain", "stop"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newFakeService()
			s.stopErr, s.reload = tt.service.stopErr, tt.service.reload
			if tt.drained {
				s.drained <- nil
			}
			signals := make(chan os.Signal, len(tt.signals))
			for _, sig := range tt.signals {
				signals <- sig
			}
			var states []string
			l := &lifecycle{s, signals, tt.drain, slog.New(slog.DiscardHandler), func(state string) { states = append(states, state) }, nil}
			if err := l.run(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("run: %v, want %v", err, tt.want)
			}
			var calls []string
			for range tt.calls {
				calls = append(calls, <-s.calls)
			}
			slices.Sort(calls) // a second signal stops while the drain may only be about to begin
			want := slices.Clone(tt.calls)
			slices.Sort(want)
			if !slices.Equal(calls, want) {
				t.Errorf("calls %v, want %v", calls, tt.calls)
			}
			if want := []string{"READY=1", "STOPPING=1"}; !slices.Equal(states, want) {
				t.Errorf("systemd is told %v, want %v", states, want)
			}
		})
	}
}

func TestLifecycleEndsWithItsContext(t *testing.T) {
	s := newFakeService()
	s.drained <- nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &lifecycle{s, nil, time.Hour, slog.New(slog.DiscardHandler), func(string) {}, nil}
	if err := l.run(ctx); err != nil {
		t.Error(err)
	}
}
