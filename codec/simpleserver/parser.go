package simpleserver

import (
	"bytes"
	"math"
)

// DefaultMaxMessage is the limit on a message in bytes where none is set.
const DefaultMaxMessage = 1 << 20

// largeRead is from how many bytes on a read makes for the longer idle time: the size of one recv of the Python
// client, and more than a message that was sent in one piece usually has.
const largeRead = 1024

// Limits are the settings of a Parser. They are shared by many connections and must not change. Zero values mean the
// defaults.
type Limits struct {
	// MaxMessage is the limit on the body of a framed message and on a whole message of any other kind, in bytes.
	// Default: DefaultMaxMessage.
	MaxMessage int
	// MaxHead is the limit on what stands between prefix and separator, in bytes. Default: the constant MaxHead.
	MaxHead int
	// MaxHeaders is the limit on the headers of a message; the length of a framed one is not counted. Default: the
	// constant MaxHeaders.
	MaxHeaders int
}

func orDefault(value, otherwise int) int {
	if value <= 0 {
		return otherwise
	}
	return min(value, math.MaxInt/4)
}

func (l *Limits) maxMessage() int { return orDefault(l.MaxMessage, DefaultMaxMessage) }
func (l *Limits) maxHead() int    { return orDefault(l.MaxHead, MaxHead) }
func (l *Limits) maxHeaders() int { return orDefault(l.MaxHeaders, MaxHeaders) }

// Events gets what a Parser finds, in the order of the stream and during the call that completes it.
type Events interface {
	// OnMessage is called for each message and owns it: it may be kept and changed. It may call Framed and Release on
	// the Parser and nothing else; after Release nothing more is reported.
	OnMessage(m *Message)
}

// Wait tells which timer the owner of a Parser has to run.
type Wait uint8

const (
	// WaitNothing means none: there is nothing that the parser waits for.
	WaitNothing Wait = iota
	// WaitIdle means that Idle is due when nothing came for the short idle time.
	WaitIdle
	// WaitIdleLarge means that Idle is due when nothing came for the long idle time: the last read was a large one,
	// so there is probably more on its way.
	WaitIdleLarge
	// WaitStall means that Stall is due when nothing came for the stall time.
	WaitStall
)

// Kinds of the message at the front of the pending bytes.
const (
	kindUnknown = iota // not looked at
	kindHead           // its head is not complete
	kindFramed         // it has a length
	kindLegacy         // it reaches to the next start
	kindRaw            // as kindLegacy, and it has no head
)

// Parser reads the messages of one connection from pieces of any size (section 5), for servers and clients alike. It
// looks at each byte a fixed number of times, however small the pieces are, and holds no buffer while nothing is
// pending. It allocates what has arrived, not what a length announces.
//
// What was read together matters to messages without a length, so Feed has to be called with each read as it came. The
// zero value is not usable; call Init. A Parser is not safe for use by several goroutines.
type Parser struct {
	limits *Limits

	// The pending bytes, which begin with a message that is not complete. Nil if there are none.
	buf *buffer

	// That message. Positions are relative to its first byte.
	search startSearch
	size   int // of a framed message, with its head
	body   int // where the body begins
	own    int // where the headers begin, without the length
	count  int // of headers, without the length
	kind   uint8

	alone  bool // the last read was a single prefix
	large  bool // the last read was a large one
	framed bool
	closed bool // failed, ended or released: nothing more is read
}

// Init makes the parser ready for a new connection.
func (p *Parser) Init(l *Limits) { *p = Parser{limits: l} }

// Release gives up what is pending. The parser then ignores what it is fed, until Init.
func (p *Parser) Release() {
	p.closed = true
	p.next()
	if p.buf != nil {
		p.buf.recycle()
		p.buf = nil
	}
}

// Framed tells whether a complete framed message has arrived, so that whatever is sent to this peer is framed too.
// It stays true after Release, until Init.
func (p *Parser) Framed() bool { return p.framed }

// Waiting tells which timer is to run from the last Feed on. Each Feed that brings bytes starts it anew.
func (p *Parser) Waiting() Wait {
	switch {
	case p.buf == nil:
		return WaitNothing
	case p.kind == kindFramed || hasLength(p.buf.data):
		return WaitStall
	case p.large:
		return WaitIdleLarge
	}
	return WaitIdle
}

// Pending is the number of bytes that have arrived of a message that is not complete.
func (p *Parser) Pending() int {
	if p.buf == nil {
		return 0
	}
	return len(p.buf.data)
}

// Feed takes the bytes of one read, which it neither keeps nor changes, and reports what they complete.
//
// An error is a *CloseError: the connection is to be closed. After an error and after Release nothing more is
// reported, and Feed returns nil.
func (p *Parser) Feed(in []byte, e Events) error {
	if len(in) == 0 || p.closed {
		return nil
	}
	if err := p.feed(in, e); err != nil {
		p.Release()
		return err
	}
	p.alone = len(in) == 1 && in[0] == '$'
	p.large = len(in) >= largeRead
	return nil
}

// Idle is to be called when nothing came for the time that Waiting asks for. It delivers the message that is open as
// it stands. It does nothing unless Waiting returns WaitIdle or WaitIdleLarge.
func (p *Parser) Idle(e Events) {
	if w := p.Waiting(); w == WaitIdle || w == WaitIdleLarge {
		p.flush(e)
	}
}

// Stall is to be called when nothing came for the stall time. It returns a *CloseError if Waiting returns WaitStall,
// and does nothing otherwise.
func (p *Parser) Stall() error {
	if p.Waiting() != WaitStall {
		return nil
	}
	p.Release()
	return errStalled
}

// End is to be called when the peer has closed its side. It delivers the message that is open. A framed message that
// is not complete is dropped instead: that is a *CloseError with ReasonTruncated. The parser then ignores what it is
// fed, until Init.
func (p *Parser) End(e Events) error {
	if p.closed {
		return nil
	}
	p.closed = true
	if p.buf == nil {
		return nil
	}
	if p.awaitsBody(p.buf.data) {
		p.Release()
		return errTruncated
	}
	p.flush(e)
	return nil
}

func (p *Parser) feed(in []byte, e Events) *CloseError {
	read := 0 // where in is in data
	if p.buf != nil && p.kind == kindFramed {
		n := min(len(in), p.size-len(p.buf.data))
		p.keep(in[:n])
		if len(p.buf.data) < p.size {
			return nil
		}
		p.flush(e)
		if in = in[n:]; len(in) == 0 || p.closed {
			return nil
		}
		read = -n
	}
	data := in
	if p.buf != nil {
		read = len(p.buf.data)
		p.keep(in)
		data = p.buf.data
	}

	done := 0
	for done < len(data) {
		size, err := p.complete(data[done:], read-done)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		m := p.message(data[done:done+size], false)
		p.next()
		done += size
		if m == nil {
			continue
		}
		if e.OnMessage(m); p.closed {
			return nil
		}
	}

	rest := data[done:]
	if len(rest) > p.limits.maxMessage() && !p.awaitsBody(rest) {
		return errTooLarge
	}
	switch {
	case p.buf == nil && len(rest) > 0:
		p.keep(rest)
	case p.buf == nil || done == 0:
	case len(rest) == 0:
		p.buf.recycle()
		p.buf = nil
	case len(rest) <= cap(p.buf.data)/4:
		p.buf = p.buf.resized(rest, len(rest))
	default:
		p.buf.data = p.buf.data[:copy(p.buf.data, rest)]
	}
	return nil
}

// next forgets the message at the front.
func (p *Parser) next() {
	p.search = startSearch{}
	p.size, p.body, p.own, p.count = 0, 0, 0, 0
	p.kind = kindUnknown
}

// keep appends to the pending bytes.
func (p *Parser) keep(in []byte) {
	if p.buf == nil {
		p.buf = newBuffer(len(in))
	} else if have := len(p.buf.data) + len(in); have > cap(p.buf.data) {
		size := 2 * have
		if p.kind == kindFramed {
			size = min(size, p.size)
		}
		p.buf = p.buf.resized(p.buf.data, size)
	}
	p.buf.data = append(p.buf.data, in...)
}

// flush delivers the pending bytes as one message: a complete framed one, or an open one of another kind.
func (p *Parser) flush(e Events) {
	b := p.buf
	p.buf = nil
	m := p.message(b.data, b.class == 0)
	b.recycle()
	p.next()
	if m != nil {
		e.OnMessage(m)
	}
}

// message makes the message that data consists of, which is the one at the front. It returns nil for a hello. With
// handover the message may keep data.
func (p *Parser) message(data []byte, handover bool) *Message {
	switch p.kind {
	case kindFramed:
		p.framed = true
		if p.count == 0 && p.size == p.body {
			return nil
		}
		fallthrough
	case kindLegacy:
		return newMessage(data[p.own:p.body-1], data[p.body:], p.count, handover)
	}
	return newMessage(nil, data, 0, handover)
}

// complete returns the size of the message that data begins with, or 0 if it is not complete. The last read begins at
// read, which may lie outside of data.
func (p *Parser) complete(data []byte, read int) (size int, err *CloseError) {
	if p.kind <= kindHead {
		if err := p.classify(data); err != nil {
			return 0, err
		}
	}
	switch p.kind {
	case kindHead:
		return 0, nil
	case kindFramed:
		if len(data) < p.size {
			return 0, nil
		}
		return p.size, nil
	}
	anywhere := p.kind == kindLegacy && p.count == 0
	size = p.search.find(data, func(dollar int) bool {
		// Earlier reads need not be remembered: a prefix in them that is not their last byte has its next byte too,
		// and that was no separator.
		return anywhere || dollar == read || p.alone && dollar == read-1
	})
	if size < 0 {
		return 0, nil
	}
	if size > p.limits.maxMessage() {
		return 0, errTooLarge
	}
	return size, nil
}

// classify finds out what kind of message data begins with, as far as that can be told.
func (p *Parser) classify(data []byte) *CloseError {
	raw := func() *CloseError {
		p.kind = kindRaw
		p.search = startSearch{next: 1}
		return nil
	}
	if data[0] != '$' {
		return raw()
	}
	window := min(len(data), p.limits.maxHead()+len("$%"))
	n := bytes.IndexByte(data[p.search.next:window], '%')
	if n < 0 {
		if len(data) >= p.limits.maxHead()+len("$%") {
			return raw()
		}
		p.kind = kindHead
		p.search.next = window
		return nil
	}
	end := p.search.next + n
	h, ok := parseHead(data[1:end], p.limits.maxHeaders())
	if !ok {
		return raw()
	}
	p.count, p.own, p.body = h.count, 1+h.own, end+1
	p.kind = kindLegacy
	p.search = startSearch{next: p.body}
	if h.value != nil {
		length, err := parseLength(h.value, p.limits.maxMessage())
		if err != nil {
			return err
		}
		p.kind = kindFramed
		p.size = p.body + length
	}
	return nil
}

// hasLength tells whether data begins like a framed message.
func hasLength(data []byte) bool {
	const prefix = "$" + lengthName + ":"
	return len(data) >= len(prefix) && string(data[:len(prefix)]) == prefix
}

// awaitsBody tells whether the message at the front, of which there is data, is a framed one or may become one.
func (p *Parser) awaitsBody(data []byte) bool {
	return p.kind == kindFramed || p.kind == kindHead && hasLength(data)
}
