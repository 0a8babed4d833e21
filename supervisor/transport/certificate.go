package transport

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Certificate is a TLS certificate with its key, read from PEM files and read again when they change. It is safe for
// use by many goroutines and may serve several listeners.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]
	conf              *tls.Config

	mu    sync.Mutex
	stamp [2]fileStamp // what the files looked like when they were last read
}

// fileStamp changes when a file does.
type fileStamp struct {
	modified time.Time
	size     int64
}

// LoadCertificate reads a certificate chain and its key. It fails when they cannot be used, or do not belong together.
// A nil logger means slog.Default.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	if log == nil {
		log = slog.Default()
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	c.conf = &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp = c.stat()
	if _, err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files again. When they cannot be used the old certificate stays, and the error is returned and
// logged.
func (c *Certificate) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp = c.stat()
	return c.reload()
}

// check reloads when a file has changed.
func (c *Certificate) check() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.stat(); now != c.stamp {
		c.stamp = now
		c.reload() // logged
	}
}

func (c *Certificate) reload() error {
	changed, err := c.load()
	switch {
	case err != nil:
		c.log.Error("The new TLS certificate cannot be used; the old one stays.", "certificate", c.certFile, "error", err)
	case changed:
		c.log.Info("TLS certificate reloaded.", "certificate", c.certFile)
	}
	return err
}

// load is called with c.mu held.
func (c *Certificate) load() (changed bool, err error) {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return false, fmt.Errorf("transport: TLS certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	old := c.current.Swap(&pair)
	return old == nil || !bytes.Equal(old.Certificate[0], pair.Certificate[0]), nil
}

func (c *Certificate) stat() (s [2]fileStamp) {
	for i, name := range [2]string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = fileStamp{info.ModTime(), info.Size()}
		}
	}
	return s
}

func (c *Certificate) config() *tls.Config { return c.conf }

// certificatePoll is how often the files are looked at.
const certificatePoll = 5 * time.Second

// watchCertificates runs until the server stops.
func (s *Server) watchCertificates() {
	t := time.NewTicker(certificatePoll)
	defer t.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-t.C:
			for _, c := range s.watched() {
				c.check()
			}
		}
	}
}

// addCertificate is called with s.mu held.
func (s *Server) addCertificate(c *Certificate) {
	if c == nil {
		return
	}
	for _, known := range s.certificates {
		if known == c {
			return
		}
	}
	s.certificates = append(s.certificates, c)
}

func (s *Server) watched() []*Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.certificates[:len(s.certificates):len(s.certificates)]
}

// Reload reads the certificates of all listeners again. Those that cannot be used keep what they have.
func (s *Server) Reload() error {
	var errs []error
	for _, c := range s.watched() {
		errs = append(errs, c.Reload())
	}
	return errors.Join(errs...)
}
