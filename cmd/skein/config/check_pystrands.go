package config

import (
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"strings"
)

func (r *Result) checkPyStrands() {
	s := &r.Config.Server.PyStrands
	r.noAddress("pystrands-ws", len(s.Listen))
	r.noAddress("pystrands-tcp", len(s.Backends))
	r.checkTaken()
	if len(s.Listen) == 0 && len(s.Backends) == 0 {
		r.warnNoBroker()
		return
	}
	r.checkPair("pystrands-tls-cert", s.TLSCert, "pystrands-tls-key", s.TLSKey)
	r.checkPair("pystrands-tcp-tls-cert", s.BackendTLSCert, "pystrands-tcp-tls-key", s.BackendTLSKey)
	r.checkClientCA(s.BackendTLSClientCA, s.BackendTLSCert)
	r.checkOpenBackends()
}

// warnNoBroker warns of settings of a broker that is off.
func (r *Result) warnNoBroker() {
	if r.reported("pystrands-ws") || r.reported("pystrands-tcp") {
		return
	}
	for _, v := range r.Values {
		if strings.HasPrefix(v.Setting.Name, prefixStrands) && v.Origin.Layer != LayerDefault {
			r.warn(v.Setting.Name, "of no effect without %s or %s", r.flag("pystrands-ws"), r.flag("pystrands-tcp"))
		}
	}
}

func (r *Result) checkClientCA(file, cert string) {
	const name = "pystrands-tcp-tls-client-ca"
	if file == "" {
		return
	}
	if cert == "" {
		r.wrong(name, "client certificates need TLS: %s and %s are missing", r.flag("pystrands-tcp-tls-cert"), r.flag("pystrands-tcp-tls-key"))
	}
	data, err := os.ReadFile(file)
	switch {
	case err != nil:
		r.wrong(name, "%s: %s", file, reason(err))
	case !x509.NewCertPool().AppendCertsFromPEM(data):
		r.wrong(name, "%s: there is no certificate (PEM) in it", file)
	}
}

// checkTaken finds addresses of the broker and of SimpleServer that something else has already.
func (r *Result) checkTaken() {
	s := &r.Config.Server
	type place struct{ name, addr string }
	var taken []place
	add := func(name string, addrs ...string) {
		for _, a := range addrs {
			taken = append(taken, place{name, a})
		}
	}
	if !s.NoListen {
		listen := s.Listen
		if len(listen) == 0 {
			listen = []string{r.Lookup("listen").Text}
		}
		add("listen", listen...)
	}
	if s.Admin != "" {
		add("admin", s.Admin)
	}
	check := func(name string, addrs []string) {
		for _, a := range addrs {
			for _, p := range taken {
				switch {
				case !collide(a, p.addr) || r.reported(name) || r.reported(p.name):
				case !r.given(name) && r.given(p.name):
					r.wrong(p.name, "%s is taken by %s: give one of them another port", p.addr, r.flag(name))
				default:
					r.wrong(name, "%s is taken by %s: give one of them another port", a, r.flag(p.name))
				}
			}
			add(name, a)
		}
	}
	check("pystrands-ws", s.PyStrands.Listen)
	check("pystrands-tcp", s.PyStrands.Backends)
	check("simpleserver", s.SimpleServer.Listen)
}

// checkOpenBackends warns of a port on which anybody of the network could be a backend.
func (r *Result) checkOpenBackends() {
	s := &r.Config.Server.PyStrands
	if s.BackendToken != "" || s.BackendTLSClientCA != "" {
		return
	}
	name := "pystrands-tcp-bind"
	if r.Lookup(name).Setting == nil {
		name = "pystrands-tcp"
	}
	for _, a := range s.Backends {
		if !loopback(a) {
			r.warn(name, "%s is open to the network: whoever reaches it can read and send every message. Set %s or %s",
				a, r.flag("pystrands-backend-token"), r.flag("pystrands-tcp-tls-client-ca"))
			r.Problems[len(r.Problems)-1].Repeated = true
		}
	}
}

// collide tells whether two addresses cannot both be listened on.
func collide(a, b string) bool {
	if strings.HasPrefix(a, "unix:") || strings.HasPrefix(b, "unix:") {
		return a == b
	}
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || everywhere(hostA) || everywhere(hostB) || local(hostA) && local(hostB)
}

// everywhere tells whether a host stands for all addresses.
func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// local tells whether a host is one of those that localhost stands for.
func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
