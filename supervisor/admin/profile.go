package admin

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// The profiles are served with runtime/pprof, not net/http/pprof: importing that would put them on the default mux
// of every program that embeds the server.

// maxProfile bounds a profile or trace that takes time.
const maxProfile = 5 * time.Minute

// profiles lists what there is.
func profiles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Profiles</title>\n<h1>Profiles</h1>\n<ul>\n")
	for _, p := range pprof.Profiles() {
		fmt.Fprintf(w, "<li><a href=\"%s?debug=1\">%[1]s</a>: %d\n", p.Name(), p.Count())
	}
	fmt.Fprint(w, "<li><a href=\"profile?seconds=10\">profile</a>: CPU\n<li><a href=\"trace?seconds=1\">trace</a>\n</ul>\n")
}

// profile serves one of them, under the addresses that `go tool pprof` knows.
func profile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch name := r.PathValue("name"); name {
	case "profile":
		timed(w, r, 30*time.Second, func() error { return pprof.StartCPUProfile(w) }, pprof.StopCPUProfile)
	case "trace":
		timed(w, r, time.Second, func() error { return trace.Start(w) }, trace.Stop)
	default:
		stored(w, r, name)
	}
}

// stored serves a profile that the runtime keeps all the time.
func stored(w http.ResponseWriter, r *http.Request, name string) {
	p := pprof.Lookup(name)
	if p == nil {
		http.Error(w, "no such profile", http.StatusNotFound)
		return
	}
	if name == "heap" && r.FormValue("gc") != "" {
		runtime.GC()
	}
	debug, _ := strconv.Atoi(r.FormValue("debug"))
	if debug > 0 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		attach(w, name)
	}
	p.WriteTo(w, debug)
}

// timed serves one that has to run for a while.
func timed(w http.ResponseWriter, r *http.Request, byDefault time.Duration, start func() error, stop func()) {
	d := byDefault
	if seconds, err := strconv.ParseFloat(r.FormValue("seconds"), 64); err == nil && seconds > 0 {
		d = time.Duration(min(seconds, maxProfile.Seconds()) * float64(time.Second))
	}
	// The server's own limit is for answers that are ready.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + writeTimeout)); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	attach(w, r.PathValue("name"))
	if err := start(); err != nil {
		w.Header().Del("Content-Disposition")
		http.Error(w, err.Error(), http.StatusConflict) // another one is running
		return
	}
	defer stop()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
