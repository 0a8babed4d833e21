package transport

import (
	"cmp"
	"log/slog"
	"net/netip"
	"time"
)

// Defaults of Options.
const (
	DefaultMaxMessage       = 1 << 20          // bytes
	DefaultOutboxBytes      = 1 << 20          // bytes
	DefaultPingInterval     = 20 * time.Second // as CloudLink
	DefaultPongTimeout      = 20 * time.Second // as CloudLink
	DefaultHandshakeTimeout = 5 * time.Second
	DefaultWriteTimeout     = 20 * time.Second
	DefaultCloseLinger      = time.Second
	DefaultMaxHead          = 8 << 10 // bytes
	DefaultMaxURI           = 4 << 10 // bytes
	DefaultInFlightMessages = 256
	DefaultInFlightBytes    = 1 << 20
)

// Options configures a Server. The zero value works.
type Options struct {
	// MaxMessage bounds one inbound message in bytes, after decompression and over all of its fragments. A larger
	// one closes the connection with 1009. Zero value means DefaultMaxMessage.
	MaxMessage int
	// OutboxBytes bounds what waits to be written to one connection. A single larger frame is still taken when
	// nothing else waits. Zero value means DefaultOutboxBytes.
	OutboxBytes int
	// OutboxFrames bounds the same in frames, not counting those that are being written. Zero value means no limit.
	OutboxFrames int
	// SlowCode is the close code of a client for which more would have to wait. Zero value means 1008.
	SlowCode uint16
	// PingInterval is the silence of a client after which it is sent a ping. Zero value means
	// DefaultPingInterval, a negative one switches pings off.
	PingInterval time.Duration
	// PongTimeout is how long a client may stay silent after a ping. Zero value means DefaultPongTimeout, a
	// negative one never gives up.
	PongTimeout time.Duration
	// HandshakeTimeout bounds the TLS handshake and the upgrade together. Zero value means
	// DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration
	// WriteTimeout is how long a client may take nothing at all of what waits for it. Zero value means
	// DefaultWriteTimeout.
	WriteTimeout time.Duration
	// CloseLinger is how long a closing connection waits for the client, once to take the Close frame and once to
	// hang up. Zero value means DefaultCloseLinger.
	CloseLinger time.Duration
	// MaxHead bounds the head of the HTTP request in bytes (431), MaxURI its target (414). Zero values mean the
	// defaults.
	MaxHead, MaxURI int
	// MaxInFlightMessages and MaxInFlightBytes bound what one connection has delivered and its Receiver has not
	// released. Over either it is not read from until half of it is done. What one read brings may exceed them.
	// Zero values mean the defaults.
	MaxInFlightMessages, MaxInFlightBytes int

	// AllowedOrigins are the Origin values that may connect; `*` matches any run of characters. Empty means all. A
	// request without Origin is let in: it does not come from a web page.
	AllowedOrigins []string
	// RealIPHeader names the request header that tells a client's address, such as X-Forwarded-For. Empty means
	// none.
	RealIPHeader string
	// TrustedProxies are the peers whose RealIPHeader counts; a unix socket's peer always counts. Empty means every
	// peer.
	TrustedProxies []netip.Prefix
	// KeepHeaders keeps Request.Header after the upgrade, at a cost of about a kilobyte per connection.
	KeepHeaders bool
	// Compression accepts permessage-deflate (RFC 7692), without context takeover.
	Compression bool

	// Logger receives what the operator should know. Nil means slog.Default.
	Logger *slog.Logger
	// Counters receives the figures. Nil means new ones, which Server.Counters returns. Counters serve one Server.
	Counters *Counters
}

func (o Options) withDefaults() Options {
	o.MaxMessage = cmp.Or(o.MaxMessage, DefaultMaxMessage)
	o.OutboxBytes = cmp.Or(o.OutboxBytes, DefaultOutboxBytes)
	o.SlowCode = cmp.Or(o.SlowCode, codePolicy)
	o.PingInterval = cmp.Or(o.PingInterval, DefaultPingInterval)
	o.PongTimeout = cmp.Or(o.PongTimeout, DefaultPongTimeout)
	o.HandshakeTimeout = cmp.Or(o.HandshakeTimeout, DefaultHandshakeTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, DefaultWriteTimeout)
	o.CloseLinger = cmp.Or(o.CloseLinger, DefaultCloseLinger)
	o.MaxHead = cmp.Or(o.MaxHead, DefaultMaxHead)
	o.MaxURI = cmp.Or(o.MaxURI, DefaultMaxURI)
	o.MaxInFlightMessages = cmp.Or(o.MaxInFlightMessages, DefaultInFlightMessages)
	o.MaxInFlightBytes = cmp.Or(o.MaxInFlightBytes, DefaultInFlightBytes)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	return o
}
