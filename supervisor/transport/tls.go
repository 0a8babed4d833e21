package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
)

// TLS says how a listener is encrypted. The zero value means that it is not.
type TLS struct {
	// Certificate comes from LoadCertificate; nil means a plain port. The server reloads it when its files change.
	Certificate *Certificate
	// ClientCA, where given, is the authority that clients need a certificate of.
	ClientCA *x509.CertPool
	// AlsoPlain accepts plain clients on the same port; the two are told apart by their first byte.
	AlsoPlain bool
}

func (t TLS) check() error {
	if t.AlsoPlain && t.Certificate == nil {
		return errors.New("transport: TLS and plain on one port need a certificate")
	}
	return nil
}

// config is what a handshake needs.
func (t TLS) config() *tls.Config {
	conf := t.Certificate.config()
	if t.ClientCA != nil {
		conf = conf.Clone()
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, t.ClientCA
	}
	return conf
}

// recordHandshake is the first byte of a TLS connection (RFC 8446 section 5.1). No HTTP method begins with it.
const recordHandshake = 0x16

// alertHandshakeFailure makes a TLS client give up at once with an error that says TLS (RFC 8446 section 6).
var alertHandshakeFailure = []byte{21, 3, 1, 0, 2, 2, 40}

// secure looks at the first n bytes of a socket, which are in buf, and does the TLS handshake where there is one to
// do. It returns what to talk to and how many bytes from it are in buf. On an error the socket has been answered and
// closed.
func (s *Server) secure(socket net.Conn, l *Listener, buf []byte, n int) (net.Conn, int, error) {
	isTLS := buf[0] == recordHandshake
	switch {
	case l.tls.Certificate == nil && !isTLS:
		return socket, n, nil
	case l.tls.Certificate == nil:
		s.counters.tlsOnPlain.Add(1)
		s.counters.refuse(refusedTLSOnPlain)
		if held, ok := s.logTLSOnPlain.allow(); ok {
			s.log.Warn("A client tried wss:// (TLS) on a port without TLS. "+
				"Give clients the ws:// address, or set a TLS certificate and key.",
				"listener", l.name, "peer", socket.RemoteAddr().String(), "suppressed", held)
		}
		s.goodbye(socket, alertHandshakeFailure)
		return nil, 0, errAnswered
	case !isTLS && l.tls.AlsoPlain:
		return socket, n, nil
	case !isTLS:
		s.counters.plainOnTLS.Add(1)
		if held, ok := s.logPlainOnTLS.allow(); ok {
			s.log.Warn("A client tried ws:// (without TLS) on a TLS port. "+
				"Give clients the wss:// address, or let the port speak both.",
				"listener", l.name, "peer", socket.RemoteAddr().String(), "suppressed", held)
		}
		s.refuse(socket, refusePlainOnTLS, false)
		return nil, 0, errAnswered
	}

	replay := &replayConn{Conn: socket, first: append([]byte(nil), buf[:n]...)}
	tc := tls.Server(replay, l.tls.config())
	err := tc.Handshake()
	if err == nil {
		if n, err = tc.Read(buf); n > 0 {
			return tc, n, nil
		}
		s.refuseRead(tc, 0, err)
		return nil, 0, errAnswered
	}
	s.counters.tlsFailed.Add(1)
	s.counters.refuse(refusedTLS)
	if held, ok := s.logTLSFailed.allow(); ok && !errors.Is(err, io.EOF) {
		s.log.Warn("A TLS handshake failed.",
			"listener", l.name, "peer", socket.RemoteAddr().String(), "error", err, "suppressed", held)
	}
	s.goodbye(socket, nil)
	return nil, 0, errAnswered
}

// replayConn gives out the bytes that were read to look at them, then reads on.
type replayConn struct {
	net.Conn
	first []byte
}

func (r *replayConn) Read(p []byte) (int, error) {
	if len(r.first) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.first)
	if r.first = r.first[n:]; len(r.first) == 0 {
		r.first = nil
	}
	return n, nil
}

// NetConn returns what is below, for half-closing and draining.
func (r *replayConn) NetConn() net.Conn { return r.Conn }
