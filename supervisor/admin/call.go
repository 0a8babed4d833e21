package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strconv"

	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
)

// call is one request.
type call struct {
	api      *API
	w        http.ResponseWriter
	r        *http.Request
	endpoint *endpoint
	who      token.Token
	ip       netip.Addr // invalid on a unix socket
}

// address is where the request came from, as text.
func (c *call) address() string {
	if !c.ip.IsValid() {
		return "unix"
	}
	return c.ip.String()
}

// name is who asks.
func (c *call) name() string { return c.who.Name }

// check looks at the form of the request.
func (c *call) check() error {
	for name, values := range c.r.URL.Query() {
		switch {
		case !slices.Contains(c.endpoint.query, name):
			return badRequest(fmt.Sprintf("there is no parameter %q here", name))
		case len(values) > 1:
			return badRequest(fmt.Sprintf("the parameter %q is given %d times", name, len(values)))
		case len(values[0]) > 4096:
			return badRequest(fmt.Sprintf("the parameter %q is too long", name))
		}
	}
	if c.endpoint.maxBody > 0 {
		kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
		if err != nil || kind != "application/json" {
			return &failure{status: http.StatusUnsupportedMediaType, code: "bad_request", message: "the body has to be of Content-Type application/json"}
		}
	}
	return nil
}

// body decodes the body, which must be one JSON value without unknown fields.
func (c *call) body(v any) error {
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, c.endpoint.maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more behind it")
			var large *http.MaxBytesError
			if errors.As(more, &large) {
				err = more
			}
		}
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return &failure{status: http.StatusRequestEntityTooLarge, code: "too_large", message: fmt.Sprintf("the body is larger than %d bytes", large.Limit)}
	case errors.Is(err, io.EOF):
		return badRequest("the body is empty")
	}
	return badRequest("the body: " + err.Error())
}

// param is a parameter of the query, empty where there is none.
func (c *call) param(name string) string { return c.r.URL.Query().Get(name) }

// number is a whole number within bounds, or the default.
func (c *call) number(name string, byDefault, low, high int) (int, error) {
	text := c.param(name)
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, badRequest(fmt.Sprintf("%s is %q, not a number from %d to %d", name, text, low, high))
	}
	return n, nil
}

// oneOf is one of a few words, or empty.
func (c *call) oneOf(name string, words ...string) (string, error) {
	text := c.param(name)
	if text != "" && !slices.Contains(words, text) {
		return "", badRequest(fmt.Sprintf("%s is %q, not one of %v", name, text, words))
	}
	return text, nil
}

// Bounds of pages.
const (
	defaultPage = 100
	maxPage     = 1000
)

// limit is how many rows a page has.
func (c *call) limit() (int, error) { return c.number("limit", defaultPage, 1, maxPage) }

// cursor is where a page begins. Nil means at the start.
func (c *call) cursor() (*cursor, error) {
	text := c.param("cursor")
	if text == "" {
		return nil, nil
	}
	cur, ok := parseCursor(text)
	if !ok {
		return nil, badRequest("the cursor is not one that a page had in next")
	}
	return cur, nil
}

// changed notes a change in the audit log.
func (c *call) changed(action, target string, before, after any) {
	c.api.Audit.Add(audit.Entry{Who: c.name(), Address: c.address(), Action: action, Target: target}, before, after)
}

// done is the answer of what has nothing else to say.
type done struct {
	OK bool `json:"ok"`
}
