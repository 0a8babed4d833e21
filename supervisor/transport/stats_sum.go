package transport

import "maps"

// Plus adds the figures of two servers. The maps of s may be changed.
func (s Stats) Plus(o Stats) Stats {
	s.Accepted += o.Accepted
	s.Handshaking += o.Handshaking
	s.Open += o.Open
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.MessagesIn += o.MessagesIn
	s.MessagesLate += o.MessagesLate
	s.FramesOut += o.FramesOut
	s.Reads += o.Reads
	s.Writes += o.Writes
	s.PingsIn += o.PingsIn
	s.PingsOut += o.PingsOut
	s.Pauses += o.Pauses
	s.Blocked += o.Blocked
	s.OutboxBytes += o.OutboxBytes
	s.TLSOnPlain += o.TLSOnPlain
	s.PlainOnTLS += o.PlainOnTLS
	s.TLSFailed += o.TLSFailed
	s.Refused = added(s.Refused, o.Refused)
	s.SlowConsumers = added(s.SlowConsumers, o.SlowConsumers)
	s.FramesDropped = added(s.FramesDropped, o.FramesDropped)
	s.Disconnects = added(s.Disconnects, o.Disconnects)
	return s
}

func added[K comparable](to, from map[K]uint64) map[K]uint64 {
	if to == nil {
		return maps.Clone(from)
	}
	for k, n := range from {
		to[k] += n
	}
	return to
}
