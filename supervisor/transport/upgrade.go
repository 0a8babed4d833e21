package transport

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// errAnswered says that a socket has been dealt with already.
var errAnswered = errors.New("answered")

// upgrade turns a socket into a connection (RFC 6455 section 4.2) or refuses it. It runs on a goroutine of its own,
// whose stack, grown by all of this, ends with it.
// n is how much is in hb already, and err how that reading ended.
func (s *Server) upgrade(socket net.Conn, l *Listener, hb *headBuffer, n int, err error) {
	defer func() {
		if hb.usual() {
			s.heads.Put(hb)
		}
	}()

	c, early := s.handshake(socket, l, hb, n, err)
	if c == nil {
		s.leave(socket)
		return
	}
	if !s.promote(c, socket) {
		// The client has been told yes, so it is told goodbye the WebSocket way.
		s.counters.refuse(refuseDraining.Cause)
		if c.receiver != nil {
			c.notOpened(End{codeGoingAway, refuseDraining.Reason, CauseDrain})
		}
		s.goodbye(c.sock.nc, goingAway)
		s.leave(socket)
		return
	}
	s.takeOver(c)
	if c.receiver != nil {
		c.opened()
	} else {
		c.open()
	}
	c.reader().start(c, bytes.Clone(early))
}

// open begins the life of a connection that nobody had to be asked for.
func (c *Conn) open() {
	c.mu.Lock()
	c.releaseWrite()
	if c.receiver = c.srv.handler.Open(c); c.receiver == nil {
		c.end(End{codeNormal, reasonRefused, CauseServerClosed}) // in case Open did not
	}
}

// handshake returns nil when the socket was refused and closed. early points into hb.
func (s *Server) handshake(socket net.Conn, l *Listener, hb *headBuffer, n int, err error) (c *Conn, early []byte) {
	if n == 0 {
		s.refuseRead(socket, 0, err)
		return nil, nil
	}
	nc, n, err := s.secure(socket, l, hb.buf, n)
	if err != nil {
		return nil, nil
	}
	size, n, err := s.readHead(nc, hb, n)
	if err != nil {
		return nil, nil
	}

	req, r, html := s.judge(hb, size, l, peerAddress(socket), nc != socket)
	if r != nil {
		s.refuse(nc, r, html)
		return nil, nil
	}
	var v Verdict
	if asker, ok := s.handler.(Asker); ok {
		c, v, n, err = s.ask(asker, nc, req, hb, n)
		switch {
		case err != nil:
			s.counters.refuse(refusedEOF)
			closeSocket(nc)
			return nil, nil
		case v.Refusal != nil:
			s.refuse(nc, v.Refusal, false)
			return nil, nil
		}
		nc.SetDeadline(time.Now().Add(s.opt.HandshakeTimeout))
	}
	if !s.opt.KeepHeaders {
		req.Header = nil
	}
	deflate, err := s.answer(hb, size, v.Subprotocol)
	switch {
	case err != nil:
		s.refuse(nc, refuseHandshake, false)
	default:
		if _, err = nc.Write(hb.out.Bytes()); err != nil {
			s.counters.refuse(refusedEOF)
			closeSocket(nc)
		}
	}
	switch {
	case err != nil && c != nil:
		c.notOpened(End{codeAbnormal, "", CausePeerGone})
		return nil, nil
	case err != nil:
		return nil, nil
	case c == nil:
		c = s.newConn(nc, req, deflate)
	}
	return c, hb.buf[size:n]
}

// refuseRead deals with a socket that ended or timed out after n bytes of its head.
func (s *Server) refuseRead(nc net.Conn, n int, err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.refuse(nc, refuseTimeout, false)
	case errors.Is(err, io.EOF) && n > 0:
		s.refuse(nc, refuseNotHTTP, false) // it may still be reading
	default:
		s.counters.refuse(refusedEOF)
		closeSocket(nc)
	}
}

// readHead reads until the head is complete: hb.buf[:size] is the head, hb.buf[:n] all there is. On an error the
// socket has been answered and closed.
func (s *Server) readHead(nc net.Conn, hb *headBuffer, n int) (size, all int, err error) {
	seen := 0
	for {
		b := hb.buf[:n]
		if size := headEnd(b, seen); size >= 0 && size <= s.opt.MaxHead {
			return size, n, nil
		} else if size >= 0 || n >= s.opt.MaxHead {
			r := refuseHeadTooBig
			if why := plausible(b, s.opt.MaxURI); why != nil {
				r = why
			}
			s.refuse(nc, r, false)
			return 0, 0, errAnswered
		}
		// Do not wait for the end of what cannot become a request.
		if seen == 0 || bytes.IndexByte(b[:seen], '\n') < 0 {
			if r := plausible(b, s.opt.MaxURI); r != nil {
				s.refuse(nc, r, false)
				return 0, 0, errAnswered
			}
		}
		seen = n
		hb.grow(n, s.opt.MaxHead)
		m, err := nc.Read(hb.buf[n:])
		n += m
		if m == 0 {
			s.refuseRead(nc, n, err)
			return 0, 0, errAnswered
		}
	}
}

// check tells what is wrong with a handshake (RFC 6455 section 4.2.1).
func (s *Server) check(h *head) *Refusal {
	_, hosts := h.get("Host")
	if hosts > 1 {
		return refuseDuplicate
	}
	if string(h.method) != "GET" {
		return refuseMethod
	}
	upgrade, n := h.get("Upgrade")
	if n != 1 || !equalFold(upgrade, "websocket") || !h.has("Connection", "upgrade") {
		return refuseNotWebSocket
	}
	if h.major != 1 || h.minor < 1 {
		return refuseHTTPVersion
	}
	if hosts == 0 {
		return refuseNoHost
	}
	for _, f := range h.fields {
		if equalFold(f.name, "Transfer-Encoding") || equalFold(f.name, "Content-Length") && string(f.value) != "0" {
			return refuseBody
		}
	}
	if version, n := h.get("Sec-WebSocket-Version"); n != 1 || string(version) != "13" {
		return refuseVersion
	}
	key, n := h.get("Sec-WebSocket-Key")
	switch {
	case n > 1:
		return refuseDuplicate
	case !webSocketKey(key):
		return refuseKey
	}
	for _, f := range h.fields {
		if equalFold(f.name, "Origin") && !originAllowed(s.opt.AllowedOrigins, string(f.value)) {
			return refuseOrigin
		}
	}
	return nil
}

// judge reads the head hb.buf[:size] and asks the Handler, whether a client may come in. html tells that a refusal is
// for somebody's eyes.
func (s *Server) judge(hb *headBuffer, size int, l *Listener, peer netip.AddrPort, tls bool) (req *Request, r *Refusal, html bool) {
	h := &hb.head
	if r := h.parse(hb.buf[:size], h.fields, s.opt.MaxURI); r != nil {
		return nil, r, false
	}
	if r := s.check(h); r != nil {
		return nil, r, r == refuseNotWebSocket && h.has("Accept", "text/html")
	}
	if s.refusing() {
		return nil, refuseDraining, false
	}
	req = s.request(h, l, peer, tls)
	r = s.handler.Admit(req)
	req.head = nil
	return req, r, false
}

// request describes the client for the Handler.
func (s *Server) request(h *head, l *Listener, peer netip.AddrPort, tls bool) *Request {
	r := &Request{Listener: l.name, TLS: tls, URI: "/", Addr: peer, head: h}
	if string(h.uri) != r.URI {
		r.URI = string(h.uri)
	}
	if _, asks := s.handler.(Asker); asks || s.opt.KeepHeaders {
		r.Header = h.header()
	}
	forwarded := ""
	if s.opt.RealIPHeader != "" {
		forwarded = h.joined(s.opt.RealIPHeader)
	}
	r.IP, r.ClientIP = clientAddress(r.Addr.Addr().WithZone(""), forwarded, s.opt.TrustedProxies)
	return r
}

// peerAddress is invalid for unix sockets.
func peerAddress(socket net.Conn) netip.AddrPort {
	a, ok := socket.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// keepOneConnection hides all Connection fields from ws.Upgrader but one that names the upgrade: it wants to find it
// in each of them, where several are one list (RFC 9110 section 5.3).
func (h *head) keepOneConnection() {
	kept := false
	for _, f := range h.fields {
		if !equalFold(f.name, "Connection") {
			continue
		}
		if !kept && listHas(f.value, "upgrade") {
			kept = true
			continue
		}
		f.name[0] = 'X'
	}
}

// acceptGUID is what the answer to a key is made with (RFC 6455 section 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// answer writes the 101 into hb.out. Where nothing is to be negotiated it needs the key alone, and what is negotiated
// is left to ws.Upgrader. No subprotocol is selected unless an Asker wants one, as CloudLink does it.
func (s *Server) answer(hb *headBuffer, size int, subprotocol string) (deflate bool, err error) {
	hb.out.Reset()
	if !s.opt.Compression && subprotocol == "" {
		key, _ := hb.head.get("Sec-WebSocket-Key")
		var keyed [24 + len(acceptGUID)]byte
		sum := sha1.Sum(keyed[:copy(keyed[copy(keyed[:], key):], acceptGUID)+len(key)])
		hb.out.WriteString("HTTP/1.1 101 Switching Protocols\r\n" +
			"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
		hb.out.Write(base64.StdEncoding.AppendEncode(hb.out.AvailableBuffer(), sum[:]))
		hb.out.WriteString("\r\n\r\n")
		return false, nil
	}
	hb.head.keepOneConnection()
	var u ws.Upgrader
	if subprotocol != "" {
		u.Protocol = func(offered []byte) bool { return string(offered) == subprotocol }
	}
	u.WriteBufferSize = 512
	u.ReadBufferSize = 1024
	extension := wsflate.Extension{Parameters: wsflate.Parameters{
		ServerNoContextTakeover: true,
		ClientNoContextTakeover: true,
	}}
	if s.opt.Compression {
		u.Negotiate = func(o httphead.Option) (httphead.Option, error) {
			accept, err := extension.Negotiate(o)
			if err != nil {
				return httphead.Option{}, nil // an offer with unknown parameters is declined (RFC 7692 section 5)
			}
			return accept, nil
		}
	}
	_, err = u.Upgrade(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(hb.buf[:size]), &hb.out})
	_, deflate = extension.Accepted()
	return deflate, err
}

// newConn makes the connection. Nobody else knows it yet. Its write side is taken, so that frames wait until the upgrade
// is done.
func (s *Server) newConn(nc net.Conn, req *Request, deflate bool) *Conn {
	c := s.makeConn(s.nextShard(), req, deflate)
	c.sock = &netSocket{nc: nc}
	if sc, ok := nc.(syscall.Conn); ok && directIO {
		c.sock.raw, _ = sc.SyscallConn()
	}
	return c
}

func (s *Server) nextShard() *shard { return s.shards[int(s.next.Add(1))%len(s.shards)] }

// makeConn is newConn without a socket.
func (s *Server) makeConn(sh *shard, req *Request, deflate bool) *Conn {
	c := &Conn{srv: s, shard: sh, req: req, deflate: deflate, writing: true}
	parser := &s.plainParser
	if deflate {
		parser = &s.packedParser
	}
	c.parser.Init(parser, (*credit)(c))
	c.seen.Store(s.tick.Load())
	return c
}
