package transport

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

func TestEcho(t *testing.T) {
	s, addr := start(t, Options{}, EchoHandler{})
	c := dial(t, addr)
	c.send(opText, "hello")
	c.expect(opText, "hello")
	c.send(opBin, "\x00\xff")
	c.expect(opBin, "\x00\xff")
	big := strings.Repeat("x", 1<<20)
	c.send(opText, big)
	c.expect(opText, big)
	c.send(opPing, "are you there")
	c.expect(opPong, "are you there")
	c.send(opEnd, closePayload(1000, "bye"))
	if r := c.expectClose(1000); r != "bye" {
		t.Errorf("reason %q", r)
	}
	c.nc.Close()
	if err := s.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Disconnects[Disconnect{CausePeerClosed, 1000}] != 1 || st.Open != 0 || st.Accepted != 1 ||
		st.MessagesIn != 3 || st.FramesOut != 5 || st.PingsIn != 1 || st.OutboxBytes != 0 ||
		st.BytesIn < 1<<20 || st.BytesOut < 1<<20 || st.Writes == 0 || st.Reads == 0 {
		t.Errorf("stats %+v", st)
	}
}

// Every way a client can break the protocol is answered with a Close frame of the right code, which arrives, and the
// receiver hears of it at once.
func TestProtocolErrors(t *testing.T) {
	unmasked := []byte{fin | opText, 1, 'x'}
	huge := binary.BigEndian.AppendUint64([]byte{fin | opText, 0x80 | 127}, 1<<62)
	msb := binary.BigEndian.AppendUint64([]byte{fin | opText, 0x80 | 127}, 1<<63)
	tests := []struct {
		name  string
		input []byte
		code  uint16
	}{
		{"unmasked", unmasked, 1002},
		{"RSV1", frame(fin|0x40|opText, []byte("x")), 1002},
		{"RSV2", frame(fin|0x20|opText, []byte("x")), 1002},
		{"RSV3", frame(fin|0x10|opText, []byte("x")), 1002},
		{"unknown opcode", frame(fin|3, nil), 1002},
		{"unknown control opcode", frame(fin|11, nil), 1002},
		{"continuation of nothing", frame(fin, []byte("x")), 1002},
		{"message inside a message", append(frame(opText, []byte("a")), frame(fin|opText, []byte("b"))...), 1002},
		{"fragmented ping", frame(opPing, nil), 1002},
		{"long ping", frame(fin|opPing, make([]byte, 126)), 1002},
		{"length with highest bit", append(msb, 0, 0, 0, 0), 1002},
		{"bad UTF-8", frame(fin|opText, []byte{'a', 0xff}), 1007},
		{"bad UTF-8 in a fragment", frame(opText, []byte{0xc0}), 1007},
		{"cut UTF-8 at the end", append(frame(opText, []byte{0xe2, 0x82}), frame(fin, nil)...), 1007},
		{"too large", frame(fin|opBin, make([]byte, 1025)), 1009},
		{"too large by its header", append(huge, 0, 0, 0, 0), 1009},
		{"too large in fragments", append(frame(opBin, make([]byte, 1024)), frame(0, make([]byte, 1))...), 1009},
		{"close with one byte", frame(fin|opEnd, []byte{3}), 1002},
		{"close with a reserved code", frame(fin|opEnd, []byte(closePayload(1005, ""))), 1002},
		{"close with 999", frame(fin|opEnd, []byte(closePayload(999, ""))), 1002},
		{"close with 5000", frame(fin|opEnd, []byte(closePayload(5000, ""))), 1002},
		{"close with 65535", frame(fin|opEnd, []byte(closePayload(65535, ""))), 1002},
		{"close with a bad reason", frame(fin|opEnd, []byte(closePayload(1000, "\xff"))), 1007},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newTestHandler()
			s, addr := start(t, Options{MaxMessage: 1024}, h)
			c := dial(t, addr)
			// More input behind it is unread when the server closes; it must not reset the Close frame away.
			c.write(append(tt.input, bytes.Repeat(frame(fin|opText, []byte("unread")), 1000)...))
			e := h.end(t)
			if e.Code != tt.code || e.Cause != CauseProtocol || e.Reason == "" {
				t.Errorf("end %+v", e)
			}
			if r := c.expectClose(tt.code); r != e.Reason {
				t.Errorf("reason %q, told %q", r, e.Reason)
			}
			if n := s.Stats().Disconnects[Disconnect{CauseProtocol, tt.code}]; n != 1 {
				t.Errorf("%v", s.Stats().Disconnects)
			}
		})
	}
}

func TestLegalInput(t *testing.T) {
	_, addr := start(t, Options{MaxMessage: 1024}, EchoHandler{})
	c := dial(t, addr)
	c.write(frame(opText, []byte{0xe2, 0x82})) // a code point in two fragments with a ping between them
	c.send(opPing, "p")
	c.expect(opPong, "p")
	c.write(frame(fin, []byte{0xac}))
	c.expect(opText, "€")
	c.send(opText, "")
	c.expect(opText, "")
	c.send(opPong, "unasked for")
	full := strings.Repeat("x", 1024)
	c.send(opText, full)
	c.expect(opText, full)
}

func TestCloseCodesAreEchoed(t *testing.T) {
	for _, code := range []uint16{1000, 1001, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4000, 4999, codeNoStatus} {
		h := newTestHandler()
		_, addr := start(t, Options{}, h)
		c := dial(t, addr)
		payload := closePayload(code, "r")
		if code == codeNoStatus {
			payload = ""
		}
		c.send(opEnd, payload)
		if e := h.end(t); e.Code != code || e.Cause != CausePeerClosed {
			t.Errorf("end %+v", e)
		}
		c.expectClose(code)
	}
}

// 100,000 fragments of one byte must neither stall nor grow memory.
func TestManyFragments(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dial(t, addr)
	const n = 100_000
	in := frame(opText, []byte("x"))
	for range n - 2 {
		in = append(in, 0, 0x81, 0, 0, 0, 0, 'x')
	}
	in = append(in, frame(fin, []byte("x"))...)
	go c.nc.Write(in)
	c.expect(opText, strings.Repeat("x", n))
}

func TestServerClose(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	for range 100 {
		conn.Send(codec.TextFrameString("queued"))
	}
	conn.Close(4000, strings.Repeat("é", 100))
	conn.Close(4001, "second")
	if conn.Send(codec.TextFrameString("late")) || conn.TrySend(codec.TextFrameString("late")) {
		t.Error("sent after Close")
	}
	// Promptly: the client has not answered, and does not.
	if e := h.end(t); e.Code != 4000 || e.Cause != CauseServerClosed {
		t.Errorf("end %+v", e)
	}
	for range 100 {
		c.expect(opText, "queued")
	}
	if r := c.expectClose(4000); r != strings.Repeat("é", 61) {
		t.Errorf("reason %q", r)
	}
	c.nc.Close()
	s.Wait(patient(t))
	if st := s.Stats(); st.FramesDropped[DropLate] != 2 || len(h.ends) != 0 {
		t.Errorf("%+v", st)
	}
}

// A client that never hangs up is cut off after the linger.
func TestLingerIsBounded(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{CloseLinger: 50 * time.Millisecond}, h)
	c := dial(t, addr)
	h.conn(t).Close(1000, "")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { // it keeps talking
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := c.nc.Write(frame(fin|opText, []byte("and another thing"))); err != nil {
					return
				}
			}
		}
	}()
	if err := s.Wait(patient(t)); err != nil {
		t.Error(err)
	}
	close(stop)
	<-done
}

func TestPeerGone(t *testing.T) {
	for name, leave := range map[string]func(*net.TCPConn){
		"EOF":   func(nc *net.TCPConn) { nc.Close() },
		"reset": func(nc *net.TCPConn) { nc.SetLinger(0); nc.Close() },
		"half":  func(nc *net.TCPConn) { nc.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHandler()
			s, addr := start(t, Options{}, h)
			c := dial(t, addr)
			c.write(frame(opText, []byte("unfinished")))
			leave(c.nc.(*net.TCPConn))
			if e := h.end(t); e != (End{1006, "", CausePeerGone}) {
				t.Errorf("end %+v", e)
			}
			if err := s.Wait(patient(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Messages behind the one that made the session close are not delivered.
func TestNoMessageAfterClose(t *testing.T) {
	h := newTestHandler()
	var got []string
	h.message = func(c *Conn, m *codec.Message) {
		got = append(got, string(m.Payload))
		m.Release()
		c.Close(1000, "")
	}
	s, addr := start(t, Options{}, h)
	c := dial(t, addr)
	c.write(bytes.Repeat(frame(fin|opText, []byte("m")), 5))
	c.expectClose(1000)
	h.end(t)
	if len(got) != 1 {
		t.Errorf("got %q", got)
	}
	if s.Stats().MessagesLate == 0 {
		t.Error("not counted")
	}
}

// A session that does not release its messages is not read from, and is again when it does.
func TestInFlightLimit(t *testing.T) {
	for name, o := range map[string]Options{
		"messages": {MaxInFlightMessages: 10},
		"bytes":    {MaxInFlightBytes: 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHandler()
			var mu sync.Mutex
			var held []*codec.Message
			h.message = func(_ *Conn, m *codec.Message) {
				mu.Lock()
				held = append(held, m)
				mu.Unlock()
			}
			count := func() int { mu.Lock(); defer mu.Unlock(); return len(held) }
			s, addr := start(t, o, h)
			c := dial(t, addr)
			const total = 5000
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for range total {
					c.nc.Write(frame(fin|opBin, make([]byte, 2000)))
				}
			}()
			eventually(t, "the pause", func() bool { return s.Stats().Pauses > 0 })
			// One read may exceed the limit, no more.
			if n := count(); n > 10+readBuffer/2000+1 {
				t.Errorf("%d messages in flight", n)
			}
			seen := 0
			eventually(t, "all messages", func() bool {
				mu.Lock()
				release := held
				held = nil
				mu.Unlock()
				for _, m := range release {
					m.Release()
				}
				seen += len(release)
				return seen == total
			})
			<-sent
			// Closing while paused is noticed.
			before := s.Stats().Pauses
			go c.nc.Write(bytes.Repeat(frame(fin|opBin, make([]byte, 2000)), 100))
			eventually(t, "the next pause", func() bool { return s.Stats().Pauses > before })
			h.conn(t).Close(1000, "")
			h.end(t)
			mu.Lock()
			defer mu.Unlock()
			for _, m := range held {
				m.Release()
			}
		})
	}
}

func TestCompression(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{Compression: true, MaxMessage: 1 << 20}, h)
	c := dialRaw(t, addr)
	r := c.upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	ext := r.Header.Get("Sec-WebSocket-Extensions")
	if !strings.Contains(ext, "server_no_context_takeover") || !strings.Contains(ext, "client_no_context_takeover") {
		t.Fatalf("extensions %q", ext)
	}
	text := strings.Repeat("compress me ", 1000)
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, 9)
	w.Write([]byte(text))
	w.Flush()
	in := bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})
	c.write(frame(fin|0x40|opText, in))
	first, p, err := c.next()
	if err != nil || first != fin|0x40|opText || len(p) > len(text)/10 {
		t.Fatalf("%#x %d bytes, %v", first, len(p), err)
	}
	out, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(p), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
	if err != nil || string(out) != text {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	c.send(opText, "short")
	c.expect(opText, "short")
	conn := h.conn(t)
	eventually(t, "an empty outbox", func() bool { return conn.Pending() == 0 })

	// RSV2 stays an error, and so does a bomb.
	var bomb bytes.Buffer
	w.Reset(&bomb)
	w.Write(make([]byte, 4<<20))
	w.Flush()
	c.write(frame(fin|0x40|opBin, bytes.TrimSuffix(bomb.Bytes(), []byte{0, 0, 0xff, 0xff})))
	c.expectClose(1009)
	c = dialRaw(t, addr)
	c.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n")
	c.write(frame(fin|0x20|opText, nil))
	c.expectClose(1002)

	// Bad offers are declined, and those without an offer get no compressed frames.
	c = dialRaw(t, addr)
	if r := c.upgrade("Sec-WebSocket-Extensions: permessage-deflate; what_is_this=1\r\n"); r.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("%v", r.Header)
	}
	c.send(opText, text)
	c.expect(opText, text)
}
