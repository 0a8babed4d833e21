package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// keepAlive is how often a stream says something, and how soon a revoked token ends it.
const keepAlive = 10 * time.Second

// stream sends events until the viewer leaves, reads too slowly, or may not watch any more.
func (a *API) stream(c *call) (any, error) {
	types, err := c.types()
	if err != nil {
		return nil, err
	}
	v := a.events.watch(types)
	if v == nil {
		return nil, &failure{
			status: http.StatusTooManyRequests, code: "busy", retryAfter: keepAlive,
			message: fmt.Sprintf("%d streams of events are open already, or the server is stopping", maxViewers),
		}
	}
	defer a.events.leave(v)
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events
	control := http.NewResponseController(c.w)
	if !write(c.w, control, []byte("retry: 2000\n\n")) {
		return nil, errAnswered
	}
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for {
		select {
		case <-c.r.Context().Done():
			return nil, errAnswered
		case text, open := <-v.events:
			if !open || !write(c.w, control, text) {
				return nil, errAnswered
			}
		case <-alive.C:
			if a.identify(c) != nil || !write(c.w, control, []byte(": alive\n\n")) {
				return nil, errAnswered
			}
		}
	}
}

func write(w http.ResponseWriter, control *http.ResponseController, text []byte) bool {
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return false
	}
	if _, err := w.Write(text); err != nil {
		return false
	}
	return control.Flush() == nil
}

// types reads which events are wanted. Nil means all.
func (c *call) types() (map[string]bool, error) {
	text := c.param("types")
	if text == "" {
		return nil, nil
	}
	types := make(map[string]bool)
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(eventTypes, name) {
			return nil, badRequest(fmt.Sprintf("there is no event %q: %s", name, strings.Join(eventTypes, ", ")))
		}
		types[name] = true
	}
	return types, nil
}
