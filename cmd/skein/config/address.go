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

// tcpAddress is an address that is no unix socket.
var tcpAddress = kind[string]{typ: "address", parse: parseTCP, show: text.show}

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
