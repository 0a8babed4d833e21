package admin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// unixKey marks the contexts of requests over unix sockets.
type unixKey struct{}

// connContext tells requests over unix sockets from others.
func connContext(ctx context.Context, c net.Conn) context.Context {
	if _, ok := c.LocalAddr().(*net.UnixAddr); ok {
		return context.WithValue(ctx, unixKey{}, true)
	}
	return ctx
}

// origin is where a request comes from: its address, invalid on a unix socket, and whether that is this machine.
// Headers of proxies are not believed but for one thing: whoever came through a proxy is not on this machine.
func origin(r *http.Request) (ip netip.Addr, local bool) {
	if unix, _ := r.Context().Value(unixKey{}).(bool); unix {
		return netip.Addr{}, true
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified(), false
	}
	ip = at.Addr().Unmap().WithZone("")
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return ip, false
		}
	}
	return ip, ip.IsLoopback()
}

// byName tells whether a request was made to this machine under a name of its own: a web page elsewhere can have its
// visitor's browser connect to 127.0.0.1, but under the name of that page.
func byName(r *http.Request) bool {
	if unix, _ := r.Context().Value(unixKey{}).(bool); unix {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// maxTokenText bounds the text of a token.
const maxTokenText = 512

// identify finds out who asks, and whether that is enough for the operation.
func (a *API) identify(c *call) error {
	ip, local := origin(c.r)
	c.ip = ip
	header := c.r.Header.Get("Authorization")
	if header == "" {
		if !local || !byName(c.r) || a.Tokens.Any() {
			return unauthorized("a token is needed: Authorization: Bearer TOKEN; skein admin token create makes one")
		}
		c.who = token.Token{Scope: token.Read}
		return c.allowed()
	}
	scheme, text, _ := strings.Cut(header, " ")
	text = strings.TrimSpace(text)
	if !strings.EqualFold(scheme, "Bearer") || text == "" || len(text) > maxTokenText {
		return unauthorized("the header Authorization has to be: Bearer TOKEN")
	}
	who, err := a.verify(ip, text, local)
	if err != nil {
		return err
	}
	c.who = who
	return c.allowed()
}

func (c *call) allowed() error {
	if c.who.Scope.Allows(c.endpoint.scope) {
		return nil
	}
	message := "this needs a token with the scope " + string(c.endpoint.scope) + ", not " + string(c.who.Scope)
	if c.who.ID == "" && c.who.Name == "" {
		message = "this needs a token with the scope " + string(c.endpoint.scope) + "; skein admin token create makes one"
	}
	return &failure{status: http.StatusForbidden, code: "forbidden", message: message}
}

func unauthorized(message string) error {
	return &failure{status: http.StatusUnauthorized, code: "unauthorized", message: message}
}

// verify looks a token up. Texts that were right before are let in whatever others do from the same address, such as
// that of a proxy.
func (a *API) verify(ip netip.Addr, text string, local bool) (token.Token, error) {
	who, err := a.Tokens.Known(text, local)
	if err == nil {
		return who, nil
	}
	if left := a.lockout.locked(ip); left > 0 {
		a.counters.locked.Add(1)
		return who, &failure{
			status: http.StatusTooManyRequests, code: "locked_out", retryAfter: left,
			message: "too many wrong tokens from your address; try again in " + seconds(left) + " s",
		}
	}
	if errors.Is(err, token.ErrUnverified) {
		who, err = a.Tokens.Verify(text, local)
	}
	switch {
	case err == nil:
		return who, nil
	case errors.Is(err, token.ErrExpired):
		a.counters.denied.Add(1)
		return who, unauthorized("the token has expired; make a new one")
	case errors.Is(err, token.ErrUnknown):
		a.counters.denied.Add(1)
		if a.lockout.failed(ip) {
			a.Logger.Warn("an address is locked out of the admin API after too many wrong tokens", "address", ip)
		}
		return who, unauthorized("there is no such token")
	}
	return who, err
}
