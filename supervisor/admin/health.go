package admin

import (
	"io"
	"net/http"
)

const index = `<!doctype html>
<meta charset="utf-8">
<title>Skein</title>
<h1>Skein</h1>
<ul>
<li><a href="/healthz">/healthz</a>: the process lives; a broker alone has a backend too
<li><a href="/readyz">/readyz</a>: it takes clients; 503 while it starts or stops
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/debug/pprof/">/debug/pprof/</a>: profiles
</ul>
`

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, index)
}

// health fails when the process lives and is of no use all the same.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) { judge(w, s.options.Healthy) }

// ready fails while clients should go elsewhere, which load balancers act on.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) { judge(w, s.options.Ready) }

func judge(w http.ResponseWriter, ask func() (bool, string)) {
	ok, why := ask()
	if !ok {
		answer(w, http.StatusServiceUnavailable, why)
		return
	}
	answer(w, http.StatusOK, why)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}
