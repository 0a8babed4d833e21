package simpleserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
)

// Errors of a Client.
var (
	ErrNotConnected     = errors.New("simpleserver: not connected")
	ErrAlreadyConnected = errors.New("simpleserver: has been connected before")
	ErrClosed           = errors.New("simpleserver: closed by Close")
	ErrEmpty            = errors.New("simpleserver: a message without headers and body is not delivered")
	ErrNotTaken         = errors.New("simpleserver: the server does not take what it is sent")
)

// CloseError says what a server has sent that cannot be read; its Reason is a word.
type CloseError = codec.CloseError

// Client is one connection to a SimpleServer, from Connect to Close or to the connection's end; for another connection
// make another Client. It sends all messages with their length, so what is sent arrives as it is. Its methods are safe
// for use by many goroutines; of several that read, each message goes to one.
type Client struct {
	options ClientOptions
	limits  codec.Limits

	life     context.Context // until Close
	close    context.CancelFunc
	messages chan *Message // what has arrived; closed when no more will
	unread   atomic.Int64  // bytes in messages
	room     chan struct{} // holds a token when unread has become less

	nc     net.Conn // set before the loops begin
	parser codec.Parser
	parts  parts
	loops  sync.WaitGroup

	mu       sync.Mutex
	filled   sync.Cond // there is something to write, or never will be
	emptied  sync.Cond // there is room for more, or never will be
	out      []byte    // waits to be written
	state    clientState
	err      error     // why the connection has ended, or is about to
	unsent   error     // why not everything could be written
	deadline time.Time // when the end, which has begun, has to be over
}

type clientState uint8

const (
	stateNew clientState = iota
	stateConnecting
	stateConnected
)

// NewClient returns a client that is not connected to anything yet.
func NewClient(o ClientOptions) *Client {
	o = o.withDefaults()
	c := &Client{
		options: o, limits: codec.Limits{MaxMessage: o.MaxMessage}, parts: parts{limit: o.MaxMessage},
		messages: make(chan *Message, o.ReadQueue), room: make(chan struct{}, 1),
	}
	c.life, c.close = context.WithCancel(context.Background())
	c.filled.L, c.emptied.L = &c.mu, &c.mu
	c.parser.Init(&c.limits)
	return c
}

// Connect connects to a server, and says whether that worked and what to tell the user. It may be called again when it
// did not.
func (c *Client) Connect(host string, port int) (ok bool, message string) {
	if err := c.ConnectContext(context.Background(), host, port); err != nil {
		return false, err.Error()
	}
	return true, "Connection successful"
}

// ConnectContext is Connect for those who want to give up earlier than after ConnectTimeout, or to look at the error.
func (c *Client) ConnectContext(ctx context.Context, host string, port int) error {
	c.mu.Lock()
	err := c.err
	if err == nil && c.state != stateNew {
		err = ErrAlreadyConnected
	}
	if err != nil {
		c.mu.Unlock()
		return err
	}
	c.state = stateConnecting
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, c.options.ConnectTimeout)
	defer cancel()
	stop := context.AfterFunc(c.life, cancel)
	defer stop()
	nc, err := c.dial(ctx, net.JoinHostPort(host, strconv.Itoa(port)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.err != nil {
		_ = nc.Close()
	}
	if c.err != nil {
		return c.err
	}
	if err != nil {
		c.state = stateNew
		return err
	}
	c.state = stateConnected
	c.nc = nc
	// The server may have something to say before this client does: it shall know that it can.
	c.out = append(c.out, codec.Hello...)
	c.loops.Add(2)
	go c.read()
	go c.write()
	return nil
}

func (c *Client) dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: 30 * time.Second}
	if c.options.TLS == nil {
		return d.DialContext(ctx, "tcp", addr)
	}
	t := tls.Dialer{NetDialer: &d, Config: c.options.TLS}
	return t.DialContext(ctx, "tcp", addr)
}

// Send sends a message, which it does not keep. It returns when the message waits to be written: that it arrives is
// not known, and messages that still wait when the connection breaks are lost. When SendBytes wait it waits itself.
// The error is an *EncodeError if the message cannot be encoded, and that of Err if the connection has ended.
func (c *Client) Send(m *Message) error {
	if len(m.Headers) == 0 && len(m.Body) == 0 {
		return ErrEmpty
	}
	if len(m.Body) > c.options.MaxMessage {
		return codec.ErrTooLarge
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) >= c.options.SendBytes && c.err == nil {
		c.emptied.Wait()
	}
	if c.err != nil {
		return c.err
	}
	if c.state != stateConnected {
		return ErrNotConnected
	}
	out, err := m.AppendFramed(c.out)
	if err != nil {
		return err
	}
	c.out = out
	c.filled.Signal()
	return nil
}

// Read returns the next message that has arrived, or false if there is none. It does not wait. Whether there will be
// any more is what Err tells.
func (c *Client) Read() (*Message, bool) {
	select {
	case m, ok := <-c.messages:
		if ok {
			c.taken(m)
		}
		return m, ok
	default:
		return nil, false
	}
}

// ReadContext waits for the next message, also when Connect is still to be called. When the connection has ended and everything that had arrived has been read
// it returns the error of Err.
func (c *Client) ReadContext(ctx context.Context) (*Message, error) {
	if m, ok := c.Read(); ok { // what is there counts more than a context that is done
		return m, nil
	}
	select {
	case m, ok := <-c.messages:
		if !ok {
			return nil, c.Err()
		}
		c.taken(m)
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Err is nil while messages can be sent, and before Connect. After that it is why they cannot: io.EOF when the server
// has closed the connection, ErrClosed after Close, ErrNotTaken after WriteTimeout, a *CloseError when the server sent
// what cannot be read, or an error of the network.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection when everything that was sent has been taken by the server, or after CloseTimeout, and
// returns when nothing of the client runs any more. What has arrived before can still be read, what arrives later is
// dropped. It returns what went wrong: ErrNotTaken when messages were lost, or why the connection had ended before.
// That the server had closed it is no error.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.life.Err() == nil {
		if c.err == nil {
			c.err = ErrClosed
		}
		c.close()
		if c.state == stateConnected {
			c.end()
		} else {
			close(c.messages)
		}
	}
	c.mu.Unlock()
	c.loops.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(c.err, ErrClosed):
		return c.unsent
	case errors.Is(c.err, io.EOF):
		return nil
	}
	return c.err
}
