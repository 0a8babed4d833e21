package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

// streamHandler records what streams tell it.
type streamHandler struct {
	opens     chan *testStream
	holdFirst bool // hold a stream when it sends something
	lend      int  // messages made of what a stream sends first
}

func (h *streamHandler) OpenStream(c *Conn) StreamReceiver {
	r := &testStream{h: h, c: c, data: make(chan []byte, 4096), eof: make(chan struct{}, 1), ends: make(chan End, 1)}
	h.opens <- r
	return r
}

type testStream struct {
	h    *streamHandler
	c    *Conn
	data chan []byte
	eof  chan struct{}
	ends chan End
	lent []*codec.Message
}

func (r *testStream) Data(in []byte) {
	r.c.Hold(r.h.holdFirst)
	r.h.holdFirst = false
	for ; r.h.lend > 0; r.h.lend-- {
		m := codec.NewMessage(in, false)
		r.c.Lend(m)
		r.lent = append(r.lent, m)
	}
	r.data <- bytes.Clone(in)
}

func (r *testStream) EOF()         { r.eof <- struct{}{} }
func (r *testStream) Closed(e End) { r.ends <- e }

func startStream(t *testing.T, o Options, tc TLS) (*Server, *streamHandler, string) {
	t.Helper()
	h := &streamHandler{opens: make(chan *testStream, 64)}
	o.Logger = quietLog
	s := NewStream(o, h)
	t.Cleanup(s.Stop)
	return s, h, listenOn(t, s, "127.0.0.1:0", tc).Addr().String()
}

func dialStream(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return nc.(*net.TCPConn)
}

func line(text string) *codec.Frame { return codec.RawFrame([]byte(text + "\n")) }

// A peer that has closed its side still gets what it is sent, until the stream is closed.
func TestStreamHalfClose(t *testing.T) {
	s, h, addr := startStream(t, Options{}, TLS{})
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	io.WriteString(nc, "question\n")
	if d := receive(t, r.data, "Data"); string(d) != "question\n" {
		t.Errorf("%q", d)
	}
	nc.CloseWrite()
	receive(t, r.eof, "EOF")
	r.c.Send(line("answer"))
	r.c.Send(line("and more"))
	r.c.Close(0, "")
	if r.c.Send(line("too late")) {
		t.Error("a closed stream takes frames")
	}
	if all, err := io.ReadAll(nc); string(all) != "answer\nand more\n" || err != nil {
		t.Errorf("%q %v", all, err)
	}
	if e := receive(t, r.ends, "Closed"); e.Cause != CauseServerClosed {
		t.Errorf("%+v", e)
	}
	if n := r.c.Written(); n != 2 {
		t.Errorf("%d frames written", n)
	}
	nc.Close()
	s.Wait(patient(t))
}

// Without anything to write, Close closes all the same.
func TestStreamCloseAtOnce(t *testing.T) {
	s, h, addr := startStream(t, Options{}, TLS{})
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	r.c.Close(0, "")
	if all, err := io.ReadAll(nc); len(all) != 0 || err != nil {
		t.Errorf("%q %v", all, err)
	}
	receive(t, r.ends, "Closed")
	nc.Close()
	s.Wait(patient(t))
}

// What is counted as written is what the operating system has taken, whole frames only, also when the peer is cut off
// in the middle of one.
func TestStreamWritten(t *testing.T) {
	s, h, addr := startStream(t, Options{OutboxBytes: 1 << 30}, TLS{})
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	const size = 1 << 20
	for range 64 {
		r.c.Send(codec.RawFrame(make([]byte, size)))
	}
	eventually(t, "the socket to be full", func() bool {
		r.c.mu.Lock()
		defer r.c.mu.Unlock()
		return r.c.blocked
	})
	r.c.Abort(CausePeerGone)
	receive(t, r.ends, "Closed")
	written := r.c.Written()
	if written >= 64 {
		t.Fatalf("%d frames written", written)
	}
	// The kernel may have taken part of the next frame, and has taken all of those that count.
	got, _ := io.Copy(io.Discard, nc)
	if uint64(got)/size > written {
		t.Errorf("%d bytes arrived, %d frames counted", got, written)
	}
	if dropped := s.Stats().FramesDropped[string(CausePeerGone)]; dropped != 64-written {
		t.Errorf("%d frames dropped, %d written", dropped, written)
	}
}

func TestStreamReset(t *testing.T) {
	_, h, addr := startStream(t, Options{}, TLS{})
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	nc.SetLinger(0)
	nc.Close()
	if e := receive(t, r.ends, "Closed"); e.Cause != CausePeerGone {
		t.Errorf("%+v", e)
	}
	if len(r.eof) != 0 {
		t.Error("EOF")
	}
}

// A held connection is not read from, and goes on where it was.
func TestHold(t *testing.T) {
	_, h, addr := startStream(t, Options{}, TLS{})
	h.holdFirst = true
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	io.WriteString(nc, "one")
	receive(t, r.data, "Data")
	io.WriteString(nc, "two")
	eventually(t, "the reader to pause", r.c.paused.Load)
	if len(r.data) != 0 {
		t.Error("a held connection was read from")
	}
	r.c.Hold(false)
	if d := receive(t, r.data, "Data"); string(d) != "two" {
		t.Errorf("%q", d)
	}
}

// What is lent bounds what is read.
func TestLend(t *testing.T) {
	_, h, addr := startStream(t, Options{MaxInFlightMessages: 2}, TLS{})
	h.lend = 3
	nc := dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	io.WriteString(nc, "one")
	receive(t, r.data, "Data")
	io.WriteString(nc, "two")
	eventually(t, "the reader to pause", r.c.paused.Load)
	if len(r.data) != 0 {
		t.Error("a connection that lags was read from")
	}
	for _, m := range r.lent {
		m.Release()
	}
	if d := receive(t, r.data, "Data"); string(d) != "two" {
		t.Errorf("%q", d)
	}
}

func TestStreamTLS(t *testing.T) {
	certFile, keyFile := writeCert(t, t.TempDir(), 1)
	cert, err := LoadCertificate(certFile, keyFile, quietLog)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)

	s, h, addr := startStream(t, Options{}, TLS{Certificate: cert})
	nc := tls.Client(dialStream(t, addr), &tls.Config{InsecureSkipVerify: true})
	io.WriteString(nc, "question\n")
	r := receive(t, h.opens, "OpenStream")
	if d := receive(t, r.data, "Data"); string(d) != "question\n" {
		t.Errorf("%q", d)
	}
	r.c.Send(line("answer"))
	r.c.Close(0, "")
	if all, err := io.ReadAll(nc); string(all) != "answer\n" || err != nil {
		t.Errorf("%q %v", all, err)
	}
	receive(t, r.ends, "Closed")
	if n := r.c.Written(); n != 1 {
		t.Errorf("%d frames written", n)
	}
	nc.Close()
	s.Wait(patient(t))

	// With a client CA, nobody gets in without a certificate.
	_, h, addr = startStream(t, Options{}, TLS{Certificate: cert, ClientCA: pool})
	nc = tls.Client(dialStream(t, addr), &tls.Config{InsecureSkipVerify: true})
	io.WriteString(nc, "question\n")
	if all, err := io.ReadAll(nc); err == nil {
		t.Errorf("%q", all)
	}
	if len(h.opens) != 0 {
		t.Error("OpenStream")
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	nc = tls.Client(dialStream(t, addr), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
	io.WriteString(nc, "question\n")
	r = receive(t, h.opens, "OpenStream")
	receive(t, r.data, "Data")
	nc.Close()
}
