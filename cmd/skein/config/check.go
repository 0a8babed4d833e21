package config

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// crossCheck looks at settings that depend on each other. Those that are wrong by themselves have been reported, and
// have not reached Config.
func (r *Result) crossCheck() {
	r.checkTLS()
	r.checkAddresses()
	r.checkProxies()
	r.checkPyStrands()
	r.checkData()
	r.checkModeration()
	r.checkSimpleServer()
	r.checkRest()
}

func (r *Result) wrong(name, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{Origin: r.Lookup(name).Origin, Message: fmt.Sprintf(format, args...)})
}

func (r *Result) warn(name, format string, args ...any) {
	r.wrong(name, format, args...)
	r.Problems[len(r.Problems)-1].Warning = true
}

func (r *Result) checkTLS() {
	s := &r.Config.Server
	if s.TLSCert == "" && s.TLSKey == "" && s.TLS != "" {
		r.wrong("tls", "TLS needs a certificate: tls-cert and tls-key are missing")
	}
	r.checkPair("tls-cert", s.TLSCert, "tls-key", s.TLSKey)
}

// checkPair checks a certificate with its key, of the settings with those names. It may be absent.
func (r *Result) checkPair(certName, cert, keyName, key string) {
	switch {
	case cert == "" && key == "":
		return
	case key == "":
		r.wrong(certName, "a certificate needs its private key: %s is missing", r.flag(keyName))
		return
	case cert == "":
		r.wrong(keyName, "a private key needs its certificate: %s is missing", r.flag(certName))
		return
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		r.wrong(certName, "%v", err)
		return
	}
	if leaf := pair.Leaf; leaf != nil && time.Now().After(leaf.NotAfter) {
		r.warn(certName, "the certificate has expired on %s", leaf.NotAfter.Format(time.DateOnly))
	}
}

// noAddress reports a list of addresses that is given and empty.
func (r *Result) noAddress(name string, n int) {
	if r.given(name) && n == 0 && !r.reported(name) {
		r.wrong(name, "no address")
	}
}

func (r *Result) checkAddresses() {
	s := &r.Config.Server
	r.noAddress("listen", len(s.Listen))
	if r.given("protocols") && len(s.Protocols) == 0 && !r.reported("protocols") {
		r.wrong("protocols", "no protocol")
	}
	listen := s.Listen
	for i, addr := range listen {
		if slices.Contains(listen[:i], addr) && !anyPort(addr) {
			r.wrong("listen", "%s is given twice", addr)
		}
	}
	for i, p := range s.Protocols {
		if slices.Contains(s.Protocols[:i], p) {
			r.wrong("protocols", "%s is given twice", p)
		}
	}
	if s.Admin == "" {
		return
	}
	if !anyPort(s.Admin) && (slices.Contains(listen, s.Admin) || len(listen) == 0 && s.Admin == r.Lookup("listen").Text) {
		r.wrong("admin", "%s is an address for clients already: admin needs one of its own", s.Admin)
	}
	if !loopback(s.Admin) {
		r.warn("admin", "%s is open to the network: everybody who can reach it can read metrics and profiles", s.Admin)
	}
}

// reported tells whether something is wrong with a setting already.
func (r *Result) reported(name string) bool {
	origin := r.Lookup(name).Origin
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Origin == origin })
}

// anyPort tells whether the system picks the port, so that one address may be given twice.
func anyPort(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && port == "0" && !strings.HasPrefix(addr, "unix:")
}

func (r *Result) checkProxies() {
	s := &r.Config.Server
	switch {
	case s.RealIPHeader != "" && len(s.TrustedProxies) == 0 && !r.reported("trusted-proxies"):
		r.warn("real-ip-header", "every client can claim any address with %s: name the proxies in trusted-proxies", s.RealIPHeader)
	case s.RealIPHeader == "" && len(s.TrustedProxies) > 0 && !r.reported("real-ip-header"):
		r.warn("trusted-proxies", "of no effect without real-ip-header")
	}
}

func (r *Result) checkRest() {
	s := &r.Config.Server
	if s.MessageBurst > 0 && s.MessageRate == 0 && !r.reported("message-rate") {
		r.warn("message-burst", "of no effect without message-rate")
	}
	if s.MOTD != "" {
		if !r.given("enable-motd") {
			s.EnableMOTD = true
		} else if !s.EnableMOTD {
			r.warn("motd", "not sent, because enable-motd is false")
		}
	}
}
