package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/codec/simpleserver"
)

// SimpleClient is a client of SimpleServer as programs see it. It is safe for use by many goroutines and stays valid
// after the connection has ended, when nothing can be sent to it any more.
type SimpleClient struct {
	ref     *Ref
	out     Outbox // of the connection; ref.Out makes messages of frames
	server  *SimpleServer
	address string

	framed atomic.Bool // it has sent a framed message
	gone   atomic.Bool // the connection has ended
	paced  atomic.Bool // pacing is not empty

	// Guarded by simpleLoop.mu.
	queue      []*simpleserver.Message // arrived, for the next ticks
	queueBytes int                     // with those that the running tick has taken
	listed     bool                    // in simpleLoop.ready, or left
	leaving    bool                    // nothing more will come
	crowded    bool                    // its session waits for simpleGo

	place int // in simpleLoop.clients, guarded by membersMu

	// What waits for its turn to a legacy client. Any goroutine may send, and the order of what one of them sends has
	// to be kept, hence a lock and no message.
	mu       sync.Mutex
	pacing   []pacedFrame
	bytes    int // of pacing
	clear    time.Time
	timer    *time.Timer
	closing  bool // Close was called; the connection is closed when pacing is empty
	closed   bool
	userData any
}

// pacedFrame is a message that waits for its turn.
type pacedFrame struct {
	frame *codec.Frame
	alone bool // a legacy message, which has to be written for itself
}

// ID is the client's id: a ULID, unique over the life of the server and beyond.
func (c *SimpleClient) ID() string { return c.ref.ID.ULID() }

// Address is the client's address, HOST:PORT.
func (c *SimpleClient) Address() string { return c.address }

// Framed tells whether the client has sent a framed message, so that it is sent framed ones.
func (c *SimpleClient) Framed() bool { return c.framed.Load() }

// Connected tells whether the connection has not ended.
func (c *SimpleClient) Connected() bool { return !c.gone.Load() }

// Set keeps a value with the client, such as what a game knows of its player. Get returns it.
func (c *SimpleClient) Set(v any) {
	c.mu.Lock()
	c.userData = v
	c.mu.Unlock()
}

// Get returns what was Set, or nil.
func (c *SimpleClient) Get() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.userData
}

// String describes the client for logs.
func (c *SimpleClient) String() string { return c.address }

// Send sends a message; it does not wait for the network, and m may be changed afterwards. A message that cannot be
// encoded is an *simpleserver.Error. ErrQueueFull means that too much waits for the client, which stays connected, and
// ErrClientDoesNotExist that it has gone.
func (c *SimpleClient) Send(m *simpleserver.Message) error {
	return c.send(&simpleOutgoing{message: m})
}

// SendRaw sends bytes as they are, without prefix and headers; it keeps no reference to them. A framed client gets them
// as a message without headers. Errors are as with Send.
func (c *SimpleClient) SendRaw(text []byte) error {
	return c.send(&simpleOutgoing{message: &simpleserver.Message{Body: text}, raw: true})
}

// Close ends the connection behind what was sent.
func (c *SimpleClient) Close() {
	c.mu.Lock()
	c.closing = true
	if len(c.pacing) == 0 {
		c.close()
	}
	c.mu.Unlock()
}

// close is called with mu held.
func (c *SimpleClient) close() {
	if !c.closed {
		c.closed = true
		c.out.Close(closeNormal, "")
	}
}

// simpleOutgoing is a message on its way to clients, encoded once for each kind of them.
type simpleOutgoing struct {
	message *simpleserver.Message
	raw     bool

	framed *codec.Frame
	legacy []*codec.Frame
	err    error
}

func (o *simpleOutgoing) forFramed() (*codec.Frame, error) {
	if o.framed == nil {
		b, err := o.message.AppendFramed(nil)
		if err != nil {
			return nil, err
		}
		o.framed = codec.RawFrame(b)
	}
	return o.framed, nil
}

func (o *simpleOutgoing) forLegacy(p simpleserver.PercentPolicy) ([]*codec.Frame, error) {
	if o.legacy != nil || o.err != nil {
		return o.legacy, o.err
	}
	if o.raw {
		o.legacy = []*codec.Frame{codec.RawFrame(append([]byte(nil), o.message.Body...))}
		return o.legacy, nil
	}
	parts, err := o.message.LegacyParts(p)
	if err != nil {
		o.err = err
		return nil, err
	}
	for _, part := range parts {
		o.legacy = append(o.legacy, codec.RawFrame(part))
	}
	return o.legacy, nil
}

func (c *SimpleClient) send(o *simpleOutgoing) error {
	err := c.trySend(o)
	counts := &c.server.sys.Simple
	switch err {
	case nil:
	case ErrClientDoesNotExist:
		counts.Lost.Add(1)
	case ErrQueueFull:
		counts.QueueFull.Add(1)
	default:
		counts.Unsendable.Add(1)
	}
	return err
}

func (c *SimpleClient) trySend(o *simpleOutgoing) error {
	if c.gone.Load() {
		return ErrClientDoesNotExist
	}
	if !c.framed.Load() {
		frames, err := o.forLegacy(c.server.cfg.LegacyPercent)
		if err != nil {
			return err
		}
		return c.pace(frames, true)
	}
	f, err := o.forFramed()
	if err != nil {
		return err
	}
	if c.paced.Load() {
		return c.pace([]*codec.Frame{f}, false)
	}
	return c.write(f)
}

// write appends a frame to the outbox.
func (c *SimpleClient) write(f *codec.Frame) error {
	if !c.out.Send(f) {
		return ErrClientDoesNotExist
	}
	return nil
}

// pace sends frames when their turn has come: legacy messages one at a time with a gap between them, each in a write of
// its own, so that a client which takes what one read brings for one message is right.
func (c *SimpleClient) pace(frames []*codec.Frame, alone bool) error {
	cfg := &c.server.cfg
	if cfg.LegacyGap <= 0 {
		for _, f := range frames {
			if err := c.write(f); err != nil {
				return err
			}
		}
		return nil
	}
	bytes := 0
	for _, f := range frames {
		bytes += f.Len()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.gone.Load():
		return ErrClientDoesNotExist
	case len(c.pacing) > 0 && (len(c.pacing)+len(frames) > cfg.QueueMessages || c.bytes+bytes > cfg.QueueBytes):
		return ErrQueueFull
	}
	first := len(c.pacing) == 0
	for _, f := range frames {
		c.pacing = append(c.pacing, pacedFrame{f, alone})
	}
	c.bytes += bytes
	c.server.sys.Simple.Paced.Add(int64(len(frames)))
	c.paced.Store(true)
	if first {
		c.advance()
	}
	return nil
}

// advance sends what may be sent now. The caller holds mu.
func (c *SimpleClient) advance() {
	now := c.server.sys.now()
	n := 0
	for ; n < len(c.pacing); n++ {
		p := c.pacing[n]
		if p.alone {
			// What is still in the outbox would be written together with it.
			if now.Before(c.clear) || c.out.Pending() > 0 {
				break
			}
			c.clear = now.Add(c.server.cfg.LegacyGap)
		}
		c.bytes -= p.frame.Len()
		if c.write(p.frame) != nil {
			c.server.sys.Simple.Lost.Add(1)
		}
	}
	c.forget(n)
	switch {
	case len(c.pacing) > 0:
		wait := max(c.clear.Sub(now), time.Millisecond)
		if c.timer == nil {
			c.timer = time.AfterFunc(wait, c.onTimer)
		} else {
			c.timer.Reset(wait)
		}
	case c.closing:
		c.close()
	}
}

// forget takes the first n out of the queue. The caller holds mu.
func (c *SimpleClient) forget(n int) {
	c.server.sys.Simple.Paced.Add(-int64(n))
	clear(c.pacing[:n])
	if c.pacing = c.pacing[n:]; len(c.pacing) == 0 {
		c.pacing = nil
		c.paced.Store(false)
	}
}

func (c *SimpleClient) onTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
}

// pending is the number of bytes that wait to be written.
func (c *SimpleClient) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes + c.out.Pending()
}

// over is called when the connection has ended.
func (c *SimpleClient) over() {
	c.gone.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.server.sys.Simple.Lost.Add(uint64(len(c.pacing)))
	c.bytes = 0
	c.forget(len(c.pacing))
}
