package admin

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves on a free port until the end of the test.
func start(t *testing.T, o Options) (url string, s *Server) {
	t.Helper()
	o.Addr = "127.0.0.1:0"
	o.Logger = slog.New(slog.DiscardHandler)
	s = New(o)
	addr, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return "http://" + addr.String(), s
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

func get(t *testing.T, url string) (status int, body string, header http.Header) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

func TestEndpoints(t *testing.T) {
	var draining atomic.Bool
	url, _ := start(t, Options{Ready: func() (bool, string) {
		if draining.Load() {
			return false, "draining"
		}
		return true, "ready"
	}})
	check := func(path string, status int, body string) {
		t.Helper()
		got, text, _ := get(t, url+path)
		if got != status || !strings.Contains(text, body) {
			t.Errorf("%s: %d %q, want %d with %q", path, got, text, status, body)
		}
	}
	check("/", 200, `href="/metrics"`)
	check("/healthz", 200, "ok")
	check("/readyz", 200, "ready")
	check("/metrics", 200, "skein_build_info{")
	check("/metrics", 200, "go_goroutines ")
	check("/debug/pprof/", 200, "goroutine")
	check("/debug/pprof/goroutine?debug=1", 200, "goroutine profile")
	check("/debug/pprof/nothing", 404, "no such profile")
	check("/nothing", 404, "")
	draining.Store(true)
	check("/readyz", 503, "draining")
	check("/healthz", 200, "ok")

	resp, err := client.Post(url+"/healthz", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.StatusCode)
	}
}

func TestProfiles(t *testing.T) {
	url, _ := start(t, Options{})
	for _, path := range []string{"heap", "heap?gc=1", "goroutine", "profile?seconds=0.05"} {
		status, body, header := get(t, url+"/debug/pprof/"+path)
		if status != 200 || !strings.HasPrefix(body, "\x1f\x8b") { // compressed with gzip
			t.Errorf("%s: %d, %d bytes", path, status, len(body))
		}
		if header.Get("Content-Disposition") == "" {
			t.Errorf("%s has no file name", path)
		}
	}
	if status, body, _ := get(t, url+"/debug/pprof/trace?seconds=0.05"); status != 200 || !strings.Contains(body, "go 1.") {
		t.Errorf("trace: %d, %d bytes", status, len(body))
	}
}

// TestProfileEndsWithItsClient makes sure that a profile that nobody waits for does not keep others from theirs.
func TestProfileEndsWithItsClient(t *testing.T) {
	s := New(Options{Logger: slog.New(slog.DiscardHandler)})
	srv := httptest.NewServer(s.Handler())
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/debug/pprof/profile?seconds=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for { // until it is not one of the short ones below that runs
			resp, err := client.Do(req)
			if err != nil {
				return
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusConflict {
				return
			}
		}
	}()
	// The profile runs as soon as a second one is refused.
	defer cancel()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if status, _, _ := get(t, srv.URL+"/debug/pprof/profile?seconds=0.001"); status == http.StatusConflict {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a second profile is never refused")
		}
	}
	cancel()
	<-gone
	for deadline := time.Now().Add(20 * time.Second); ; {
		if status, _, _ := get(t, srv.URL+"/debug/pprof/profile?seconds=0.001"); status == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the profile goes on without its client")
		}
	}
}

// TestDefaultMuxIsLeftAlone: a program that embeds the server must not serve profiles without knowing.
func TestDefaultMuxIsLeftAlone(t *testing.T) {
	req := httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil)
	if _, pattern := http.DefaultServeMux.Handler(req); pattern != "" {
		t.Errorf("the default mux serves %s", pattern)
	}
}

func TestListenAddress(t *testing.T) {
	for in, want := range map[string]string{
		":6060": "127.0.0.1:6060", "6060": "127.0.0.1:6060", "0.0.0.0:6060": "0.0.0.0:6060", "[::1]:1": "[::1]:1",
		"localhost:1": "localhost:1",
	} {
		if got, err := listenAddress(in); err != nil || got != want {
			t.Errorf("listenAddress(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	if got, err := listenAddress("[::1"); err == nil {
		t.Errorf("got %q", got)
	}
}

func TestStartFails(t *testing.T) {
	url, _ := start(t, Options{})
	again := New(Options{Addr: strings.TrimPrefix(url, "http://")})
	if _, err := again.Start(); err == nil {
		t.Error("two servers have one address")
	}
	if err := again.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStartSaysWhere(t *testing.T) {
	var b bytes.Buffer
	s := New(Options{Addr: ":0", Logger: slog.New(slog.NewTextHandler(&b, nil))})
	addr, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown(context.Background())
	if host := strings.Split(addr.String(), ":")[0]; host != "127.0.0.1" {
		t.Errorf("listens on %s without being told to", addr)
	}
	if !strings.Contains(b.String(), "http://"+addr.String()+"/") {
		t.Errorf("the log says %q", b.String())
	}
}
