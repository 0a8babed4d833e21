package pystrands

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"time"
)

// Defaults of Options. A zero field takes the default of its name.
const (
	DefaultAddr              = "localhost:8081"
	DefaultReconnectDelay    = time.Second
	DefaultMaxReconnectDelay = 30 * time.Second
	DefaultConnectTimeout    = 10 * time.Second
	DefaultWriteTimeout      = 30 * time.Second
	DefaultSilenceTimeout    = 150 * time.Second
	DefaultQueueBytes        = 16 << 20
	DefaultMaxLine           = 64 << 20
)

// Options configures a Client. The zero value connects once to a broker on this machine.
type Options struct {
	// Addrs are the brokers to connect to, each HOST:PORT. Empty means DefaultAddr.
	Addrs []string
	// Connections is how many connections there are to each broker. Callbacks of one connection run one at a time;
	// more of them use more cores. Zero value means one.
	Connections int
	// Token is what the broker wants to hear first (its setting backend-token). Empty means nothing.
	Token string
	// TLS encrypts the connections. Nil means that they are not.
	TLS *tls.Config

	// ReconnectDelay is the pause before a lost connection is opened again. It doubles with each failure in a row, up
	// to MaxReconnectDelay. A negative one means that a lost connection stays lost.
	ReconnectDelay, MaxReconnectDelay time.Duration
	// ConnectTimeout bounds one attempt to connect, with TLS and token.
	ConnectTimeout time.Duration
	// WriteTimeout is how long the broker may take nothing of what waits for it before the connection is given up.
	WriteTimeout time.Duration
	// SilenceTimeout is how long the broker, which sends heartbeats, may say nothing before the connection is given up.
	// A negative one means for ever.
	SilenceTimeout time.Duration

	// QueueBytes bounds what waits to be written to one connection, MaxLine a line of the broker, in bytes.
	QueueBytes, MaxLine int

	// Logger receives what the operator should know. Nil means slog.Default.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if len(o.Addrs) == 0 {
		o.Addrs = []string{DefaultAddr}
	}
	o.Connections = max(o.Connections, 1)
	o.ReconnectDelay = cmp.Or(o.ReconnectDelay, DefaultReconnectDelay)
	o.MaxReconnectDelay = cmp.Or(o.MaxReconnectDelay, DefaultMaxReconnectDelay)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, DefaultConnectTimeout)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, DefaultWriteTimeout)
	o.SilenceTimeout = cmp.Or(o.SilenceTimeout, DefaultSilenceTimeout)
	o.QueueBytes = cmp.Or(o.QueueBytes, DefaultQueueBytes)
	o.MaxLine = cmp.Or(o.MaxLine, DefaultMaxLine)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}
