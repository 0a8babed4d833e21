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

// Knows tells whether there is a command.
func (p *CL4Protocol) Knows(name string) bool { return p.find(name) != nil }

// DisabledCommands returns the commands that are switched off, in no order.
func (p *CL4Protocol) DisabledCommands() (names []string) {
	for name, c := range *p.commands.Load() {
		if c.disabled {
			names = append(names, name)
		}
	}
	return names
}

// Knows tells whether there is a method that can be switched off.
func (p *ScratchProtocol) Knows(name string) bool { return name != "handshake" && p.find(name) != nil }

// DisabledCommands returns the methods that are switched off, in no order.
func (p *ScratchProtocol) DisabledCommands() (names []string) {
	for name, m := range *p.p.Load() {
		if m.disabled {
			names = append(names, name)
		}
	}
	return names
}
