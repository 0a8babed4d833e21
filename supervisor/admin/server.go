// Package admin serves health, readiness, metrics, profiles and the administration over HTTP, on an address of its
// own.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/skeinhq/skein/supervisor/admin/page"
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
	// Addr is HOST:PORT, or :PORT or PORT for 127.0.0.1, or unix:PATH: most of what is here asks for no password, so to
	// open it to the network takes an address. Empty means that there is only the socket.
	Addr string
	// Socket is the path of a unix socket that serves the same, for the owner of the process. Empty means none.
	Socket string
	// Ready tells whether the program takes clients, and if not, why. Nil means that it always does.
	Ready func() (ok bool, why string)
	// Healthy tells whether the program does what it is there for, and if not, why. Nil means that it always does.
	Healthy func() (ok bool, why string)
	// API is the administration. Nil means that there is none.
	API *API
	// Registry holds the metrics. Nil means those of NewRegistry.
	Registry *prometheus.Registry
	// Logger receives what goes wrong. Nil means slog.Default.
	Logger *slog.Logger
}

// Server is the HTTP server of the admin address.
type Server struct {
	options   Options
	http      *http.Server
	listeners []net.Listener
	serving   sync.WaitGroup
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
		ConnContext:       connContext,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	return s
}

// Start opens the addresses and serves until Shutdown. It returns the one of Addr with the port that it has got, nil
// where there is none.
func (s *Server) Start() (net.Addr, error) {
	var main net.Addr
	if s.options.Addr != "" {
		ln, err := listen(s.options.Addr)
		if err != nil {
			return nil, err
		}
		s.listeners = append(s.listeners, ln)
		main = ln.Addr()
	}
	if s.options.Socket != "" {
		ln, err := listen("unix:" + s.options.Socket)
		if err != nil {
			return nil, errors.Join(err, s.closeListeners())
		}
		s.listeners = append(s.listeners, ln)
	}
	for _, ln := range s.listeners {
		s.serving.Go(func() {
			if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				s.options.Logger.Error("the admin address has failed", "error", err)
			}
		})
	}
	for _, url := range s.URLs() {
		s.options.Logger.Info("admin on " + url)
	}
	return main, nil
}

func (s *Server) closeListeners() (err error) {
	for _, ln := range s.listeners {
		err = errors.Join(err, ln.Close())
	}
	s.listeners = nil
	return err
}

// URLs are where the server can be reached.
func (s *Server) URLs() []string {
	var urls []string
	for _, ln := range s.listeners {
		if ln.Addr().Network() == "unix" {
			urls = append(urls, "unix:"+ln.Addr().String())
			continue
		}
		urls = append(urls, "http://"+ln.Addr().String()+"/")
	}
	return urls
}

// Shutdown lets requests end until ctx is done, then cuts them off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.serving.Wait()
	return err
}

// Handler is what is served. It may also be put behind another server.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(s.options.Registry,
		promhttp.HandlerFor(s.options.Registry, promhttp.HandlerOpts{
			ErrorLog:      slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelError),
			ErrorHandling: promhttp.ContinueOnError,
		})))
	mux.HandleFunc("GET /debug/pprof/{$}", profiles)
	mux.HandleFunc("GET /debug/pprof/{name}", profile)
	if s.options.API == nil {
		mux.HandleFunc("GET /{$}", s.index)
		return mux
	}
	mux.Handle(apiPrefix+"/", s.options.API)
	for _, at := range []string{"GET /{$}", "GET /page/"} {
		mux.Handle(at, page.Handler())
	}
	return mux
}
