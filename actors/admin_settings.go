package actors

import "github.com/skeinhq/skein/codec"

// MOTD is the message of the day, and whether it is sent.
func (p *CL4Protocol) MOTD() (text string, enabled bool) {
	c := p.config.Load()
	return c.MOTD, c.EnableMOTD
}

// SetMOTD changes the message of the day for clients that do their first handshake from now on.
func (p *CL4Protocol) SetMOTD(text string, enabled bool) {
	for {
		old := p.config.Load()
		c := *old
		c.MOTD, c.EnableMOTD = text, enabled
		if p.config.CompareAndSwap(old, &c) {
			return
		}
	}
}

// AllowedChange tells whether a Scratch client may give a cloud variable a name and a value, and how the value is
// stored.
func (s *System) AllowedChange(name string, value codec.Raw) (stored string, ok bool) {
	return s.rules.AllowedChange(name, value)
}
