// Package admin serves health, readiness, metrics and profiles over HTTP, on an address of its own.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Limits of the HTTP server. Profiles extend the time for writing by what they take.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
	idleTimeout  = time.Minute
	maxHead      = 16 << 10 // bytes
)

// Options configures a Server.
type Options struct {
	// Addr is HOST:PORT, or :PORT or PORT for 127.0.0.1: nothing here asks for a password, so to open it to the network
	// takes an address.
	Addr string
	// Ready tells whether the program takes clients, and if not, why. Nil means that it always does.
	Ready func() (ok bool, why string)
	// Healthy tells whether the program does what it is there for, and if not, why. Nil means that it always does.
	Healthy func() (ok bool, why string)
	// Registry holds the metrics. Nil means those of NewRegistry.
	Registry *prometheus.Registry
	// Logger receives what goes wrong. Nil means slog.Default.
	Logger *slog.Logger
}

// Server is the HTTP server of the admin address.
type Server struct {
	options Options
	http    *http.Server
	done    chan struct{} // closed when Serve has returned; nil before Start
}

// New prepares a Server.
func New(o Options) *Server {
	if o.Ready == nil {
		o.Ready = func() (bool, string) { return true, "ready" }
	}
	if o.Healthy == nil {
		o.Healthy = func() (bool, string) { return true, "ok" }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Registry == nil {
		o.Registry = NewRegistry("dev", "")
	}
	s := &Server{options: o}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	return s
}

// Start opens the address and serves until Shutdown. It returns the address with the port that it has got.
func (s *Server) Start() (net.Addr, error) {
	addr, err := listenAddress(s.options.Addr)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.options.Logger.Error("the admin address has failed", "error", err)
		}
	}()
	s.options.Logger.Info("admin on http://" + ln.Addr().String() + "/")
	return ln.Addr(), nil
}

// Shutdown lets requests end until ctx is done, then cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if s.done != nil {
		<-s.done
	}
	return err
}

// Handler is what is served. It may also be put behind another server.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(s.options.Registry,
		promhttp.HandlerFor(s.options.Registry, promhttp.HandlerOpts{
			ErrorLog:      slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelError),
			ErrorHandling: promhttp.ContinueOnError,
		})))
	mux.HandleFunc("GET /debug/pprof/{$}", profiles)
	mux.HandleFunc("GET /debug/pprof/{name}", profile)
	return mux
}

// listenAddress puts in the host where there is none.
func listenAddress(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		var withColon error
		if host, port, withColon = net.SplitHostPort(":" + addr); withColon != nil {
			return "", fmt.Errorf("admin: %w", err)
		}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
