package supervisor

import "log/slog"

// withDefaults fills the gaps that the packages below do not fill themselves.
func (o Options) withDefaults() Options {
	if o.NoListen {
		o.Listen = nil
	} else if len(o.Listen) == 0 {
		o.Listen = []string{DefaultListen}
	}
	if len(o.Protocols) == 0 {
		o.Protocols = []string{ProtocolCL4, ProtocolScratch}
	}
	if o.IdentifyTimeout == 0 {
		o.IdentifyTimeout = DefaultIdentifyTimeout
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = DefaultDrainTimeout
	}
	if o.MaxRoomsPerClient == 0 {
		o.MaxRoomsPerClient = DefaultMaxRoomsPerClient
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	return o
}
