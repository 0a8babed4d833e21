package supervisor

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/transport"
)

// Limits of the broker's handshake; they are not worth a setting.
const (
	strandsMaxHead          = 64 << 10
	strandsHandshakeTimeout = 10 * time.Second
	codeTryAgainLater       = 1013
)

// strandsServer is the PyStrands broker's part of a Server: two transports, one for end clients and one for backends.
// Between them is the broker's actor.
type strandsServer struct {
	options  PyStrandsOptions
	clients  *transport.Server
	backends *transport.Server

	clientListeners, backendListeners []*transport.Listener
}

// enabled tells whether there is a broker.
func (o PyStrandsOptions) enabled() bool { return len(o.Listen) > 0 || len(o.Backends) > 0 }

func (o PyStrandsOptions) withDefaults() PyStrandsOptions {
	if len(o.Listen) == 0 {
		o.Listen = []string{DefaultPyStrandsListen}
	}
	if len(o.Backends) == 0 {
		o.Backends = []string{DefaultPyStrandsBackends}
	}
	o.QueueSize = cmp.Or(o.QueueSize, DefaultPyStrandsQueueSize)
	o.QueueBytes = cmp.Or(o.QueueBytes, DefaultPyStrandsQueueBytes)
	o.BackendQueueBytes = cmp.Or(o.BackendQueueBytes, DefaultPyStrandsBackendQueueBytes)
	o.ClientQueue = cmp.Or(o.ClientQueue, DefaultPyStrandsClientQueue)
	o.ClientQueueBytes = cmp.Or(o.ClientQueueBytes, DefaultPyStrandsClientQueueBytes)
	o.MaxMessage = cmp.Or(o.MaxMessage, DefaultPyStrandsMaxMessage)
	o.MaxLine = cmp.Or(o.MaxLine, DefaultPyStrandsMaxLine)
	o.MaxRequests = cmp.Or(o.MaxRequests, DefaultPyStrandsMaxRequests)
	o.MaxBackends = cmp.Or(o.MaxBackends, DefaultPyStrandsMaxBackends)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, DefaultPyStrandsRequestTimeout)
	o.AttachDelay = cmp.Or(o.AttachDelay, DefaultPyStrandsAttachDelay)
	o.HeartbeatInterval = cmp.Or(o.HeartbeatInterval, DefaultPyStrandsHeartbeatInterval)
	o.BackendWriteTimeout = cmp.Or(o.BackendWriteTimeout, DefaultPyStrandsBackendWriteTimeout)
	o.PingInterval = cmp.Or(o.PingInterval, DefaultPyStrandsPingInterval)
	return o
}

// config is what the broker's actor needs to know.
func (o PyStrandsOptions) config() *actors.BrokerConfig {
	if !o.enabled() {
		return nil
	}
	o = o.withDefaults()
	c := &actors.BrokerConfig{
		QueueSize:         max(o.QueueSize, 0),
		QueueBytes:        o.QueueBytes,
		BackendQueueBytes: o.BackendQueueBytes,
		MaxClients:        limit(o.MaxClients),
		MaxRequests:       o.MaxRequests,
		MaxBackends:       o.MaxBackends,
		RequestTimeout:    o.RequestTimeout,
		AttachDelay:       max(o.AttachDelay, 0),
		HeartbeatInterval: o.HeartbeatInterval,
		CloseAfterUpgrade: o.RejectMode == RejectClose,
		Token:             o.BackendToken,
	}
	switch o.DuplicateClient {
	case DuplicateReplace:
		c.Duplicates = actors.ReplaceDuplicates
	case DuplicateReject:
		c.Duplicates = actors.RejectDuplicates
	}
	return c
}

// newStrandsServer prepares the broker's ports.
func newStrandsServer(s *Server, o PyStrandsOptions) *strandsServer {
	o = o.withDefaults()
	b := &strandsServer{options: o}
	b.clients = transport.New(transport.Options{
		MaxMessage:       o.MaxMessage,
		OutboxBytes:      o.ClientQueueBytes,
		OutboxFrames:     o.ClientQueue,
		SlowCode:         codeTryAgainLater,
		PingInterval:     o.PingInterval,
		PongTimeout:      o.PingInterval,
		HandshakeTimeout: strandsHandshakeTimeout,
		MaxHead:          strandsMaxHead,
		MaxURI:           strandsMaxHead,
		AllowedOrigins:   o.AllowedOrigins,
		Logger:           s.log,
	}, &strandsHandler{s})
	b.backends = transport.NewStream(transport.Options{
		OutboxBytes:      math.MaxInt, // BackendQueueBytes holds the clients instead
		WriteTimeout:     o.BackendWriteTimeout,
		HandshakeTimeout: strandsHandshakeTimeout,
		Logger:           s.log,
	}, &backendsHandler{s, o.MaxLine})
	return b
}

// listen opens the ports: that of the backends first, so that they can be there when the first client comes.
func (b *strandsServer) listen(s *Server) error {
	o := b.options
	tls, err := loadTLS(o.BackendTLSCert, o.BackendTLSKey, s)
	if err != nil {
		return err
	}
	if tls.ClientCA, err = loadClientCA(o.BackendTLSClientCA); err != nil {
		return err
	}
	for _, addr := range o.Backends {
		listeners, err := listenLocal(b.backends, addr, tls)
		if err != nil {
			return err
		}
		b.backendListeners = append(b.backendListeners, listeners...)
	}
	if tls, err = loadTLS(o.TLSCert, o.TLSKey, s); err != nil {
		return err
	}
	for _, addr := range o.Listen {
		listeners, err := listenLocal(b.clients, addr, tls)
		if err != nil {
			return err
		}
		b.clientListeners = append(b.clientListeners, listeners...)
	}
	b.warnOpen(s)
	return nil
}

func loadTLS(cert, key string, s *Server) (transport.TLS, error) {
	if cert == "" && key == "" {
		return transport.TLS{}, nil
	}
	c, err := transport.LoadCertificate(cert, key, s.log)
	return transport.TLS{Certificate: c}, err
}

func loadClientCA(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("client CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("client CA: there is no certificate in %s", file)
	}
	return pool, nil
}

// listenLocal is Listen, but the host localhost means 127.0.0.1 and, where the machine has it, ::1, on the same port.
func listenLocal(t *transport.Server, addr string, tls transport.TLS) ([]*transport.Listener, error) {
	port, isLocal := strings.CutPrefix(addr, "localhost:")
	if !isLocal {
		l, err := t.Listen(addr, tls)
		return []*transport.Listener{l}, err
	}
	l4, err := t.Listen(net.JoinHostPort("127.0.0.1", port), tls)
	if err != nil {
		return nil, err
	}
	if a, ok := l4.Addr().(*net.TCPAddr); ok && port == "0" {
		port = fmt.Sprint(a.Port)
	}
	l6, err := t.Listen(net.JoinHostPort("::1", port), tls)
	if err != nil {
		if loopback6() {
			return nil, err
		}
		return []*transport.Listener{l4}, nil
	}
	return []*transport.Listener{l4, l6}, nil
}

// loopback6 tells whether the machine has ::1.
func loopback6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// warnOpen warns of a backend port that everybody can reach: whoever does can read and send everything.
func (b *strandsServer) warnOpen(s *Server) {
	if b.options.BackendToken != "" || b.options.BackendTLSClientCA != "" {
		return
	}
	for _, l := range b.backendListeners {
		if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			s.log.Warn("the backend port is open to the network without a token: whoever reaches it can read and send everything. "+
				"Set a backend token or a client CA, or bind it to 127.0.0.1", "address", a.String())
			return
		}
	}
}

// backendsLinger is how long backends are given to take what is left for them.
const backendsLinger = 3 * time.Second

// drain tells the end clients to go away, tells the backends that they have gone, and lets the backends take what is
// left for them.
func (b *strandsServer) drain(ctx context.Context, s *Server, spread time.Duration) error {
	b.clients.StopAccepting()
	b.backends.StopAccepting()
	refused, cancel := context.WithCancel(ctx)
	defer cancel()
	gone := make(chan error, 1)
	go func() { gone <- s.DrainBroker(refused) }()

	err := b.clients.CloseAll(ctx, closeGoingAway, reasonStopping, spread)
	if err == nil {
		err = b.clients.Wait(ctx)
	}
	if err != nil {
		b.clients.Stop() // the sessions of those who are left end now
	}
	last, cancelLast := context.WithTimeout(context.WithoutCancel(ctx), backendsLinger)
	defer cancelLast()
	select {
	case lost := <-gone:
		err = errors.Join(err, lost)
	case <-last.Done():
		err = errors.Join(err, last.Err())
	}
	return errors.Join(err, b.backends.CloseAll(last, closeGoingAway, reasonStopping, 0), b.backends.Wait(last))
}

func (b *strandsServer) stop() {
	b.clients.Stop()
	b.backends.Stop()
}

// BackendListeners returns the open listeners for backends of the PyStrands broker.
func (s *Server) BackendListeners() []*transport.Listener {
	if s.strands == nil {
		return nil
	}
	return s.strands.backendListeners
}

// PyStrandsListeners returns the open listeners for end clients of the PyStrands broker.
func (s *Server) PyStrandsListeners() []*transport.Listener {
	if s.strands == nil {
		return nil
	}
	return s.strands.clientListeners
}
