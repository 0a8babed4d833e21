package moderation

import "net/netip"

// Network is what counts as one address: an IPv6 client usually has a whole /64 to itself.
func Network(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() || ip.IsLoopback() {
		return ip
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return ip
	}
	return p.Addr()
}
