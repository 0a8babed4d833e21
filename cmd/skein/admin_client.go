package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds of the requests of skein admin.
const (
	adminTimeout   = 30 * time.Second
	maxAdminAnswer = 64 << 20
)

// adminClient sends requests to the administration.
type adminClient struct {
	http  *http.Client
	base  string
	token string
}

// adminCall is one run of a command of skein admin.
type adminCall struct {
	ctx       context.Context
	client    *adminClient
	out, errs io.Writer
	json      bool
}

// httpTo returns a client for an address, and what stands before the path. The proxy of the environment has no part
// in reaching one's own server.
func httpTo(addr string) (client *http.Client, base string) {
	t := &http.Transport{}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		return &http.Client{Transport: t}, "http://localhost"
	}
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	return &http.Client{Transport: t}, strings.TrimRight(addr, "/")
}

func newAdminClient(a adminAccess) *adminClient {
	c := &adminClient{token: a.token}
	c.http, c.base = httpTo(a.addr)
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error {
		return errors.New("the server sends elsewhere, where the token would go with it")
	}
	return c
}

func (c *adminClient) close() { c.http.CloseIdleConnections() }

// apiError is what the administration answers instead of what was asked for.
type apiError struct {
	status        int
	code, message string
}

// Error implements error.
func (e *apiError) Error() string { return e.message }

// open sends a request. The body of the answer is the caller's to close.
func (c *adminClient) open(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(text)
	}
	target := c.base + "/api/v1" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, payload)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server cannot be reached: %w", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, readAPIError(resp)
}

func readAPIError(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	var body struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(text, &body) != nil || body.Error.Message == "" {
		return fmt.Errorf("the address answers %s, which is not the administration of a server", resp.Status)
	}
	return &apiError{resp.StatusCode, body.Error.Code, body.Error.Message}
}

// do sends a request and returns the JSON of the answer.
func (c *adminClient) do(ctx context.Context, method, path string, query url.Values, body any) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	resp, err := c.open(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAdminAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return text, nil
}

// ask sends a request and decodes the answer into v, which may be nil.
func (c *adminCall) ask(method, path string, query url.Values, body, v any) error {
	text, err := c.client.do(c.ctx, method, path, query, body)
	if err != nil || v == nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("the answer is not understood: %w", err)
	}
	return nil
}

// path joins parts of a path, each of which may have any characters.
func apiPath(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// warnPlain warns of a token that everybody on the way could read.
func (c *adminCall) warnPlain(a adminAccess) {
	if a.token != "" && a.plain() {
		fmt.Fprintf(c.errs, "warning: the token is sent to %s without encryption; an ssh tunnel or a proxy with https is safer\n", a.addr)
	}
}
