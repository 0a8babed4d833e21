package actors

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
