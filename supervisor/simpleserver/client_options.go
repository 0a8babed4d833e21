package simpleserver

import (
	"crypto/tls"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
)

// Defaults of ClientOptions. A zero field takes the default of its name.
const (
	DefaultConnectTimeout = 10 * time.Second
	DefaultWriteTimeout   = 30 * time.Second
	DefaultCloseTimeout   = 5 * time.Second
	DefaultStall          = 30 * time.Second
	DefaultIdle           = 20 * time.Millisecond
	DefaultIdleLarge      = 200 * time.Millisecond
	DefaultMaxMessage     = codec.DefaultMaxMessage
	DefaultReadQueue      = 1_024
	DefaultReadBytes      = 4 << 20
	DefaultSendBytes      = 4 << 20
)

// ClientOptions configures a Client. The zero value works.
type ClientOptions struct {
	// ConnectTimeout bounds Connect, with TLS.
	ConnectTimeout time.Duration
	// WriteTimeout is how long the server may take nothing of what waits for it before the connection is given up.
	WriteTimeout time.Duration
	// CloseTimeout is how long Close waits until the server has taken everything.
	CloseTimeout time.Duration
	// Stall is how long a message that has a length may come to a halt before the connection is given up. Idle is the
	// silence after which a message without one is complete, IdleLarge the same after a read of 1,024 bytes and more.
	Stall, Idle, IdleLarge time.Duration

	// MaxMessage bounds the body of a message, in both directions, in bytes. Servers have a limit too.
	MaxMessage int
	// ReadQueue and ReadBytes bound what has arrived and was not read yet, in messages and in bytes; one message may
	// always wait. Over either nothing more is taken from the server, which closes clients that stay behind.
	ReadQueue, ReadBytes int
	// SendBytes is how many bytes may wait to be written before Send waits.
	SendBytes int

	// TLS encrypts the connection. Nil means that it is not.
	TLS *tls.Config
}

func (o ClientOptions) withDefaults() ClientOptions {
	setDefault(&o.ConnectTimeout, DefaultConnectTimeout)
	setDefault(&o.WriteTimeout, DefaultWriteTimeout)
	setDefault(&o.CloseTimeout, DefaultCloseTimeout)
	setDefault(&o.Stall, DefaultStall)
	setDefault(&o.Idle, DefaultIdle)
	setDefault(&o.IdleLarge, DefaultIdleLarge)
	setDefault(&o.MaxMessage, DefaultMaxMessage)
	setDefault(&o.ReadQueue, DefaultReadQueue)
	setDefault(&o.ReadBytes, DefaultReadBytes)
	setDefault(&o.SendBytes, DefaultSendBytes)
	return o
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
