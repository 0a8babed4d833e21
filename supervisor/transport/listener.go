package transport

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Listener is one address that a Server accepts connections on.
type Listener struct {
	srv  *Server
	ln   net.Listener
	file *os.File // ln once more, where a poller gets what it accepts
	name string   // as it was configured
	tls  TLS

	once    sync.Once
	closing chan struct{}
	log     logLimit
}

// Listen opens an address, HOST:PORT or unix:PATH, and accepts connections on it until StopAccepting. Port 0 takes a
// free port. A unix socket that nobody listens on is removed first; anything else at that path is an error.
func (s *Server) Listen(addr string, t TLS) (*Listener, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	ln, err := listen(addr, s.keeping.tick == 0)
	if err != nil {
		return nil, err
	}
	l := &Listener{srv: s, ln: ln, name: addr, tls: t, closing: make(chan struct{})}
	s.mu.Lock()
	if s.quiet || s.stopped {
		s.mu.Unlock()
		ln.Close()
		return nil, ErrStopped
	}
	s.listeners = append(s.listeners, l)
	s.addCertificate(t.Certificate)
	s.accepting.Add(1)
	s.polling.Do(s.startPollers)
	s.start()
	s.mu.Unlock()
	accept := l.acceptor()
	if accept == nil {
		accept = l.acceptConn
	}
	go l.accept(accept)
	return l, nil
}

// Addr is where the listener listens, with the port it has got.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// URL is what a client connects to: ws:// or wss://, tcp:// or tls:// for streams, unix:PATH for a unix socket.
func (l *Listener) URL() string {
	if strings.HasPrefix(l.name, unixPrefix) {
		return l.name
	}
	scheme := "ws://"
	switch {
	case l.srv.streams != nil && l.tls.Certificate != nil:
		scheme = "tls://"
	case l.srv.streams != nil:
		scheme = "tcp://"
	case l.tls.Certificate != nil:
		scheme = "wss://"
	}
	host, port, err := net.SplitHostPort(l.ln.Addr().String())
	if err != nil {
		return scheme + l.ln.Addr().String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}

func (l *Listener) close() {
	l.once.Do(func() {
		close(l.closing)
		l.ln.Close()
		if l.file != nil {
			l.file.Close()
		}
	})
}

// Pauses after an accept error, such as one that says that no file is left (EMFILE).
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// acceptConn accepts one connection and serves it.
func (l *Listener) acceptConn() error {
	nc, err := l.ln.Accept()
	if err == nil {
		l.srv.serve(nc, l)
	}
	return err
}

func (l *Listener) accept(one func() error) {
	defer l.srv.accepting.Done()
	pause := acceptPauseMin
	for {
		err := one()
		if err == nil {
			pause = acceptPauseMin
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if held, ok := l.log.allow(); ok {
			l.srv.log.Error("Cannot accept connections; trying again. If files ran out, raise the limit of open files.",
				"listener", l.name, "error", err, "suppressed", held)
		}
		t := time.NewTimer(pause)
		select {
		case <-l.closing:
			t.Stop()
			return
		case <-t.C:
		}
		pause = min(2*pause, acceptPauseMax)
	}
}

// serve upgrades a socket on a goroutine of its own.
func (s *Server) serve(nc net.Conn, l *Listener) {
	s.counters.accepted.Add(1)
	if !s.enter(nc) {
		nc.Close()
		return
	}
	if s.streams != nil {
		go s.openStream(nc, l)
		return
	}
	go func() {
		hb := s.heads.Get().(*headBuffer)
		nc.SetDeadline(time.Now().Add(s.opt.HandshakeTimeout))
		n, err := nc.Read(hb.buf)
		s.upgrade(nc, l, hb, n, err)
	}()
}
