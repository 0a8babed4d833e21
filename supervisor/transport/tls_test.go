package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skeinhq/skein/codec"
)

// writeCert makes a self-signed certificate with a serial number.
func writeCert(t testing.TB, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: "test"},
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600)
	return certFile, keyFile
}

func loadTestCert(t testing.TB) *Certificate {
	t.Helper()
	cert, key := writeCert(t, t.TempDir(), 1)
	c, err := LoadCertificate(cert, key, quietLog)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func dialTLS(t testing.TB, addr string) *client {
	t.Helper()
	nc, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, nc)
}

func TestTLSEcho(t *testing.T) {
	h := newTestHandler()
	s := newServer(t, Options{}, h)
	l := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: loadTestCert(t)})
	if !strings.HasPrefix(l.URL(), "wss://") {
		t.Error(l.URL())
	}
	c := dialTLS(t, l.Addr().String())
	c.write(append([]byte(request("")), frame(fin|opText, []byte("early"))...))
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
	if !h.conn(t).Request().TLS {
		t.Error("Request.TLS is not set")
	}
	c.expect(opText, "early")
	big := strings.Repeat("x", 1<<20)
	c.send(opText, big)
	c.expect(opText, big)
	for i := range 50 {
		c.send(opText, strings.Repeat("y", i))
	}
	for i := range 50 {
		c.expect(opText, strings.Repeat("y", i))
	}
	c.write(frame(fin|0x40|opText, nil))
	c.expectClose(1002)
	h.end(t)
	c.nc.Close()
	if err := s.Wait(patient(t)); err != nil {
		t.Error(err)
	}
}

func TestTLSSlowConsumer(t *testing.T) {
	h := newTestHandler()
	s := newServer(t, Options{OutboxBytes: 100_000, CloseLinger: 100 * time.Millisecond}, h)
	l := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: loadTestCert(t)})
	dialTLS(t, l.Addr().String()).upgrade("")
	conn := h.conn(t)
	f := codec.BinaryFrame(make([]byte, 1000))
	for conn.Send(f) {
	}
	if e := h.end(t); e.Cause != CauseSlowConsumer {
		t.Errorf("%+v", e)
	}
	if err := s.Wait(patient(t)); err != nil {
		t.Error(err)
	}
	if conn.Pending() != 0 {
		t.Error(conn.Pending())
	}
}

func TestBothOnOnePort(t *testing.T) {
	s := newServer(t, Options{}, EchoHandler{})
	addr := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: loadTestCert(t), AlsoPlain: true}).Addr().String()
	for _, c := range []*client{dial(t, addr), dialTLS(t, addr)} {
		if _, ok := c.nc.(*tls.Conn); ok {
			c.upgrade("")
		}
		c.send(opText, "x")
		c.expect(opText, "x")
	}
}

func TestTLSMismatch(t *testing.T) {
	var log syncBuffer
	s := newServer(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, EchoHandler{})
	plain := listenOn(t, s, "127.0.0.1:0", TLS{}).Addr().String()
	strict := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: loadTestCert(t)}).Addr().String()

	for range 3 {
		if _, err := tls.Dial("tcp", plain, &tls.Config{InsecureSkipVerify: true}); err == nil {
			t.Fatal("TLS on a plain port")
		} else if !strings.Contains(err.Error(), "handshake failure") {
			t.Errorf("client sees %v", err)
		}
	}
	for range 3 {
		c := dialRaw(t, strict)
		c.write([]byte(request("")))
		if r, body := c.refused(); r.StatusCode != 400 || !strings.Contains(body, "wss://") {
			t.Errorf("%s %s", r.Status, body)
		}
	}
	// One line each, that says what to do.
	for _, want := range []string{"wss:// (TLS) on a port without TLS", "ws:// (without TLS) on a TLS port"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("%d lines with %q in %s", n, want, log.String())
		}
	}
	if st := s.Stats(); st.TLSOnPlain != 3 || st.PlainOnTLS != 3 || st.Refused["plain_on_tls"] != 3 || st.Refused["tls_on_plain"] != 3 {
		t.Errorf("%+v", st)
	}
}

func TestTLSVersionsAndTimeout(t *testing.T) {
	s := newServer(t, Options{HandshakeTimeout: 700 * time.Millisecond}, EchoHandler{})
	addr := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: loadTestCert(t)}).Addr().String()
	if _, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 accepted")
	}
	c := dialRaw(t, addr)
	c.write([]byte{recordHandshake, 3}) // and nothing more
	eventually(t, "the refusal", func() bool { return s.Stats().Refused["tls"] == 2 })
	c.eof()
	c = dialTLS(t, addr) // TLS, and then nothing
	if r, _ := c.refused(); r.StatusCode != 408 {
		t.Error(r.Status)
	}
}

func TestCertificateIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certFile, keyFile := writeCert(t, dir, 1)
		cert, err := LoadCertificate(certFile, keyFile, quietLog)
		if err != nil {
			t.Fatal(err)
		}
		s := New(Options{Logger: quietLog}, EchoHandler{})
		defer s.Stop()
		s.addCertificate(cert)
		s.start()
		first := cert.current.Load()
		time.Sleep(2 * certificatePoll)
		if cert.current.Load() != first {
			t.Error("loaded again without a change")
		}
		writeCert(t, dir, 2)
		time.Sleep(2 * certificatePoll)
		if cert.current.Load() == first {
			t.Error("change not noticed")
		}
	})
}

func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCert(t, dir, 1)
	var log syncBuffer
	cert, err := LoadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Options{}, EchoHandler{})
	addr := listenOn(t, s, "127.0.0.1:0", TLS{Certificate: cert}).Addr().String()
	serial := func() int64 {
		c := dialTLS(t, addr)
		defer c.nc.Close()
		return c.nc.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Fatal(n)
	}
	writeCert(t, dir, 2)
	if err := s.Reload(); err != nil {
		t.Error(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("serial %d after Reload", n)
	}
	if err := os.WriteFile(certFile, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err == nil {
		t.Error("nonsense accepted")
	}
	if n := serial(); n != 2 {
		t.Errorf("serial %d after a bad file", n)
	}
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log: %s", log.String())
	}
	// The files change, and nobody says so.
	writeCert(t, dir, 3)
	later := time.Now().Add(time.Minute)
	os.Chtimes(certFile, later, later)
	cert.check()
	if n := serial(); n != 3 {
		t.Errorf("serial %d after a change", n)
	}
	if _, err := LoadCertificate(certFile, filepath.Join(dir, "none"), nil); err == nil {
		t.Error("loaded without a key")
	}
	writeCert(t, t.TempDir(), 4)
	if _, err := LoadCertificate(keyFile, certFile, nil); err == nil {
		t.Error("loaded the wrong way round")
	}
}
