package transport

import (
	"net/netip"
	"strings"
)

// clientAddress works out who a client is. forwarded is the value of the real-ip header, empty when there is none.
// ip is for limits and bans: the right-most address of the list that is not itself a trusted proxy, because
// everything left of it is only what somebody untrusted claims. text is for the client, who is told the header as
// it stands.
func clientAddress(peer netip.Addr, forwarded string, trusted []netip.Prefix) (ip netip.Addr, text string) {
	if forwarded == "" || !trusts(trusted, peer) {
		if !peer.IsValid() {
			return peer, ""
		}
		return peer, peer.String()
	}
	ip = peer
	for rest := forwarded; rest != ""; {
		var last string
		if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
			rest, last = rest[:comma], rest[comma+1:]
		} else {
			rest, last = "", rest
		}
		addr, ok := parseForwarded(last)
		if !ok {
			break // what a proxy wrote there is no address: the last good one is all that is known
		}
		ip = addr
		if len(trusted) == 0 || !contains(trusted, addr) {
			break
		}
	}
	return ip, forwarded
}

// trusts tells whether a peer's header counts. A peer without an address came over a unix socket, which only local
// programs can do.
func trusts(trusted []netip.Prefix, peer netip.Addr) bool {
	return len(trusted) == 0 || !peer.IsValid() || contains(trusted, peer)
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// parseForwarded reads one address of a real-ip header, which some proxies write with a port.
func parseForwarded(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
