package codec

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// DefaultMaxMessage is the limit on a message in bytes where none is set.
const DefaultMaxMessage = 1 << 20

// ParserOptions are the settings of a Parser. They are shared by many connections and must not change.
type ParserOptions struct {
	// MaxMessage is the limit in bytes on the payload of a whole message, after inflating. Zero value means
	// DefaultMaxMessage.
	MaxMessage int
	// Compression accepts compressed messages. It is for connections that negotiated permessage-deflate with
	// client_no_context_takeover (RFC 7692); others need options without it. Zero value means off.
	Compression bool
}

func (o *ParserOptions) maxMessage() int {
	if o.MaxMessage <= 0 {
		return DefaultMaxMessage
	}
	return min(o.MaxMessage, math.MaxInt/2)
}

// Events is told what a Parser finds, in the order of the wire and during the call of Feed. Slices are valid until the
// method returns. A method may call Release on the Parser, after which nothing more is reported, but not Feed.
type Events interface {
	// OnMessage is called for each whole message and owns it. When the message is released, its Credit is told the
	// length that Payload has now.
	OnMessage(*Message)
	// OnPing is called for each ping. The payload has 125 bytes at most.
	OnPing(payload []byte)
	// OnPong is called for each pong. The payload has 125 bytes at most.
	OnPong(payload []byte)
	// OnClose is called for a legal Close frame. The code is CloseNoStatus when the frame was empty.
	OnClose(code uint16, reason string)
}

// States of a Parser, combined.
const (
	stFrame      = 1 << iota // inside a frame, its header was read
	stFin                    // that frame ends its message
	stControl                // that frame is a control frame
	stFragmented             // inside a message, between or in its frames
	stBinary                 // that message is binary
	stPacked                 // that message is compressed
	stClosed                 // failed, closed or released: nothing more is read
)

// Parser reads the frames of one client (RFC 6455 section 5, server side) from pieces of any size. It checks all that
// there is to check and puts messages together. Between messages it holds no buffer.
//
// It allocates what has arrived, not what a length field announces, and a text that is not UTF-8 is refused with the
// first wrong byte (a compressed one, when it is whole). The zero value is not usable; call Init. It is not safe for use by several goroutines.
type Parser struct {
	opts   *ParserOptions
	credit Credit

	msg  *Message // begun data message
	ctl  *Message // begun control frame
	left int      // bytes that the current frame still lacks

	checked int // bytes of msg known to be UTF-8

	mask  [4]byte // of the current frame, rotated to its next byte
	op    ws.OpCode
	state uint8

	headLen uint8
	head    [maxHeader]byte // an incomplete header
}

// Init makes the parser ready for a new connection. Messages that it makes tell credit when they are released; it may
// be nil.
func (p *Parser) Init(o *ParserOptions, credit Credit) {
	*p = Parser{opts: o, credit: credit}
}

// Release drops a message that was only partly received. The parser then ignores what it is fed, until Init.
func (p *Parser) Release() {
	p.state = stClosed
	p.headLen = 0
	if p.msg != nil {
		p.msg.recycle()
		p.msg = nil
	}
	if p.ctl != nil {
		p.ctl.recycle()
		p.ctl = nil
	}
}

// Feed reads all of in, which it changes in place, and reports what it completes to ev.
//
// An error is a *CloseError that says what to close the connection with. After an error, after OnClose and after
// Release nothing more is reported, and Feed returns nil.
func (p *Parser) Feed(in []byte, ev Events) error {
	for len(in) > 0 && p.state&stClosed == 0 {
		var err *CloseError
		switch {
		case p.state&stFrame != 0:
			in, err = p.feedPayload(in, ev)
		case p.headLen > 0:
			in, err = p.feedHeader(in, ev)
		default:
			in, err = p.feedFrame(in, ev)
		}
		if err != nil {
			p.Release()
			return err
		}
	}
	return nil
}

// feedFrame reads a frame from its first byte, and without a copy of its own as far as all of it is there.
func (p *Parser) feedFrame(in []byte, ev Events) ([]byte, *CloseError) {
	var h header
	n, err := p.parseHeader(in, &h)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		p.headLen = uint8(copy(p.head[:], in))
		return nil, nil
	}
	in = in[n:]
	if int64(len(in)) < h.length {
		p.begin(&h)
		return in, nil
	}
	payload := in[:h.length]
	in = in[h.length:]
	ws.Cipher(payload, h.mask, 0)
	switch {
	case h.op.IsControl():
		return in, p.control(h.op, payload, ev)
	case h.fin && !h.packed && p.state&stFragmented == 0:
		return in, p.single(h.op, payload, ev)
	}
	p.begin(&h)
	p.left = 0
	return in, p.data(payload, ev)
}

// feedHeader completes a header that came in pieces.
func (p *Parser) feedHeader(in []byte, ev Events) ([]byte, *CloseError) {
	old := int(p.headLen)
	have := old + copy(p.head[old:], in)
	var h header
	n, err := p.parseHeader(p.head[:have], &h)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		p.headLen = uint8(have)
		return in[have-old:], nil
	}
	p.headLen = 0
	p.begin(&h)
	in = in[n-old:]
	if p.left > 0 {
		return in, nil
	}
	return p.feedPayload(in, ev)
}

// begin makes h the header of the current frame, and of the current message if it is its first.
func (p *Parser) begin(h *header) {
	p.left = int(h.length)
	p.mask = h.mask
	p.state &^= stFin | stControl
	p.state |= stFrame
	switch {
	case h.op.IsControl():
		p.state |= stControl
		p.op = h.op
		return
	case h.op == ws.OpBinary:
		p.state |= stBinary
	}
	if h.packed {
		p.state |= stPacked
	}
	if h.fin {
		p.state |= stFin
	}
	p.state |= stFragmented
}

// feedPayload reads what there is of the current frame.
func (p *Parser) feedPayload(in []byte, ev Events) ([]byte, *CloseError) {
	n := min(len(in), p.left)
	piece := in[:n]
	in = in[n:]
	p.left -= n
	ws.Cipher(piece, p.mask, 0)
	if n&3 != 0 {
		p.mask = [4]byte{p.mask[n&3], p.mask[(n+1)&3], p.mask[(n+2)&3], p.mask[(n+3)&3]}
	}
	if p.state&stControl == 0 {
		return in, p.data(piece, ev)
	}

	if p.ctl == nil {
		p.ctl = newMessage(ws.MaxControlFramePayloadSize)
	}
	ctl := p.ctl
	ctl.Payload = append(ctl.Payload, piece...)
	if p.left > 0 {
		return in, nil
	}
	p.ctl = nil
	p.state &^= stFrame | stControl
	err := p.control(p.op, ctl.Payload, ev)
	ctl.recycle()
	return in, err
}

// room is how much longer the current message may become. A compressed message may be a little longer than what it
// stands for.
func (p *Parser) room(packed bool) int {
	limit := p.opts.maxMessage()
	if packed || p.state&stPacked != 0 {
		limit += limit/64 + 64
	}
	if p.msg != nil {
		limit -= len(p.msg.Payload)
	}
	return limit
}

// single delivers a message that is one frame.
func (p *Parser) single(op ws.OpCode, payload []byte, ev Events) *CloseError {
	if op == ws.OpText && !utf8.Valid(payload) {
		return errUTF8
	}
	m := newMessage(len(payload))
	m.Payload = append(m.Payload, payload...)
	m.Binary = op == ws.OpBinary
	p.deliver(m, ev)
	return nil
}

// data adds a piece of the current frame to the message, and delivers the message with its last byte.
func (p *Parser) data(piece []byte, ev Events) *CloseError {
	if len(piece) > 0 {
		p.gather(piece)
	}
	if p.state&(stBinary|stPacked) == 0 && !p.checkText() {
		return errUTF8
	}
	if p.left > 0 {
		return nil
	}
	p.state &^= stFrame
	if p.state&stFin == 0 {
		return nil
	}

	m, state := p.msg, p.state
	p.msg, p.checked = nil, 0
	p.state &^= stFin | stFragmented | stBinary | stPacked
	if m == nil {
		m = newMessage(0)
	}
	if state&stPacked != 0 {
		packed := m
		var err *CloseError
		m, err = inflate(packed.Payload, p.opts.maxMessage())
		packed.recycle()
		if err != nil {
			return err
		}
		if state&stBinary == 0 && !utf8.Valid(m.Payload) {
			m.recycle()
			return errUTF8
		}
	}
	m.Binary = state&stBinary != 0
	p.deliver(m, ev)
	return nil
}

// gather appends to the begun message. Its buffer is at most twice as large as what has arrived, and not larger than
// what may still come.
func (p *Parser) gather(piece []byte) {
	have, more := len(piece), p.left
	if p.msg != nil {
		have += len(p.msg.Payload)
	}
	if p.state&stFin == 0 {
		more = p.room(false) - len(piece)
	}
	switch size := min(2*have, have+more); {
	case p.msg == nil:
		p.msg = newMessage(size)
	case have > cap(p.msg.Payload):
		p.msg = p.msg.grow(size)
	}
	p.msg.Payload = append(p.msg.Payload, piece...)
}

// checkText tells whether the message so far is, or can still become, UTF-8.
func (p *Parser) checkText() bool {
	var text []byte
	if p.msg != nil {
		text = p.msg.Payload[p.checked:]
	}
	whole := len(text)
	if p.left > 0 || p.state&stFin == 0 {
		whole -= partialRune(text)
	}
	p.checked += whole
	return utf8.Valid(text[:whole])
}

// partialRune is the number of bytes at the end of text that begin a code point and lack its end.
func partialRune(text []byte) int {
	for n := 1; n <= len(text) && n < utf8.UTFMax; n++ {
		tail := text[len(text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

func (p *Parser) deliver(m *Message, ev Events) {
	m.credit, m.size = p.credit, len(m.Payload)
	ev.OnMessage(m)
}

// control delivers a control frame.
func (p *Parser) control(op ws.OpCode, payload []byte, ev Events) *CloseError {
	switch op {
	case ws.OpPing:
		ev.OnPing(payload)
	case ws.OpPong:
		ev.OnPong(payload)
	default:
		code, reason, err := parseClose(payload)
		if err != nil {
			return err
		}
		p.Release()
		ev.OnClose(code, reason)
	}
	return nil
}

// parseClose reads the payload of a Close frame (RFC 6455 section 5.5.1).
func parseClose(payload []byte) (code uint16, reason string, err *CloseError) {
	switch len(payload) {
	case 0:
		return CloseNoStatus, "", nil
	case 1:
		return 0, "", errClosePayload
	}
	code = binary.BigEndian.Uint16(payload)
	if !ValidCloseCode(code) {
		return 0, "", errCloseCode
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", errUTF8
	}
	return code, string(payload[2:]), nil
}
