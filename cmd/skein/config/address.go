package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// address is where to listen: HOST:PORT, PORT alone, or unix:PATH. Without a host it is loopback, because a server
// that is open to the network should have been told so in as many words.
var address = kind[string]{typ: "address", parse: parseAddress, show: text.show}

func parseAddress(s string) (string, error) {
	if file, ok := strings.CutPrefix(s, "unix:"); ok {
		if file == "" {
			return "", fmt.Errorf("%q lacks the path of the socket", s)
		}
		return s, nil
	}
	return parseTCP(s)
}

func parseTCP(s string) (string, error) {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		return "", fmt.Errorf("%q is a URL: write the address alone, such as %s", s, strings.TrimSuffix(rest, "/"))
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if _, numErr := strconv.Atoi(s); numErr != nil {
			return "", fmt.Errorf("%q is not an address such as 127.0.0.1:3000", s)
		}
		host, port = "", s
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return "", fmt.Errorf("%q has no port from 0 to 65535", s)
	}
	switch {
	case host == "":
		host = "127.0.0.1"
	case host == "*":
		return "", fmt.Errorf("%q is not an address: 0.0.0.0:%s means all of this machine", s, port)
	case strings.ContainsAny(host, " /"):
		return "", fmt.Errorf("%q is not an address such as 127.0.0.1:3000", s)
	}
	return net.JoinHostPort(host, port), nil
}

// localAddress is an address that without a host is localhost, in both IP versions.
var localAddress = kind[string]{
	typ: "address",
	parse: func(s string) (string, error) {
		addr, err := parseAddress(s)
		if err != nil || strings.Contains(strings.TrimPrefix(s, ":"), ":") {
			return addr, err
		}
		_, port, err := net.SplitHostPort(addr)
		return net.JoinHostPort("localhost", port), err
	},
	show: text.show,
}

// port is where to listen on addresses that are given elsewhere.
var port = kind[int]{
	typ: "port",
	parse: func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, fmt.Errorf("%q is not a port: a number from 0 to 65535 is wanted", s)
		}
		if n < 0 || n > 65535 {
			return 0, fmt.Errorf("%d is not a port: they go from 0 to 65535", n)
		}
		return n, nil
	},
	show: strconv.Itoa,
}

// Words for hosts.
const (
	bindAll      = "all"
	bindLoopback = "loopback"
)

// host is an address without its port. Empty is all addresses of the machine, localhost is loopback in both IP
// versions.
var host = kind[string]{
	typ: "host",
	parse: func(s string) (string, error) {
		bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
		_, ipErr := netip.ParseAddr(bare)
		switch {
		case s == bindAll || s == "*":
			return "", nil
		case s == bindLoopback:
			return "localhost", nil
		case ipErr == nil:
			return bare, nil
		case s == "" || strings.ContainsAny(s, ":/[] "):
			return "", fmt.Errorf("%q is not an address: all, loopback, or one such as 192.0.2.1, without a port", s)
		}
		return s, nil
	},
	show: func(s string) string {
		switch s {
		case "":
			return bindAll
		case "localhost":
			return bindLoopback
		}
		return s
	},
}

// loopback tells whether only programs on this machine reach an address.
func loopback(addr string) bool {
	if strings.HasPrefix(addr, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
