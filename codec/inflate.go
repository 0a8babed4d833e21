package codec

import (
	"compress/flate"
	"io"
	"sync"
)

// inflateTail is what a compressed message lacks of a whole DEFLATE stream: the marker that the sender left out
// (RFC 7692 section 7.2.2), and an empty last block so that the reader sees an orderly end.
const inflateTail = deflateMarker + "\x01\x00\x00\xff\xff"

// inflateStep is the room for output that is made at a time, as long as the output goes on.
const inflateStep = 4 << 10

// inflater is a DEFLATE reader, which takes about 40 KiB, together with the input it reads from.
type inflater struct {
	flate io.ReadCloser
	in    []byte
	tail  string
}

var inflaters = sync.Pool{New: func() any {
	i := new(inflater)
	i.flate = flate.NewReader(i)
	return i
}}

// inflate returns the message that packed is the compressed form of (RFC 7692), which may have at most limit bytes.
// Data behind a block that is marked as the last is an error: no context is carried over, so there is nothing to
// carry on with.
func inflate(packed []byte, limit int) (*Message, *CloseError) {
	if len(packed) == 0 {
		return newMessage(0), nil
	}
	i := inflaters.Get().(*inflater)
	i.in, i.tail = packed, inflateTail
	_ = i.flate.(flate.Resetter).Reset(i, nil) // never fails
	m, err := i.inflate(min(4*len(packed), limit), limit)
	i.in, i.tail = nil, ""
	inflaters.Put(i)
	return m, err
}

func (i *inflater) inflate(guess, limit int) (*Message, *CloseError) {
	m := newMessage(guess)
	for {
		if len(m.Payload) == cap(m.Payload) {
			m = m.grow(min(max(2*len(m.Payload), inflateStep), limit+1))
		}
		n := len(m.Payload)
		got, err := i.flate.Read(m.Payload[n:cap(m.Payload)])
		m.Payload = m.Payload[:n+got]
		switch {
		case len(m.Payload) > limit:
			m.recycle()
			return nil, errTooBig
		case err == io.EOF && i.ended():
			return m, nil
		case err != nil:
			m.recycle()
			return nil, errBadDeflate
		}
	}
}

// ended tells whether the stream stopped where the message did: behind everything, or behind a block that the sender
// marked as the last, which may be followed by one padding byte (RFC 7692 section 7.2.3.4).
func (i *inflater) ended() bool {
	switch len(i.in) {
	case 0:
		return i.tail == "" || i.tail == inflateTail
	case 1:
		return i.in[0] == 0
	}
	return false
}

// Read and ReadByte make the inflater the source of its DEFLATE reader, which takes no more than it needs.
func (i *inflater) Read(p []byte) (int, error) {
	if n := copy(p, i.in); n > 0 || len(p) == 0 {
		i.in = i.in[n:]
		return n, nil
	}
	if i.tail == "" {
		return 0, io.EOF
	}
	n := copy(p, i.tail)
	i.tail = i.tail[n:]
	return n, nil
}

// ReadByte is described at Read.
func (i *inflater) ReadByte() (byte, error) {
	if len(i.in) > 0 {
		b := i.in[0]
		i.in = i.in[1:]
		return b, nil
	}
	if i.tail == "" {
		return 0, io.EOF
	}
	b := i.tail[0]
	i.tail = i.tail[1:]
	return b, nil
}
